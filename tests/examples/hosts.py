# SPDX-License-Identifier: LGPL-2.1-or-later
"""The example hosts, each against simulated machines."""

import os
import pathlib
import re
import subprocess

from harness import Bench, Machine, PATIENCE, Program, contains, equal, main, true

EXAMPLES = pathlib.Path(os.environ['AMTPROV_EXAMPLES'])


def fleet(bench):
    (pid, pps), = bench.pairs(1)
    machines = [Machine(bench, '9.5', 'psk', pid=pid, pps=pps), Machine(bench, '12.0', 'pki')]
    bench.import_machines({'uuid': machine.uuid} for machine in machines)
    return machines


def carries_machines(*command):
    with Bench() as bench:
        bench.configure()
        bench.site(tls='server')
        machines = fleet(bench)
        host = Program([*command, str(bench.folder), str(len(machines))], bench.environment, 'stdout')
        bench.running.append(host)
        host.wait_line(f'^hello on 127.0.0.1:{bench.hello_port}$')
        bench.simulate(machines)
        equal(host.finish(), 0, '\n'.join(host.lines))
        for machine in machines:
            said = [line for line in host.lines if line.startswith(machine.uuid)]
            contains(said[0], f'provisioning site=office method={machine.mode}')
            true(any(line.endswith('step=commit') for line in said), said)
            contains('\n'.join(said), f'operational site=office method={machine.mode}')
            true(re.search(rf' {machine.release}\S* by {machine.mode} in [0-9.]+ s$', said[-1]), said)
            bench.check_password(machine, 'server')


def says_what_is_wrong(*command):
    with Bench() as bench:
        bench.configure()
        bench.site(order='psk;ppk')
        done = subprocess.run([*command, str(bench.folder), '1'], env=bench.environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE,
                              check=False)
        equal(done.returncode, 1, done.stderr)
        contains(done.stderr, 'office.conf', '[methods] order', 'ppk')


PYTHON = ('/usr/bin/python3', str(EXAMPLES / 'host-python/host.py'))
GJS = ('gjs', '-m', str(EXAMPLES / 'host-gjs/host.js'))


def test_python_carries_machines():
    carries_machines(*PYTHON)


def test_python_says_what_is_wrong():
    says_what_is_wrong(*PYTHON)


def test_gjs_carries_machines():
    carries_machines(*GJS)


def test_gjs_says_what_is_wrong():
    says_what_is_wrong(*GJS)


main(globals())
