# SPDX-License-Identifier: LGPL-2.1-or-later
"""The example plugin in Python, loaded by the daemon, which runs on a main context of its own."""

import json
import os
import pathlib
import shutil
import signal

from harness import Bench, Machine, contains, equal, main, true

EXAMPLE = pathlib.Path(os.environ['AMTPROV_EXAMPLES']) / 'plugin-python'
# Of the machine that amtprov conformance plays.
CONFORMANCE_UUID = 'c0f0a3c1-5a4e-4b1b-9b0e-7e5700000001'


def prepare(bench, scripts='yes', firmware=None, site=True):
    bench.environment['AMT_PROV_PLUGIN_PATH'] = f'{EXAMPLE}:{os.environ["AMT_PROV_PLUGIN_PATH"]}'
    # The lines of the steps.
    bench.environment['G_MESSAGES_DEBUG'] = 'amtprovd'
    shutil.copy(EXAMPLE / 'delivery.conf', bench.path('etc/capabilities.d'))
    bench.configure(plugins=f'delivery;sqlite\nscript-plugins={scripts}')
    bench.write('sites.d/delivery.csv', '')
    firmware = f'firmware={firmware}\n' if firmware else ''
    group = f'[delivery]\nlist=delivery.csv\n{firmware}' if site else ''
    bench.site(order='delivery', pki='', extra=group)


def deliver(bench, count=1, **keys):
    """Machines of a delivery, and its list."""
    pairs = bench.pairs(count, store=False)
    machines = [Machine(bench, '9.5', 'psk', pid=pid, pps=pps, **keys) for pid, pps in pairs]
    bench.import_machines({'uuid': machine.uuid} for machine in machines)
    bench.write('sites.d/delivery.csv', ''.join(
        f'{machine.uuid},{pid},{pps}\n' for machine, (pid, pps) in zip(machines, pairs)))
    return machines


def test_explains_itself():
    with Bench() as bench:
        prepare(bench)
        contains(bench.call('plugins').stdout, 'delivery', 'loaded', 'method:delivery')
        contains(bench.call('explain', '--amt', '9.5').stdout,
                 'delivery  usable   the site has a delivery list', '[delivery] list')
        contains(bench.call('explain', '--amt', '12.0').stdout,
                 'delivery  blocked  AMT 11 and later take no pair', 'delivery.conf')


def test_explains_what_the_site_lacks():
    with Bench() as bench:
        prepare(bench, site=False)
        contains(bench.call('explain', '--amt', '9.5').stdout,
                 'delivery  blocked  the site has no delivery list: add a group [delivery]')


def test_is_no_script_where_none_are_allowed():
    with Bench() as bench:
        prepare(bench, scripts='no')
        contains(bench.call('plugins').stdout, 'delivery', 'script-plugins=yes')


def test_keeps_the_contract_of_methods():
    """Among others: it answers on the main context of its host, which is not the default one."""
    with Bench() as bench:
        prepare(bench)
        (pid, pps), = bench.pairs(1, store=False)
        bench.write('sites.d/delivery.csv', f'{CONFORMANCE_UUID},{pid},{pps}\n')
        done = bench.call('conformance', 'method', 'delivery', '--pid', pid, '--json',
                          '--simulate', f'amt=9.5,mode=psk,pid={pid},pps={pps}')
        checks = json.loads(done.stdout)['checks']
        equal([check for check in checks if check['result'] != 'passed'], [])
        true('open-context' in {check['name'] for check in checks}, checks)


def test_carries_machines():
    with Bench() as bench:
        prepare(bench, firmware='9.5.1')
        machines = deliver(bench, 2)
        daemon = bench.daemon()
        bench.simulate(machines)
        daemon.wait_state(machines, 'operational')
        for machine in machines:
            contains('\n'.join(daemon.lines_of(machine, 'provisioning')), 'step check-firmware')
            contains(daemon.lines_of(machine, 'operational')[0], 'method delivery')
            bench.check_password(machine)


def test_waits_for_a_list_that_is_being_replaced():
    with Bench() as bench:
        prepare(bench)
        machine, = deliver(bench)
        daemon = bench.daemon()
        os.rename(bench.path('sites.d/delivery.csv'), bench.path('delivery.csv'))
        simulator = bench.simulate([machine])
        daemon.wait_once(machine, 'provisioning')
        os.rename(bench.path('delivery.csv'), bench.path('sites.d/delivery.csv'))
        daemon.wait_state([machine], 'operational')
        equal(daemon.lines_of(machine, 'failed'), [])
        equal(len(simulator.of(machine, 'committed')), 1)


def test_blocks_what_it_cannot_set_up():
    with Bench() as bench:
        prepare(bench, firmware='10.0')
        machine, = deliver(bench)
        pid, pps = bench.pairs(1, store=False)[0]
        stranger = Machine(bench, '9.5', 'psk', pid=pid, pps=pps)
        bench.import_machines([{'uuid': stranger.uuid}])
        daemon = bench.daemon()
        simulator = bench.simulate([machine, stranger])
        daemon.wait_state([machine, stranger], 'blocked')
        contains(daemon.lines_of(machine, 'blocked')[0], 'check-firmware: its firmware is AMT 9.5',
                 '[delivery] firmware=10.0', 'update it')
        contains(daemon.lines_of(stranger, 'blocked')[0], stranger.uuid, 'delivery.csv', 'add its line')
        for one in (machine, stranger):
            equal(simulator.of(one, 'secret-received'), [])


def test_a_committed_machine_is_verified_without_its_steps():
    with Bench() as bench:
        prepare(bench, firmware='9.5.1')
        machine, = deliver(bench)
        daemon = bench.daemon()
        simulator = bench.simulate([machine])
        daemon.wait_line(f'{machine.uuid}: provisioning.*step verify')
        daemon.signal(signal.SIGKILL)
        daemon.finish()
        equal(len(simulator.of(machine, 'committed')), 1)
        daemon = bench.daemon()
        bench.wait_operational(daemon, [machine])
        bench.check_password(machine)


main(globals())
