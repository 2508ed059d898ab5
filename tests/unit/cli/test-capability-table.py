#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The table of releases and methods: the guide has it, and it says what the program says."""

import pathlib
import re
import shutil

from tap import Folder, contains, equal, main, run, true

ROOT = pathlib.Path(__file__).resolve().parents[3]
METHODS = ['psk', 'pki', 'agent', 'usb']


def table(*arguments):
    result = run(*arguments, program=str(ROOT / 'scripts/capability-table'))
    equal(result.code, 0, result)
    return result.out.splitlines()


def rows(lines):
    """Releases, then a cell for each method."""
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip('|').split('|')]


def edges(text):
    """The first and the last release of `7.x`, `2.0 to 2.1`, `20.0 and later`."""
    first, _, last = text.removesuffix(' and later').partition(' to ')
    return first.replace('.x', '.0'), (last or first).replace('.x', '.9')


def test_the_guide_has_the_table():
    lines = (ROOT / 'docs/guides/methods.md').read_text(encoding='utf-8').splitlines()
    start = lines.index(table()[0])
    end = lines.index('', start)
    equal(lines[start:end], table())


def test_the_table_agrees_with_the_program():
    seen = 0
    for releases, *cells in rows(table()):
        equal(len(cells), len(METHODS))
        for release in (edge for text in releases.split(', ') for edge in edges(text)):
            verdicts = {entry['id']: entry for entry in
                        run('explain', '--amt', release, '--json').json()['methods']}
            for method, cell in zip(METHODS, cells):
                verdict = verdicts[method]
                equal(cell != 'no', verdict['usable'], f'{release} {method}: {cell}, {verdict}')
                equal('unproven' in cell, 'unproven' in verdict['reason'], verdict)
            seen += 1
    true(seen > 30, seen)


def test_the_founding_rule():
    cells = {release: row[1:] for row in rows(table()) for release in row[0].split(', ')}
    equal(cells['2.0 to 2.1'], ['yes', 'no', 'no', 'pairs'])
    equal(cells['2.2'], ['yes', 'no', 'yes', 'pairs'])
    equal(cells['3.0 to 3.2'], ['yes', 'yes', 'yes', 'pairs and PKI settings'])
    equal(cells['11.x'], ['no', 'yes', 'yes', 'PKI settings'])


def test_the_table_follows_the_files():
    with Folder() as folder:
        data = folder.path('data')
        shutil.copytree(ROOT / 'data/capabilities', data)
        folder.write('data/zz.conf', '[2.2]\nmethod.agent=no\nmethod.oem=yes\n[30.0..x]\n'
                     'method.psk=yes\nmethod.psk.note=unproven\n')
        lines = table(data)
        contains(lines[0], '| oem |')
        contains('\n'.join(lines), '\n| 2.2 | yes | no | no | pairs | yes |\n')
        true(re.search(r'^\| 30\.0 and later \| yes, unproven \|', lines[-1]), lines[-1])


main(globals())
