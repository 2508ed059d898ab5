# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every release, by both methods and in every TLS mode, from its first hello to operational."""

from harness import Bench, Machine, equal, main, number, true

PSK = ['2.0', '2.1', '2.2', '2.5', '2.6', '3.0', '3.1', '3.2', '4.2', '5.2', '6.2', '7.1', '8.1', '9.5', '10.0']
PKI = ['3.0', '3.1', '3.2', '6.2', '7.1', '9.5', '10.0', '11.8', '12.0', '14.1', '15.0', '16.0', '16.1']


def make_machines(bench, tls):
    pairs = bench.pairs(len(PSK))
    machines = [Machine(bench, release, 'psk', pid=pid, pps=pps)
                for release, (pid, pps) in zip(PSK, pairs)]
    # From 16.1 the plain port is gone.
    return machines + [Machine(bench, release, 'pki') for release in PKI
                       if tls != 'off' or number(release) < (16, 1)]


def name_of(machine):
    return 'pc-' + machine.address.rpartition('.')[2]


def check_machine(bench, device, machine, tls, known):
    equal(device['state'], 'operational', device)
    equal(device['method'], machine.mode)
    equal(device['site'], 'office')
    equal(device['address'], machine.address)
    # The simulator's firmware versions are samples, one for several minor releases.
    equal(number(device['amt'])[0], number(machine.release)[0])
    equal(device['error'], None)
    facts = bench.facts(machine)
    true(facts['why'], facts)
    equal(len(facts.get('pin', '')), 0 if tls == 'off' else 64, facts)
    bench.check_password(machine, tls, name_of(machine) if known else
                         'amt-' + machine.uuid.replace('-', '')[-12:])


def check_pairs(bench, machines):
    """The pair that was typed in has given way to one that belongs to the machine."""
    states = bench.psk_states()
    typed = [machine.keys['pid'] for machine in machines if machine.mode == 'psk']
    for pid in typed:
        equal(states.pop(pid)[0], 'retired', states)
    equal(len(states), len(typed), states)
    for machine in machines:
        if machine.mode == 'psk':
            equal([state for state, line in states.values() if machine.uuid in line], ['bound'],
                  states)


def run(tls, known):
    with Bench() as bench:
        bench.configure()
        bench.site(tls=tls, profile='redirection=yes\n')
        machines = make_machines(bench, tls)
        bench.import_machines(
            {'uuid': machine.uuid, 'amt': machine.release if known else '',
             'hostname': name_of(machine) if known else '',
             'suffix': '' if machine.mode == 'psk' else machine.keys['suffix']}
            for machine in machines)
        daemon = bench.daemon()
        simulator = bench.simulate(machines)
        daemon.wait_state(machines, 'operational')
        devices = bench.devices()
        for machine in machines:
            equal(daemon.lines_of(machine, 'failed'), [])
            equal(daemon.lines_of(machine, 'blocked'), [])
            equal(len(simulator.of(machine, 'committed')), 1)
            check_machine(bench, devices[machine.uuid], machine, tls, known)
        if tls == 'mutual':
            equal(bench.look_inside(machines[-1], bench.password(machines[-1]), tls,
                                    certificate=False)[0], 0)
        check_pairs(bench, machines)


def test_without_TLS_release_known():
    run('off', True)


def test_without_TLS_release_unknown():
    run('off', False)


def test_TLS_of_the_machine_release_known():
    run('server', True)


def test_TLS_of_the_machine_release_unknown():
    run('server', False)


def test_mutual_TLS_release_known():
    run('mutual', True)


def test_mutual_TLS_release_unknown():
    run('mutual', False)


main(globals())
