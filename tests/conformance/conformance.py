# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the checks on a plugin and tells which have failed."""

import os
import random
import socket

import tap

PROGRAM = os.environ['AMTPROV_CONFORMANCE']
BROKEN = os.environ['BROKEN_PLUGINS']


def run(*arguments, env=None):
    return tap.run(*arguments, program=PROGRAM, env=env)


def failures(*arguments, env=None):
    """{name of a check: why it failed}, after all checks have run."""
    result = run(*arguments, '--json', env=env)
    answer = result.json()
    found = {check['name']: check['why'] for check in answer['checks']
             if check['result'] == 'failed'}
    tap.equal(answer['failed'], len(found), result)
    tap.equal(result.code, 1 if found else 0, result)
    listed = [check['name'] for check in run(arguments[0], '--list', '--json').json()]
    tap.equal([check['name'] for check in answer['checks']], listed, result)
    return found


def free_port():
    """A port below those that the kernel gives to outgoing connections."""
    while True:
        port = random.SystemRandom().randrange(12000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(('127.0.0.1', port))
            except OSError:
                continue
        return port


def method_config(folder, name, extra=''):
    return tap.site_config(folder, plugins=f'{name};sqlite', order=name,
                           extra=f'[device]\nport={free_port()}\n{extra}')
