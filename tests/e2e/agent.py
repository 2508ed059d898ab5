# SPDX-License-Identifier: LGPL-2.1-or-later
"""Machines that an agent has reported, from the report to operational."""

from agents import CONFIG, Endpoint, add_token, good_report
from harness import DOMAIN, Bench, Machine, contains, equal, main, true

PLUGINS = 'psk;pki;agent;sqlite'


def start(bench, order='agent', otp='yes', **site):
    """A daemon for a site, its endpoint and a token."""
    bench.configure(limits=CONFIG, plugins=PLUGINS)
    bench.site(order=order, extra=f'[agent]\notp={otp}\n', **site)
    daemon = bench.daemon()
    return daemon, Endpoint(daemon), add_token(bench)


def enrol(endpoint, token, machine, **members):
    """Reports a machine that may go; what the agent does then: the machine gets the password."""
    status, answer = endpoint.enrol(token, good_report(machine, **members))
    equal((status, answer.get('order')), (200, 'go'), answer)
    machine.keys['otp'] = answer['otp']


def check_blocked(bench, daemon, simulator, machine, *parts):
    daemon.wait_once(machine, 'blocked')
    contains(bench.blocked(machine), *parts)
    equal(simulator.of(machine, 'secret-received'), [], machine)
    equal(simulator.of(machine, 'committed'), [], machine)


def test_releases():
    with Bench() as bench:
        daemon, endpoint, token = start(bench, tls='server')
        machines = [Machine(bench, release, 'pki')
                    for release in ('3.0', '3.2', '6.2', '9.5', '11.8', '12.0', '16.1')]
        for machine in machines:
            enrol(endpoint, token, machine, host=f'pc-{machine.release[:2].rstrip(".")}')
        equal(len({machine.keys['otp'] for machine in machines}), len(machines))
        bench.simulate(machines)
        daemon.wait_state(machines, 'operational')
        for machine in machines:
            bench.check_password(machine, tls='server',
                                 host=f'pc-{machine.release[:2].rstrip(".")}')
            device = bench.devices()[machine.uuid]
            equal((device['method'], device['state']), ('agent', 'operational'))
            equal(endpoint.follow(token, machine.uuid)[1]['operational'], True)
            facts = bench.facts(machine)
            true('otp-set' not in facts and 'enrolled' not in facts, facts)
            true(machine.keys['otp'] not in '\n'.join(daemon.lines))


def test_names_that_the_agent_reports():
    with Bench() as bench:
        bench.configure(limits=CONFIG, plugins=PLUGINS)
        bench.site(order='agent', profile='hostname=m-%{asset}\n')
        daemon = bench.daemon()
        endpoint, token = Endpoint(daemon), add_token(bench)
        machine = Machine(bench, '12.0', 'pki')
        imported = Machine(bench, '12.0', 'pki')
        bench.import_machines([{'uuid': imported.uuid, 'hostname': 'imported'}])
        enrol(endpoint, token, machine, asset='4711')
        enrol(endpoint, token, imported)
        bench.simulate([machine, imported])
        daemon.wait_state([machine, imported], 'operational')
        bench.check_password(machine, host='m-4711')
        # Without an asset number the template is left with "m": better than a name that says less.
        bench.check_password(imported, host='m')


def test_a_wrong_password_and_none():
    with Bench() as bench:
        daemon, endpoint, token = start(bench)
        wrong, none = Machine(bench, '12.0', 'pki'), Machine(bench, '3.0', 'pki')
        for machine in (wrong, none):
            enrol(endpoint, token, machine)
        wrong.keys['otp'] = 'another-one'
        none.keys['otp'] = None
        simulator = bench.simulate([wrong, none])
        check_blocked(bench, daemon, simulator, wrong, 'another one-time password',
                      'no secret was sent', 'was closed')
        check_blocked(bench, daemon, simulator, none, 'no one-time password', 'was closed')
        for machine in (wrong, none):
            simulator.wait_event(machine, 'window-closed')
        answer = endpoint.follow(token, wrong.uuid)[1]
        equal((answer['state'], answer['operational']), ('blocked', False))
        contains(answer['message'], 'another one-time password')
        # The agent tries again: nothing of the failure is left, and the password is still the same.
        enrol(endpoint, token, wrong)
        equal(endpoint.follow(token, wrong.uuid)[1]['message'], None)
        simulator.stop()
        bench.simulate([wrong])
        daemon.wait_state([wrong], 'operational')


def test_no_agent_has_reported_it():
    with Bench() as bench:
        daemon, _, _ = start(bench)
        machine = Machine(bench, '12.0', 'pki')
        bench.import_machines([{'uuid': machine.uuid}])
        simulator = bench.simulate([machine])
        check_blocked(bench, daemon, simulator, machine, 'agent: no agent has reported the machine',
                      'amtprov-agent start', 'pki: site office does not allow it')


def test_a_password_is_good_for_one_setup():
    """The machine is set up; then somebody with the old password says hello in its name."""
    with Bench() as bench:
        daemon, endpoint, token = start(bench)
        machine = Machine(bench, '12.0', 'pki')
        enrol(endpoint, token, machine)
        first = bench.simulate([machine])
        daemon.wait_state([machine], 'operational')
        row = bench.facts(machine)
        equal(endpoint.enrol(token, good_report(machine, provisioning_state='post'))[1]['order'],
              'done')
        for ask in (endpoint.enrol, endpoint.check):
            status, value = ask(token, good_report(machine))
            equal((status, value['error']['code']), (409, 'operational'), value)
        first.stop()
        second = bench.simulate([machine])
        daemon.wait_line(f'{machine.uuid}: blocked: .*no agent has reported the machine')
        equal(second.of(machine, 'secret-received'), [])
        equal(bench.facts(machine), row)


def test_an_unprovisioned_machine_starts_again():
    with Bench() as bench:
        daemon, endpoint, token = start(bench)
        machine = Machine(bench, '12.0', 'pki')
        enrol(endpoint, token, machine)
        first = bench.simulate([machine])
        daemon.wait_state([machine], 'operational')
        first.stop()
        status, value = endpoint.enrol(token, good_report(machine))
        contains(value['error']['message'], 'amtprov device UUID --unprovisioned')
        contains(bench.call('device', machine.uuid, '--unprovisioned').stdout, 'state: known')
        enrol(endpoint, token, machine)
        bench.simulate([machine])
        daemon.wait_state([machine], 'operational')


def test_without_passwords_and_machines_of_others():
    with Bench() as bench:
        daemon, endpoint, token = start(bench, otp='no')
        machine, foreign = Machine(bench, '12.0', 'pki'), Machine(bench, '12.0', 'pki')
        enrol(endpoint, token, machine)
        equal(machine.keys['otp'], None)
        bench.simulate([machine])
        daemon.wait_state([machine], 'operational')
        status, value = endpoint.enrol(token, good_report(foreign, provisioning_state='post'))
        equal((status, value['error']['code']), (409, 'operational'), value)
        contains(value['error']['message'], 'unprovision it in its MEBx')
        true(foreign.uuid not in bench.devices())


main(globals())
