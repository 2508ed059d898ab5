# SPDX-License-Identifier: LGPL-2.1-or-later
"""amtprov provision: one machine, without daemon and hello."""

import os

from harness import Bench, Machine, contains, equal, main, true


def prepare(bench, tls='off', **site):
    bench.configure()
    bench.site(tls=tls, **site)


def test_by_pair():
    with Bench() as bench:
        prepare(bench)
        pid, pps = bench.pairs(1, store=False)[0]
        machine = Machine(bench, '9.5', 'psk', pid=pid, pps=pps)
        bench.simulate([machine], hellos=False)
        done = bench.call('provision', machine.address, '--psk', f'{pid}:{pps}')
        contains(done.stdout, machine.uuid, 'operational')
        contains(done.stderr, 'identify', 'commit')
        true(pps not in done.stderr + done.stdout)
        equal(bench.devices()[machine.uuid]['state'], 'operational')
        bench.check_password(machine)
        equal(bench.psk_states()[pid][0], 'retired')


def test_by_certificate():
    with Bench() as bench:
        prepare(bench, tls='mutual')
        machines = [Machine(bench, release, 'pki') for release in ('7.1', '12.0', '16.1')]
        bench.simulate(machines, hellos=False)
        for machine in machines:
            done = bench.call('provision', machine.address)
            contains(done.stdout, machine.uuid, 'operational')
            bench.check_password(machine, 'mutual')


def test_again_after_a_fault():
    with Bench() as bench:
        prepare(bench)
        machine = Machine(bench, '12.0', 'pki', fault='garbage@12')
        bench.simulate([machine], hellos=False)
        contains(bench.call('provision', machine.address, code=1).stderr, 'failed', machine.uuid)
        equal(bench.devices()[machine.uuid]['state'], 'failed')
        bench.call('provision', machine.address)
        bench.check_password(machine)


def test_blocked():
    with Bench() as bench:
        prepare(bench, pki=bench.chain('sha256').group())
        machine = Machine(bench, '12.0', 'pki', suffix='other.example.org')
        simulator = bench.simulate([machine], hellos=False)
        done = bench.call('provision', machine.address, code=3)
        contains(done.stderr, 'alert', 'suffix')
        equal(simulator.of(machine, 'secret-received'), [])


def test_wrong_pair():
    with Bench() as bench:
        prepare(bench)
        (pid, pps), (_, other) = bench.pairs(2, store=False)
        machine = Machine(bench, '9.5', 'psk', pid=pid, pps=other)
        bench.simulate([machine], hellos=False)
        done = bench.call('provision', machine.address, '--psk', f'{pid}:{pps}', code=3)
        contains(done.stderr, pid.replace('-', ''), 'PPS')
        for wrong in (f'{pid}', f'{pid}:{pps[:-1]}', f'{pps}:{pid}'):
            bench.call('provision', machine.address, '--psk', wrong, code=1)


def test_nobody_there():
    with Bench() as bench:
        prepare(bench)
        done = bench.call('provision', bench.next_address(), code=1)
        contains(done.stderr, 'connection')


def test_refused_without_a_store():
    with Bench() as bench:
        prepare(bench)
        machine = Machine(bench, '12.0', 'pki')
        simulator = bench.simulate([machine], hellos=False)
        os.unlink(bench.config)
        contains(bench.call('provision', machine.address, code=1).stderr, 'password', '--config')
        bench.configure(plugins='psk;pki')
        true(bench.call('provision', machine.address, code=1).stderr)
        equal(simulator.of(machine, 'secret-received'), [])


main(globals())
