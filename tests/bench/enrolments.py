# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reports of agents that are stored, beside a server that only answers: the part of scripts/bench."""

import re
import statistics

import harness

CONNECTIONS = 16
LIMITS = 'sessions=200\n\n[agent]\nlisten=127.0.0.1:0\nrequests-per-token=1000000\n'


def measure(figures, size, bench_tools):
    """bench_tools: Process, start_daemon and program of scripts/bench, and the folder of programs."""
    process, start_daemon, program, programs = bench_tools
    with harness.Bench() as bench:
        bench.configure(limits=LIMITS, plugins='pki;agent;sqlite')
        bench.site(order='agent')
        daemon = start_daemon(bench)
        log = daemon.path.read_text()
        port = int(re.search(r'agents report to https://127\.0\.0\.1:(\d+)', log)[1])
        token = bench.call('agent', 'token', 'add', '--site', 'office').stdout.strip()
        root = bench.chain('sha256').root
        other = harness.free_ports(1)[0]
        process(bench, 'bare-soup', programs / 'bare-soup', other,
                bench.path('agent.pem')).wait_for('^ready')
        rates = {other: [], port: []}
        for turn in range(size['rounds']):
            for each, found in rates.items():
                found.append(program('send-reports', f'https://127.0.0.1:{each}/v1/enrol', token, root,
                                     turn * size['enrolments'], size['enrolments'], CONNECTIONS))
        rate = statistics.median(rates[port])
        figures.add('enrolments', rate, 'enrolments/s', 1000, least=True)
        figures.add('enrolments against bare libsoup', rate, 'enrolments/s', 0.1,
                    statistics.median(rates[other]), least=True)
