# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two provisioners in one process, and what is left when they are gone."""

import contextlib
import os
import shlex

from harness import Bench, Machine, Program, contains, equal, main

TWO_HOSTS = os.environ['AMTPROV_TWO_HOSTS']
# The command that the program runs under, if any.
WRAPPER = shlex.split(os.environ.get('AMTPROV_TEST_WRAPPER', ''))


def prepare(bench, name, **keys):
    """Both sites have other methods, so that neither could carry the machines of the other one."""
    bench.configure(limits='step-seconds=3600')
    if name == 'pairs':
        bench.site(name=name, order='psk', pki='')
        machines = [Machine(bench, '9.5', 'psk', pid=pid, pps=pps, **keys)
                    for pid, pps in bench.pairs(2)]
    else:
        bench.site(name=name, order='pki', pki=bench.chain('sha256').group())
        machines = [Machine(bench, release, 'pki', **keys) for release in ('11.0', '12.0')]
    bench.import_machines({'uuid': machine.uuid} for machine in machines)
    return machines


def run(ending, **keys):
    with contextlib.ExitStack() as stack:
        houses = []
        for name in ('pairs', 'certificates'):
            bench = stack.enter_context(Bench())
            machines = prepare(bench, name, **keys)
            bench.simulate(machines)
            houses.append((bench, name, machines))
        first = houses[0][0]
        hosts = Program([*WRAPPER, TWO_HOSTS, '2', ending, *(bench.config for bench, *_ in houses)],
                        first.environment, 'stderr')
        first.running.append(hosts)
        hosts.wait_for(lambda: hosts.ended, 'the end')
        equal(hosts.finish(), 0, '\n'.join(hosts.lines))
        for bench, name, machines in houses:
            rows = bench.devices()
            equal(len(rows), 2)
            for machine in machines:
                yield bench, machine, rows[machine.uuid], name


def test_both_bring_their_machines_to_operational():
    for bench, machine, row, name in run('drain'):
        equal((row['state'], row['site'], row['method']), ('operational', name, machine.mode))
        bench.check_password(machine)


def cut_off(ending):
    for bench, machine, row, _ in run(ending, fault='hang@12'):
        equal(row['state'], 'failed')
        contains(bench.facts(machine)['error'], 'stopped before ')


def test_sessions_are_cut_off():
    cut_off('cut')


def test_the_last_reference_goes_in_the_middle_of_sessions():
    cut_off('drop')


main(globals())
