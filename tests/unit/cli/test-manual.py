#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Man pages: they render, and have every command, every option and every setting."""

import json
import os
import pathlib
import re
import subprocess

from tap import AMTPROVD, Folder, commands, contains, equal, main, run, true
from usb_files import done, file_of, variable

BUILD = pathlib.Path(os.environ['BUILD_ROOT'])
SOURCE = pathlib.Path(__file__).resolve().parents[3]
PAGES = {path.name: path for folder in (SOURCE, BUILD) for path in (folder / 'docs/man').glob('*.[1-8]')}
# The rest of the commands stands in amtprov.1.
OWN_PAGES = {group: f'amtprov-{group}.1' for group in ('conformance', 'psk', 'pki', 'usb')}
OWN_PAGES['agent'] = 'amtprov-agent-token.1'
OPTION = re.compile(r'  (?:-\w, )?(--[\w-]+)(?:=\S+)?( .*)?')


def groff(page, *options):
    return subprocess.run(['groff', '-man', '-Tutf8', '-P-c', '-rLL=100n', *options, PAGES[page]],
                          capture_output=True, text=True, encoding='utf-8', check=True)


def rendered(page):
    return re.sub('.\b', '', groff(page).stdout)


def options(*command, program=None):
    """Name and help of each option."""
    result = run(*command, '--help', program=program)
    equal(result.code, 0, result)
    return {match.group(1): (match.group(2) or '').strip()
            for match in map(OPTION.fullmatch, result.out.splitlines()) if match}


def described_options(page):
    text = rendered(page).split('\nOPTIONS\n')[1]
    text = re.split(r'\n(?=[A-Z])', text)[0]
    return set(re.findall(r'^ {7}(?:-\w, )?(--[\w-]+)', text, re.M))


def test_pages_render_without_a_warning():
    for page in PAGES:
        equal(groff(page, '-ww', '-z').stderr, '', page)
        for section in ('NAME', 'DESCRIPTION', 'SEE ALSO'):
            contains(rendered(page), f'\n{section}\n')


def variable_names():
    """Of all identifiers that there may be, those that the command knows by name."""
    bodies = [b''.join(variable(module, number, b'1') for number in range(1, 41))
              for module in (1, 2, 3)]
    with Folder() as folder:
        found = done('inspect', folder.write('all.bin', file_of('4', bodies)), '--json', '--lenient')
    return {entry['name'] for record in found.json()['records'] for entry in record['variables']
            } - {None}


def test_every_variable_of_setup_bin_is_described():
    names = variable_names()
    true(len(names) > 30, names)
    text = PAGES['amtprov-usb.1'].read_text(encoding='utf-8')
    text = text.split('.SH VARIABLES\n')[1].split('.SH EXIT STATUS\n')[0].replace('\\-', '-')
    equal(sorted(re.findall(r'^\.TP\n\.B ([a-z0-9-]+)\n.+ From version [\d.]+\.$', text, re.M)),
          sorted(names))


def test_every_program_has_its_page_and_every_page_is_installed():
    listed = subprocess.run(['meson', 'introspect', '--installed', BUILD], capture_output=True,
                            text=True, check=True).stdout
    paths = [pathlib.Path(path) for path in json.loads(listed).values()]
    programs = [path.name for path in paths if {'bin', 'libexec'} & set(path.parts)]
    true({'amtprov', 'amtprovd', 'amtprov-psk', 'amtprov-pki', 'amtprov-usb',
          'amtprov-agent'} <= set(programs), programs)
    for program in programs:
        own = OWN_PAGES.get(program.removeprefix('amtprov-'))
        true({f'{program}.1', f'{program}.8', own} & set(PAGES), f'{program} has no man page')
    for file in ('amtprov.conf', 'amtprov-site', 'amtprov-capabilities'):
        true(f'{file}.5' in PAGES, f'{file} has no man page')
    installed = {path.name for path in paths if 'man' in path.parts}
    equal(set(PAGES) - installed, set() if 'AMTPROV_SIM' in os.environ else {'amtprov-sim.1'})


def test_pages_refer_to_pages_that_exist():
    for page in PAGES:
        for name, number in re.findall(r'(amtprov[\w.-]*)\s?\((\d)\)', rendered(page)):
            true(f'{name}.{number}' in PAGES, f'{page}: {name}({number})')


def test_every_command_has_its_place():
    true(len(commands()) > 10, commands())
    for command in commands():
        page = OWN_PAGES.get(command[0], 'amtprov.1')
        name = ' '.join(command)
        true(re.search(rf'^ {{7}}{name}\b', rendered(page), re.M), f'{page}: {name}')


def test_every_option_of_a_command_has_help_and_a_line():
    wanted = {page: {'--help'} for page in ('amtprov.1', *OWN_PAGES.values())}
    wanted['amtprov.1'].add('--version')
    for command in commands():
        page = OWN_PAGES.get(command[0], 'amtprov.1')
        for option, text in options(*command).items():
            true(text, f'{command} {option} has no help')
            wanted[page].add(option)
    for page, names in wanted.items():
        equal(described_options(page), names, page)


def test_every_option_of_the_agent_has_help_and_a_line():
    program = os.environ['AMTPROV_AGENT']
    text = run('--help', program=program).out.split('Commands:\n')[1].split('\n\n')[0]
    names = [line.split()[0] for line in text.splitlines()]
    equal(sorted(names), ['check', 'info', 'start', 'status', 'stop'])
    wanted = {'--help', '--version'}
    for name in names:
        true(re.search(rf'^ {{7}}{name}\b', rendered('amtprov-agent.1'), re.M), name)
        for option, help_text in options(name, program=program).items():
            true(help_text, f'{name} {option} has no help')
            wanted.add(option)
    equal(described_options('amtprov-agent.1'), wanted)


def test_every_option_of_a_program_has_help_and_a_line():
    programs = {'amtprovd.8': AMTPROVD}
    if 'AMTPROV_SIM' in os.environ:
        programs['amtprov-sim.1'] = os.environ['AMTPROV_SIM']
    for page, program in programs.items():
        found = options(program=program)
        true(len(found) > 1, found)
        for option, text in found.items():
            true(text, f'{option} has no help')
        equal(described_options(page), set(found), page)
    contains(rendered('amtprovd.8'), 'amtprovd: ready, hello on')


def test_every_setting_has_its_line_and_help():
    pages = {'amtprov.conf': 'amtprov.conf.5', 'sites.d/*.conf': 'amtprov-site.5',
             'capabilities.d/*.conf': 'amtprov-capabilities.5'}
    for file in run('config', 'settings', '--json').json()['files']:
        page = rendered(pages.pop(file['file']))
        words = ' '.join(re.sub('[-‐]\n *', '', page).split())
        plain = re.sub(r'[\s‐-]', '', page)
        for group in file['groups']:
            contains(words, f'[{group["group"]}]')
            contains(plain, re.sub(r'[\s-]', '', group['help']))
            for key in group['settings']:
                true(re.search(rf'^ {{7}}{re.escape(key["key"])} \({key["type"]}: ', page, re.M),
                     key)
                contains(plain, re.sub(r'[\s-]', '', key['help']))
                if key['default'] is not None:
                    contains(plain, re.sub(r'[\s-]', '', f'default {key["default"]}'))
    equal(pages, {})


main(globals())
