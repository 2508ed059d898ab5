# SPDX-License-Identifier: LGPL-2.1-or-later
"""Machines that know nothing but EOI, and not all of it."""

from harness import Bench, Machine, contains, equal, main


def run(release='2.1', mode='psk', tls='off', **keys):
    """One machine, until its first state after provisioning. Bench, machine, daemon, simulator."""
    bench = Bench()
    bench.__enter__()
    bench.configure()
    bench.site(tls=tls, profile='redirection=yes\n')
    if mode == 'psk':
        [(keys['pid'], keys['pps'])] = bench.pairs(1)
    machine = Machine(bench, release, mode, **keys)
    bench.import_machines([{'uuid': machine.uuid,
                            'suffix': '' if mode == 'psk' else machine.keys['suffix']}])
    daemon = bench.daemon()
    return bench, machine, daemon, bench.simulate([machine])


def journal(bench, machine):
    return bench.call('device', machine.uuid).stdout.split('journal:')[1]


def test_what_is_not_certain_is_left_out_and_said():
    bench, machine, daemon, _ = run(eoi='certain')
    with bench:
        daemon.wait_state([machine], 'operational')
        contains(journal(bench, machine), 'set-psk', 'skipped', 'does not take SetTLSPSK')
        contains(bench.call('events').stdout, 'left out: ')
        bench.check_password(machine)
        states = bench.psk_states()
        equal(states[machine.keys['pid']][0], 'bound', states)
        equal(sorted(state for state, _ in states.values()), ['bound', 'retired'], states)


def test_a_site_that_wants_TLS_gets_no_machine_without():
    bench, machine, daemon, _ = run(eoi='certain', tls='server')
    with bench:
        daemon.wait_once(machine, 'blocked')
        contains(bench.facts(machine)['error'], 'set-tls', '[profile] tls=off',
                 'SetTLSKeyAndCertificate')


def test_random_bytes_before_the_commit():
    bench, machine, daemon, _ = run(seed='yes')
    with bench:
        daemon.wait_state([machine], 'operational')
        bench.check_password(machine)


def test_a_certificate_needs_a_machine_that_tells_its_UUID():
    bench, machine, daemon, simulator = run(release='3.0', mode='pki', eoi='certain')
    with bench:
        daemon.wait_once(machine, 'blocked')
        contains(bench.facts(machine)['error'], 'does not tell its UUID')
        equal(simulator.of(machine, 'secret-received'), [])


main(globals())
