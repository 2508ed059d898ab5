# SPDX-License-Identifier: LGPL-2.1-or-later
"""How the daemon ends, and how it refuses to begin."""

import os
import pathlib
import signal

from harness import AMTPROVD, Bench, Machine, contains, equal, main, true


def make_fleet(bench, count):
    pairs = bench.pairs(count)
    machines = [Machine(bench, '9.5', 'psk', pid=pid, pps=pps) for pid, pps in pairs]
    machines += [Machine(bench, '12.0', 'pki') for _ in range(count)]
    bench.import_machines({'uuid': machine.uuid} for machine in machines)
    return machines


def test_sessions_in_work_are_finished():
    for number in (signal.SIGTERM, signal.SIGINT):
        with Bench() as bench:
            bench.configure()
            bench.site(tls='server')
            machines = make_fleet(bench, 4)
            daemon = bench.daemon()
            bench.simulate(machines)
            for machine in machines:
                daemon.wait_once(machine, 'provisioning')
            daemon.signal(number)
            equal(daemon.finish(), 0)
            for machine in machines:
                equal(daemon.state_of(machine), 'operational')
                bench.check_password(machine, 'server')


def worked_on(daemon):
    return {uuid for uuid, said in daemon.said.items()
            if any(state == 'provisioning' for state, _ in said)}


def test_no_new_sessions_while_draining():
    with Bench() as bench:
        bench.configure(limits='sessions=1')
        bench.site()
        first, *others = make_fleet(bench, 3)
        first.keys['fault'] = 'hang@12'
        daemon = bench.daemon()
        simulator = bench.simulate([first, *others])
        # One is in work, the others are in line.
        daemon.wait_line(f'{first.uuid}: provisioning')
        before = worked_on(daemon)
        daemon.signal(signal.SIGTERM)
        daemon.wait_line('stopping, 1 sessions in work')
        for machine in others:
            simulator.wait_event(machine, 'hello-sent', 3)
        daemon.signal(signal.SIGTERM)
        equal(daemon.finish(), 0)
        equal(worked_on(daemon), before)
        true(len(before) <= len(others), before)


def test_second_signal_cuts_off():
    with Bench() as bench:
        bench.configure(limits='step-seconds=3600')
        bench.site()
        machine = Machine(bench, '12.0', 'pki', fault='hang@12')
        bench.import_machines([{'uuid': machine.uuid}])
        bench.environment['G_MESSAGES_DEBUG'] = 'amtprovd'
        daemon = bench.daemon()
        simulator = bench.simulate([machine])
        daemon.wait_line(f'{machine.uuid}: provisioning.*step set-clock')
        simulator.wait_event(machine, 'hello-sent', 3)
        daemon.signal(signal.SIGTERM)
        daemon.wait_line('stopping, 1 sessions in work')
        daemon.signal(signal.SIGTERM)
        equal(daemon.finish(), 0)
        equal(bench.devices()[machine.uuid]['state'], 'failed')
        contains(bench.facts(machine)['error'], 'stopped before ')
        # The next daemon does what is left.
        bench.running.remove(daemon)
        del bench.environment['G_MESSAGES_DEBUG']
        daemon = bench.daemon()
        daemon.wait_state([machine], 'operational')
        equal([line for line in daemon.lines if ', step ' in line], [])
        bench.check_password(machine)


def refused(bench, *parts):
    done = bench.call(program=AMTPROVD, code=1)
    contains(done.stderr, 'amtprovd: ', *parts)
    true('ready' not in done.stderr, done.stderr)
    for command in ('devices', 'psk list'):
        contains(bench.call(*command.split(), code=1).stderr, *parts)


def test_wrong_or_missing_store_key():
    with Bench() as bench:
        bench.configure()
        bench.site()
        machines = make_fleet(bench, 1)
        daemon = bench.daemon()
        bench.simulate(machines)
        daemon.wait_state(machines, 'operational')
        equal(daemon.stop(), 0)
        key = pathlib.Path(bench.path('store.key'))
        equal(key.stat().st_mode & 0o777, 0o600)
        right = key.read_bytes()
        before = sorted((name, (bench.folder / name).read_bytes())
                        for name in os.listdir(bench.folder) if name.startswith('store.db'))
        key.write_bytes(bytes(len(right)))
        refused(bench, 'key', str(key))
        key.unlink()
        refused(bench, 'key', str(key))
        true(not key.exists())
        key.touch(0o600)
        key.write_bytes(right[:-1])
        refused(bench, 'key', str(key))
        key.write_bytes(right)
        equal(sorted((name, (bench.folder / name).read_bytes())
                     for name in os.listdir(bench.folder) if name.startswith('store.db')), before)
        for machine in machines:
            bench.check_password(machine)


def test_port_in_use():
    with Bench() as bench:
        bench.configure()
        bench.site()
        first = bench.daemon()
        done = bench.call(program=AMTPROVD, code=1)
        contains(done.stderr, 'amtprovd: ', str(bench.hello_port))
        equal(first.stop(), 0)


main(globals())
