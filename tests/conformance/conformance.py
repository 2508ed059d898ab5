# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the checks on a plugin and tells which have failed."""

import random
import socket

import tap

# When one of these fails the others do not run; usage.py has that.
FIRST = {'loads', 'empty'}

# Of the machine in all checks of a method; amtprov-conformance(1) has it.
MACHINE_UUID = 'c0f0a3c1-5a4e-4b1b-9b0e-7e5700000001'


def run(*arguments, env=None):
    return tap.run('conformance', *arguments, env=env)


def names(kind):
    return [check['name'] for check in run(kind, '--list', '--json').json()]


def outcomes(*arguments, env=None):
    """(name, result, why) of each check, after all have run."""
    result = run(*arguments, '--json', env=env)
    answer = result.json()
    failed = [check for check in answer['checks'] if check['result'] == 'failed']
    tap.equal(answer['failed'], len(failed), result)
    tap.equal(result.code, 1 if failed else 0, result)
    tap.equal([check['name'] for check in answer['checks']], names(arguments[0]), result)
    return [(check['name'], check['result'], check['why']) for check in answer['checks']]


def failures(*arguments, env=None):
    """{name of a check: why it failed}."""
    return {name: why for name, result, why in outcomes(*arguments, env=env) if result == 'failed'}


def all_pass(*arguments, env=None):
    """Not even one is skipped."""
    tap.equal([outcome for outcome in outcomes(*arguments, env=env) if outcome[1] != 'passed'], [])


def add_tests(tests, kind, faults, failures_of):
    """A test for each fault, and one that no check is without a fault that it finds."""
    def test_fault(fault, name, part):
        found = failures_of(fault)
        tap.equal(list(found), [name], found)
        tap.contains(found[name], part)

    def test_every_check():
        tap.equal({name for name, _ in faults.values()}, set(names(kind)) - FIRST)

    for fault, (name, part) in faults.items():
        tests[f'test_{fault}'] = lambda fault=fault, name=name, part=part: test_fault(fault, name, part)
    tests['test_every_check_finds_a_fault'] = test_every_check


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


def method_config(folder, names, extra=''):
    """For the last of the methods; the others are what it builds on."""
    return tap.site_config(folder, plugins=f'{names};sqlite', order=names.split(';')[-1],
                           extra=f'[device]\nport={free_port()}\n{extra}')


def transport_config(folder, name):
    return tap.site_config(folder, plugins=f'{name};psk;sqlite',
                           extra=f'[device]\nport={free_port()}\n')
