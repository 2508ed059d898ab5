# SPDX-License-Identifier: LGPL-2.1-or-later
"""How much memory amtprov-agent takes at most. Only in builds without sanitizers, which take more."""

import pathlib
import subprocess
import sys
import tempfile

from harness import contains, equal, main, true, with_shim
from running import AGENT, Running

MOST_KIB = 20 * 1024
# All of the CAs in one file, as Debian has them.
BUNDLE = '/etc/ssl/certs/ca-certificates.crt'
# Linux counts into the peak of a program what the process took that became it: a small one here.
LAUNCHER = """
import os, sys
child = os.fork()
if child == 0:
    os.execv(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], 'w') as file:
    print(usage.ru_maxrss, file=file)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def measure(running, *arguments, code=0, authorities=None):
    """What the agent printed to stderr, after its peak was looked at."""
    environment = with_shim(running.bench.environment)
    environment.pop('SSL_CERT_FILE', None)
    environment.pop('SSL_CERT_DIR', None)
    if authorities:
        environment['SSL_CERT_FILE'] = authorities
    with tempfile.NamedTemporaryFile('r') as file:
        done = subprocess.run([sys.executable, '-ISc', LAUNCHER, file.name, AGENT, *arguments],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              env=environment, check=False)
        equal(done.returncode, code, done.stderr)
        peak = int(file.read())
    print(f'# {arguments[0]}: {peak} KiB')
    true(peak <= MOST_KIB, f'{arguments}: {peak} KiB')
    return done.stderr


def test_info():
    with Running() as running:
        measure(running, 'info')


def test_start_at_a_pinned_server():
    with Running(server={}) as running:
        running.server.machine.update(state='blocked', message='enough')
        contains(measure(running, 'start', '--wait', *running.start_options(), code=3), 'enough')


def test_check_at_a_pinned_server():
    with Running(server={}) as running:
        measure(running, 'check', *running.start_options())
        equal(len(running.server.reports('/v1/check')), 1)


def test_follow():
    with Running(mode='operational', server={}) as running:
        running.server.machine.update(state='operational', operational=True)
        measure(running, 'status', '--follow', *running.start_options())


def test_server_that_no_authority_knows():
    true(pathlib.Path(BUNDLE).exists(), f'{BUNDLE} is missing: install ca-certificates')
    with Running(server={}) as running:
        unpinned = ['--server', running.server.url, '--token-file', running.token]
        for authorities in (None, BUNDLE):
            for command, code in (('check', 3), ('start', 1)):
                measure(running, command, *unpinned, code=code, authorities=authorities)
        equal(running.server.requests, [])


main(globals())
