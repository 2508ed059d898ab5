# SPDX-License-Identifier: LGPL-2.1-or-later
"""The least that tests of programs need: run one, look at it, print TAP."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import traceback

AMTPROV = os.environ.get('AMTPROV', 'amtprov')
AMTPROVD = os.environ.get('AMTPROVD', 'amtprovd')
TIMEOUT = 120


class Result:
    def __init__(self, process):
        self.code = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f'exit code {self.code}\nstdout: {self.out}\nstderr: {self.err}'


def run(*arguments, stdin=None, program=None, env=None):
    if isinstance(stdin, str):
        stdin = stdin.encode()
    process = subprocess.run([program or AMTPROV, *map(str, arguments)], input=stdin or b'',
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT,
                             env={**os.environ, **(env or {})}, check=False)
    process.stdout = process.stdout.decode(errors='replace')
    process.stderr = process.stderr.decode(errors='replace')
    return Result(process)


def commands(*group):
    """What --help lists, each as its words; the commands of a plugin in place of its name."""
    text = run(*group, '--help').out
    if 'Commands:\n' not in text:
        return [group]
    listed = text.split('Commands:\n')[1].split('\n\n')[0].splitlines()
    names = [re.match(r'  ([a-z]+(?: [a-z]+)*) ', line).group(1).split() for line in listed]
    return [command for name in names for command in commands(*group, *name)]


def equal(found, wanted, context=None):
    if found != wanted:
        raise AssertionError(f'found {found!r}, wanted {wanted!r}\n{context or ""}')


def true(value, context=None):
    if not value:
        raise AssertionError(f'not so\n{context or ""}')


def contains(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError(f'{part!r} is missing in {text!r}')


class Folder(tempfile.TemporaryDirectory):
    """A temporary folder with a shortcut to write files."""

    def __enter__(self):
        super().__enter__()
        return self

    def write(self, name, content):
        path = pathlib.Path(self.name) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content)
        return str(path)

    def path(self, name):
        return str(pathlib.Path(self.name) / name)


def site_config(folder, plugins='psk;sqlite', listen='127.0.0.1:0', order='psk', extra=''):
    """A configuration with one site, lab, and an embedded store."""
    folder.write('sites.d/lab.conf',
                 '[site]\nname=lab\n[match]\nsubnets=127.0.0.0/8\n'
                 f'[methods]\norder={order}\n[admission]\npolicy=known\n'
                 '[profile]\ndomain=lab.example.net\ntls=off\n' + extra)
    return folder.write('amtprov.conf',
                        f'[amtprov]\nstore=sqlite:{folder.path("store.db")}\n'
                        f'store-key-file={folder.path("store.key")}\nplugins={plugins}\n'
                        f'[hello]\nlisten={listen}\n')


def main(tests):
    """Runs each function of a module that is named test_…"""
    found = [(name, test) for name, test in tests.items() if name.startswith('test_')]
    failed = False
    print(f'1..{len(found)}')
    for number, (name, test) in enumerate(found, 1):
        title = name[len('test_'):].replace('_', ' ')
        try:
            test()
            print(f'ok {number} - {title}', flush=True)
        except Exception:  # whatever a test raises is its failure
            failed = True
            for line in traceback.format_exc().splitlines():
                print(f'# {line}')
            print(f'not ok {number} - {title}', flush=True)
    sys.exit(1 if failed else 0)
