#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Help, unknown commands, wrong options: exit code 2."""

import os
import re

from tap import AMTPROVD, Folder, contains, equal, main, run, true

CORE = ['explain', 'hello decode', 'config check', 'import', 'devices', 'device', 'password', 'events',
        'provision', 'plugins', 'config settings', 'site new', 'conformance store', 'conformance method',
        'conformance transport']
PLUGINS = {'psk': ['generate', 'import', 'list', 'check'], 'pki': ['check']}
COMMANDS = CORE + [f'{group} {name}' for group, names in PLUGINS.items() for name in names]


def test_help_lists_every_command():
    result = run('--help')
    equal(result.code, 0, result)
    for command in [*CORE, *PLUGINS]:
        contains(result.out, f'\n  {command} ')


def test_help_of_a_plugin_lists_its_commands():
    for group, names in PLUGINS.items():
        result = run(group, '--help')
        equal(result.code, 0, result)
        contains(result.out, f'amtprov {group} COMMAND')
        for name in names:
            contains(result.out, f'\n  {name} ')


def add_plugin(folder, name, metadata='', program=None):
    folder.write(f'{name}.plugin', f'[Plugin]\nModule=amtprov-{name}\nName={name}\n{metadata}')
    if program:
        os.chmod(folder.write(f'amtprov-{name}', program), 0o755)


def test_a_plugin_of_an_oem_brings_a_command():
    with Folder() as folder:
        add_plugin(folder, 'oem', 'X-AmtProvCommand=greet machines\n',
                   '#!/bin/sh\necho "$0 $*"\nexit 3\n')
        env = {'AMT_PROV_PLUGIN_PATH': folder.name}
        contains(run('--help', env=env).out, '\n  oem                            greet machines\n')
        result = run('oem', 'greet', '--loud', env=env)
        equal(result.code, 3, result)
        contains(result.out, 'greet --loud')


def test_a_command_whose_program_is_not_there():
    with Folder() as folder:
        add_plugin(folder, 'oem', 'X-AmtProvCommand=greet machines\n')
        env = {'AMT_PROV_PLUGIN_PATH': folder.name}
        true('greet' not in run('--help', env=env).out)
        result = run('oem', 'greet', env=env)
        equal(result.code, 1, result)
        contains(result.err, 'the plugin oem has a command', 'amtprov-oem', folder.path('oem.plugin'))
        result = run('psk', 'list', env=env)
        equal(result.code, 2, result)
        contains(result.err, 'no command “psk”, and no plugin psk that has one')


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
