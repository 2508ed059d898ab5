# SPDX-License-Identifier: LGPL-2.1-or-later
"""From a stick, or from what a technician types, to operational."""

import json
import pathlib

from harness import DOMAIN, Bench, Machine, contains, equal, main, number, true

PLUGINS = 'psk;usb;pki;sqlite'
# All that take pairs. Every one of them reads version 1 of setup.bin, so one stick serves them all.
RELEASES = ['2.0', '2.1', '2.2', '2.5', '2.6', '3.0', '3.1', '3.2', '4.0', '4.1', '4.2', '5.0', '5.1',
            '5.2', '6.0', '6.1', '6.2', '7.0', '7.1', '8.0', '8.1', '9.0', '9.1', '9.5', '10.0']


def inspect(bench, image):
    return json.loads(bench.call_plain('usb', 'inspect', image, '--json'))


def with_stick(bench, releases, image):
    return [Machine(bench, release, 'factory', stick=image, confirm='yes') for release in releases]


def requests(simulator, machine):
    return [event['reason'] for event in simulator.of(machine, 'request')]


def test_a_hundred_machines_from_one_stick():
    with Bench() as bench:
        bench.configure(plugins=PLUGINS)
        bench.site(order='usb;psk', pki='')
        image = bench.path('stick.img')
        bench.call('usb', 'create', '--version', '1', '--records', 100, '--image', image)
        machines = with_stick(bench, RELEASES * 4, image)
        late = with_stick(bench, ['9.5'], image)
        bench.import_machines([{'uuid': machine.uuid} for machine in machines + late])
        daemon = bench.daemon()
        simulator = bench.simulate(machines, options=['--trace'])
        equal([event['reason'] for machine in machines
               for event in simulator.of(machine, 'stick-taken')],
              [f'record {i} of {image}' for i in range(1, 101)])
        daemon.wait_state(machines, 'operational')
        devices = bench.devices()
        for machine in machines:
            equal((devices[machine.uuid]['state'], devices[machine.uuid]['method']),
                  ('operational', 'usb'), devices[machine.uuid])
            equal(number(devices[machine.uuid]['amt'])[0], number(machine.release)[0])
            true(('CommitChanges SecurityAdministration' if number(machine.release) < (3, 2) else
                  'CommitChanges AMT_SetupAndConfigurationService') in requests(simulator, machine),
                 requests(simulator, machine))
        for machine in machines[:len(RELEASES)]:
            bench.check_password(machine)
        found = inspect(bench, image)
        equal((found['used'], found['next_available']), (100, None))
        equal([record['valid'] for record in found['records']], [False] * 100)
        simulator.stop()
        [refused] = bench.simulate(late).of(late[0], 'stick-refused')
        contains(refused['reason'], 'all 100 records', 'none is left')


def test_typed_into_the_MEBx():
    with Bench() as bench:
        bench.configure(plugins=PLUGINS)
        password = bench.write('typed', 'T1ped-by-hand')
        bench.site(order='usb;psk', pki='', extra=f'[psk]\ninitial-password=file:{password}\n')
        pairs = bench.pairs(3)
        machines = [Machine(bench, release, None, pid=pid, pps=pps, password='T1ped-by-hand')
                    for release, (pid, pps) in zip(['2.6', '7.1', '9.5'], pairs)]
        bench.import_machines([{'uuid': machine.uuid} for machine in machines])
        mistyped = machines[0]
        right = mistyped.keys['pps']
        mistyped.keys['pps'] = right[:-1] + ('0' if right[-1] != '0' else '1')
        daemon = bench.daemon()
        simulator = bench.simulate(machines)
        contains(simulator.of(mistyped, 'error')[0]['reason'], 'MEBx', 'check character of group 8')
        equal(simulator.of(mistyped, 'started')[0]['state'], 'factory')
        daemon.wait_state(machines[1:], 'operational')
        for machine in machines[1:]:
            bench.check_password(machine)
        simulator.stop()
        mistyped.keys['pps'] = right.replace('-', '')
        bench.simulate([mistyped])
        daemon.wait_state([mistyped], 'operational')
        bench.check_password(mistyped)
        devices = bench.devices()
        equal([devices[machine.uuid]['method'] for machine in machines], ['psk'] * 3)


# Releases, the version of setup.bin that all of them read, and the algorithm of the root's hash.
OWN_ROOT = [(['3.0', '3.2', '5.2'], '2.0', 'sha1'), (['6.2', '10.0'], '3', 'sha256'),
            (['11.8', '14.1', '16.0'], '4', 'sha256')]


def own_root_stick(bench, version, digest):
    image = bench.path(f'{version}.img')
    settings = [f'new-mebx-password=file:{bench.write("mebx", "0f-the-Stick")}',
                f'pki-dns-suffix={DOMAIN}', 'remote-configuration-enabled=1',
                'pre-installed-certificates-enabled=0',
                f'user-defined-certificate-addition={digest}:{bench.chain(digest).root}:Own root']
    if number(version) >= (3,):
        settings += [f'configuration-server-fqdn=amt.{DOMAIN}', 'me-provisioning-halt-active=1']
    bench.call_plain('usb', 'create', '--version', version, '--records', '1', '--non-consumable',
                     '--image', image, *(f'--set={setting}' for setting in settings))
    return image


def test_a_root_of_our_own_from_a_stick():
    with Bench() as bench:
        bench.configure(plugins=PLUGINS)
        bench.site(order='pki')
        sticks = [(own_root_stick(bench, version, digest), releases)
                  for releases, version, digest in OWN_ROOT]
        before = [pathlib.Path(image).read_bytes() for image, _ in sticks]
        machines = [machine for image, releases in sticks
                    for machine in with_stick(bench, releases, image)]
        bench.import_machines([{'uuid': machine.uuid, 'suffix': DOMAIN} for machine in machines])
        daemon = bench.daemon()
        simulator = bench.simulate(machines)
        daemon.wait_state(machines, 'operational')
        devices = bench.devices()
        for machine in machines:
            equal(devices[machine.uuid]['method'], 'pki')
            equal(len(simulator.of(machine, 'committed')), 1)
            bench.check_password(machine)
        true([pathlib.Path(image).read_bytes() for image, _ in sticks] == before)


main(globals())
