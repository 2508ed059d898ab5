#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What bash offers for the programs, asked of a real bash."""

import os
import pathlib
import pty
import re
import shlex
import subprocess

from tap import AMTPROV, AMTPROVD, Folder, commands, equal, main, run, site_config, true

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / 'data/completions/amtprov'
# As bash splits a line: = stands alone.
ASK = '''
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
$(complete -p "${1##*/}" | sed 's/.*-F \\([^ ]*\\).*/\\1/') "$1" "${COMP_WORDS[COMP_CWORD]}"
printf '%s\\n' "${COMPREPLY[@]}"
'''


def words(*line, program=AMTPROV, folder=None, env=None):
    """The words for a line whose last word is the one to complete."""
    result = subprocess.run(['bash', '--norc', '-c', ASK, 'bash', SCRIPT, program, *line],
                            capture_output=True, text=True, cwd=folder, check=True,
                            env={**os.environ, **(env or {})})
    equal(result.stderr, '', line)
    return sorted(result.stdout.split('\n')[:-1] if result.stdout != '\n' else [])


def options(*command, program=None):
    return sorted(re.findall(r'^  (?:-\w, )?(--[\w-]+)',
                             run(*command, '--help', program=program).out, re.M))


def test_commands():
    equal(words(''), sorted({command[0] for command in commands()}))
    equal(words('dev'), ['device', 'devices'])
    equal(words('fly'), [])
    true('completion' not in words(''))


def test_commands_of_a_group():
    for first in {command[0] for command in commands() if len(command) > 1}:
        equal(words(first, ''),
              sorted({command[1] for command in commands() if command[0] == first}))
    equal(words('config', 'ch'), ['check'])


def test_commands_of_a_plugin():
    equal(words('psk', ''), ['check', 'generate', 'import', 'list', 'revoke', 'sheet'])
    equal(words('psk', 'generate', '--format', ''), ['csv', 'json'])
    equal(words('agent', 'token', ''), ['add', 'list', 'revoke'])
    with Folder() as folder:
        folder.write('oem.plugin', '[Plugin]\nModule=amtprov-oem\nX-AmtProvCommand=greet\n')
        os.chmod(folder.write('amtprov-oem', '#!/bin/sh\necho Commands:\necho "  hail ALL"\n'), 0o755)
        env = {'AMT_PROV_PLUGIN_PATH': folder.name}
        equal(words('oe', env=env), ['oem'])
        equal(words('oem', '', env=env), ['hail'])


def test_commands_of_the_agent():
    program = os.environ['AMTPROV_AGENT']
    equal(words('', program=program), ['check', 'info', 'start', 'status', 'stop'])
    equal(words('start', '--', program=program), options('start', program=program))


def test_options_of_every_command():
    for command in commands():
        equal(words(*command, '--'), options(*command), command)
    equal(words('explain', '--j'), ['--json'])
    equal(words('explain', '--amt', '9.5', '--j'), ['--json'])
    true('--config' in words('devices', ''))


def test_options_of_the_programs():
    equal(words('--', program=AMTPROVD), options(program=AMTPROVD))
    if 'AMTPROV_SIM' in os.environ:
        sim = os.environ['AMTPROV_SIM']
        equal(words('--', program=sim), options(program=sim))
        equal(words('--until', '', program=sim), ['closed', 'factory', 'operational', 'setup'])
        equal(words('--until', '=', 'op', program=sim), ['operational'])


def test_releases():
    found = words('explain', '--amt', '')
    for release in ('1.0', '2.2', '9.0', '16.1', '20.0'):
        true(release in found, found)
    true('2.3' not in found and '13.0' not in found and '17.0' not in found, found)
    for release in found:
        equal(run('explain', '--amt', release).code, 0, release)
    equal(words('explain', '--amt', '=', '16'), ['16.0', '16.1'])
    equal(words('explain', '--amt', '='), found)


def test_sites_and_methods_of_a_configuration():
    with Folder() as folder:
        config = site_config(folder, plugins='psk;pki;sqlite')
        folder.write('sites.d/two.conf', '[site]\nname=two\n[match]\nsuffixes=two.example\n'
                     '[profile]\ntls=off\n')
        equal(words('explain', '--config', config, '--site', ''), ['lab', 'two'])
        equal(words('explain', '--config', '=', config, '--site', '=', 't'), ['two'])
        equal(words('site', 'new', 'x', '--config', config, '--methods', ''), ['pki', 'psk'])
        equal(words('site', 'new', 'x', '--config', config, '--methods', 'psk,pk'), ['psk,pki'])
        equal(words('explain', '--config', folder.path('none.conf'), '--site', ''), [])


def test_files():
    with Folder() as folder:
        folder.write('first.csv', '')
        folder.write('second.bin', '')
        equal(words('devices', '--config', 'fi', folder=folder.name), ['first.csv'])
        equal(words('devices', '--config', '=', 's', folder=folder.name), ['second.bin'])
        equal(words('import', '', folder=folder.name), ['first.csv', 'second.bin'])
        equal(words('hello', 'decode', 's', folder=folder.name), ['second.bin'])
        equal(words('device', 's', folder=folder.name), [])


def test_the_words_of_the_program():
    with Folder() as folder:
        equal(run('completion', 'fly', '--config', site_config(folder)).code, 2)
    equal(run('completion').code, 2)
    result = run('completion', 'releases')
    equal(result.code, 0, result)
    equal(len(set(result.out.split())), len(result.out.split()))


def test_at_a_terminal():
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM='dumb', PATH=f'{pathlib.Path(AMTPROV).parent}:{os.environ["PATH"]}',
                          PS1='ready> ', INPUTRC='/dev/null')
        os.execvp('bash', ['bash', '--norc', '--noprofile', '-i'])
    seen = ''

    def wait(text):
        nonlocal seen
        while text not in seen:
            seen += os.read(terminal, 4096).decode(errors='replace')
        seen = seen.split(text, 1)[1]

    wait('ready> ')
    os.write(terminal, f'source {shlex.quote(str(SCRIPT))}\n'.encode())
    wait('ready> ')
    os.write(terminal, b'amtprov expl\t--am\t16.1 --j\t')
    wait('explain ')
    wait('--amt ')
    wait('16.1 --json ')
    os.write(terminal, b'\n')
    wait('"amt" : "16.1"')
    wait('ready> ')
    os.write(terminal, b'exit\n')
    equal(os.waitpid(child, 0)[1], 0)
    os.close(terminal)


main(globals())
