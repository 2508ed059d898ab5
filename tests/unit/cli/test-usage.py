#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Help, unknown commands, wrong options: exit code 2."""

import re

from tap import AMTPROVD, contains, equal, main, run, true

COMMANDS = ['explain', 'hello decode', 'psk generate', 'psk import', 'psk list', 'psk check',
            'pki check', 'config check', 'import', 'devices', 'device', 'password', 'events',
            'provision', 'plugins', 'config settings', 'site new']


def test_help_lists_every_command():
    result = run('--help')
    equal(result.code, 0, result)
    for command in COMMANDS:
        contains(result.out, f'  {command} ')


def test_every_command_has_help_with_an_example():
    for command in COMMANDS:
        result = run(*command.split(), '--help')
        equal(result.code, 0, result)
        contains(result.out, 'Usage:', f'amtprov {command}', 'Example:')
        example = result.out.split('Example:')[1]
        contains(example, f'amtprov {command}')


def test_daemon_help():
    result = run('--help', program=AMTPROVD)
    equal(result.code, 0, result)
    contains(result.out, 'Example:', '--config')


def test_no_command():
    result = run()
    equal(result.code, 2, result)
    contains(result.err, '--help')


def test_unknown_command():
    result = run('fly')
    equal(result.code, 2, result)
    contains(result.err, 'fly')


def test_unknown_command_with_a_path():
    equal(run('../../bin/true').code, 2)


def test_unknown_word_of_a_command():
    result = run('psk', 'fly')
    equal(result.code, 2, result)
    contains(result.err, 'generate', 'import', 'list', 'check')


def test_first_word_alone():
    for word in ('psk', 'hello', 'config', 'pki'):
        equal(run(word).code, 2)


def test_unknown_option():
    for command in COMMANDS:
        result = run(*command.split(), '--fly')
        equal(result.code, 2, result)
        equal(result.out, '', result)


def test_missing_and_extra_arguments():
    for arguments in (['hello', 'decode'], ['hello', 'decode', 'a', 'b'], ['psk', 'check'],
                      ['psk', 'check', 'a', 'b', 'c'], ['psk', 'import'], ['psk', 'list', 'a'],
                      ['explain'], ['explain', '--amt', '9.5', 'a'], ['config', 'check', 'a'],
                      ['provision'], ['provision', 'a', 'b'], ['plugins', 'a'], ['device'],
                      ['password'], ['import']):
        result = run(*arguments)
        equal(result.code, 2, f'{arguments} {result}')


def test_version():
    result = run('--version')
    equal(result.code, 0, result)
    true(re.fullmatch(r'amtprov \d+\.\d+\.\d+\n', result.out), result)


def test_daemon_wrong_usage():
    equal(run('--fly', program=AMTPROVD).code, 2)
    equal(run('word', program=AMTPROVD).code, 2)


main(globals())
