# SPDX-License-Identifier: LGPL-2.1-or-later
"""A daemon that is killed at random moments loses no machine and no password."""

import os
import random
import signal

from harness import Bench, Machine, equal, main

KILLS = 10
PSK = ['3.2', '6.2', '9.5', '10.0']
PKI = ['6.2', '9.5', '11.8', '16.1']


def make_machines(bench, tls):
    pairs = bench.pairs(2 * len(PSK))
    machines = [Machine(bench, release, 'psk', pid=pid, pps=pps)
                for release, (pid, pps) in zip(PSK * 2, pairs)]
    return machines + [Machine(bench, release, 'pki') for release in PKI
                       if tls != 'off' or release != '16.1']


def kill_after(daemon, lines):
    """SIGKILL once the daemon has said so much more; some machines are in the middle of a step."""
    start = len(daemon.lines)
    daemon.wait_for(lambda: len(daemon.lines) >= start + lines, f'{lines} more lines')
    daemon.signal(signal.SIGKILL)
    equal(daemon.finish(), -signal.SIGKILL)


def run(tls):
    seed = int(os.environ.get('AMTPROV_TEST_SEED', random.SystemRandom().randrange(1 << 32)))
    print(f'# AMTPROV_TEST_SEED={seed}', flush=True)
    moments = random.Random(seed)
    with Bench() as bench:
        bench.configure()
        bench.site(tls=tls)
        machines = make_machines(bench, tls)
        bench.import_machines({'uuid': machine.uuid,
                               'suffix': machine.keys.get('suffix', '')} for machine in machines)
        daemon = bench.daemon()
        bench.simulate(machines)
        left = len(machines)
        for _ in range(KILLS):
            # Each machine on its way makes the daemon say two lines at least.
            kill_after(daemon, moments.randrange(1, 2 * left + 1))
            daemon = bench.daemon()
            left = sum(device['state'] != 'operational' for device in bench.devices().values())
            if left == 0:
                break
        bench.wait_operational(daemon, machines)
        for machine in machines:
            bench.check_password(machine, tls)
        daemon.signal(signal.SIGTERM)
        equal(daemon.finish(), 0)


def test_killed_with_plain_machines():
    run('off')


def test_killed_with_tls_machines():
    run('server')


def test_killed_with_mutual_machines():
    run('mutual')


main(globals())
