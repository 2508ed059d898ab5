# SPDX-License-Identifier: LGPL-2.1-or-later
"""The examples in C, built against an installed amtprov."""

import re
import signal
import socket

import prefix
from harness import Bench, Machine, PATIENCE, Program, contains, equal, main, true

PROVISIONING_LINES = 25


def installed_bench():
    bench = Bench()
    bench.environment = {**prefix.environment(), 'LC_ALL': 'C.UTF-8',
                         'AMT_PROV_CONFIG_DIR': bench.path('etc')}
    return bench


def test_host_needs_few_lines():
    text = (prefix.EXAMPLES / 'host-c/inventory.c').read_text()
    parts = re.findall(r'/\* provisioning: begin \*/\n(.*?)/\* provisioning: end \*/', text, re.S)
    lines = [line for part in parts for line in part.splitlines() if line.strip()]
    true(0 < len(lines) <= PROVISIONING_LINES, lines)
    # Nothing of the library is used elsewhere, but for the object that the daemon owns.
    rest = re.sub(r'/\* provisioning: begin \*/\n(.*?)/\* provisioning: end \*/', '', text, flags=re.S)
    equal(re.findall(r'amt_prov_\w+|AmtProv\w+', rest), ['AmtProvProvisioner'])


def ask(port):
    with socket.create_connection(('127.0.0.1', port), PATIENCE) as connection:
        with connection.makefile() as stream:
            return [line.rstrip('\n').split('\t') for line in stream]


def test_host():
    prefix.install()
    prefix.build_example('host-c')
    with installed_bench() as bench:
        bench.configure()
        bench.site(order='psk', pki='')
        (pid, pps), = bench.pairs(1)
        machine = Machine(bench, '9.5', 'psk', pid=pid, pps=pps)
        bench.import_machines([{'uuid': machine.uuid}])
        machines = bench.write('machines.conf', f'[{machine.uuid}]\nowner=Reception\nplace=R 1.02\n')
        host = Program([prefix.PREFIX / 'bin/inventory', machines, bench.config], bench.environment,
                       'stderr')
        bench.running.append(host)
        port = int(host.wait_line('^inventory on port ').split()[-1])
        equal(ask(port), [[machine.uuid, 'Reception', 'R 1.02', 'not seen']])
        simulator = bench.simulate([machine])
        simulator.wait_event(machine, 'committed')
        host.signal(signal.SIGTERM)
        equal(host.finish(), 0)
        equal(bench.devices()[machine.uuid]['state'], 'operational')
        bench.check_password(machine)
        bench.write('amtprov.conf', '[amtprov]\nplugin=psk\n')
        wrong = Program([prefix.PREFIX / 'bin/inventory', machines, bench.config], bench.environment,
                        'stderr')
        equal(wrong.finish(), 1)
        contains(wrong.lines[0], 'amtprov.conf:2', 'plugin')


main(globals())
