#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs what a document of the project tells its readers to do: snippets.py DOCUMENT. Prints TAP.

Each document gets a fresh folder and one bash session with the programs of the build tree on PATH. Its fenced blocks
are taken in order, by the first word after the fence:

  sh          runs in the session; a command that fails ends it
  console     lines after `$ `, and `> ` where they go on, run in the session; the others are what they must print;
              `…` stands for one character or more, and alone on a line for one line or more
  ini, csv, python, c, meson
              is written to the file that the line before the block names, as in "`sites.d/lab.conf`:"
  python FILE (or c, javascript, meson)
              FILE is one of the project and has these very lines
  text        is only read

`sh not-run` is for what needs a real machine, root or packages. A block of any other kind is an error.

`$SRC` is the source tree. Documents have the ports that a reader would use. To run beside other tests, the port for
hellos (9971) and that for agents (9972) become free ones; so do the two of the machines: site files get a [device] group, and machines of the
simulator `port=`.
"""

import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile

from harness import PATIENCE, free_ports

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FENCE = re.compile(r'^```([^\n]*)\n(.*?)^```$', re.M | re.S)
FILE_NAME = re.compile(r'`([\w./-]+)`:$')
QUOTED = ('c', 'python', 'javascript', 'meson')
WRITTEN = ('ini', 'csv', 'python', 'c', 'meson')

# Runs the files that it is told; says how each ended, and at the end how its background jobs did.
SESSION = r'''
set -eu -o pipefail
trap 'echo "$?" >&"$results"' EXIT
while read -r block <&"$commands"; do
  . "$block" >"$block.out" 2>&1 </dev/null
  echo 0 >&"$results"
done
for job in $(jobs -p); do
  kill "$job" 2>/dev/null || true
  wait "$job"
done
'''


class Ports:
    def __init__(self):
        self.hello, self.agents, self.tls, self.plain = free_ports(4)

    def put_into(self, text):
        text = re.sub(r'(?<=:)9971\b', str(self.hello), text)
        text = re.sub(r'(?<=:)9972\b', str(self.agents), text)
        text = re.sub(r'(?<=\bamt=)([\w.]+),(?=mode=)', rf'\1,port={self.tls},plain-port={self.plain},', text)
        if re.search(r'^\[site\]$', text, re.M):
            text += f'\n[device]\nport={self.tls}\nplain-port={self.plain}\n'
        return text


class Session:
    """One bash in one folder."""

    def __init__(self, folder):
        self.folder = folder
        self.hidden = pathlib.Path(tempfile.mkdtemp(prefix='amtprov-blocks-'))
        self.number = 0
        self.over = False
        mine, commands = os.pipe()
        results, theirs = os.pipe()
        self.commands, self.results = os.fdopen(commands, 'w'), os.fdopen(results)
        # The Python that runs this test has GObject introspection.
        path = os.pathsep.join([os.environ['AMTPROV_PROGRAMS'], os.path.dirname(sys.executable), os.environ['PATH']])
        self.process = subprocess.Popen(
            ['bash', '-c', f'commands={mine} results={theirs}{SESSION}'],
            cwd=folder, env={**os.environ, 'PATH': path, 'HOME': str(folder), 'SRC': str(ROOT)}, pass_fds=(mine, theirs),
            stdin=subprocess.DEVNULL, start_new_session=True)
        os.close(mine)
        os.close(theirs)

    def wait(self):
        if self.over:
            raise AssertionError('the session has ended before')
        self.over = True
        ready, _, _ = select.select([self.results], [], [], PATIENCE)
        if not ready:
            raise AssertionError(f'no end within {PATIENCE:.0f} s')
        line = self.results.readline().strip()
        if line != '0':
            raise AssertionError(f'it ended with exit code {line}')
        self.over = False

    def run(self, text):
        """What it printed."""
        self.number += 1
        block = self.hidden / str(self.number)
        block.write_text(text, encoding='utf-8')
        printed = block.with_suffix('.out')
        try:
            if not self.over:
                print(block, file=self.commands, flush=True)
            self.wait()
        except AssertionError as error:
            output = printed.read_text(errors='replace') if printed.exists() else ''
            raise AssertionError(f'{error}\n{output}') from error
        return printed.read_text(encoding='utf-8')

    def end(self):
        """Background jobs are asked to end, and must end well."""
        self.commands.close()
        self.wait()

    def clean(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        shutil.rmtree(self.hidden)


def matches(wanted, printed):
    pattern = ''
    for line in wanted:
        pattern += '(?:.*\n)+' if line == '…' else re.escape(line).replace('…', '.+') + '\n'
    return re.fullmatch(pattern, re.sub(r' +$', '', printed, flags=re.M)) is not None


def run_console(session, text):
    for part in re.split(r'^(?=\$ )', text, flags=re.M):
        if not part:
            continue
        if not part.startswith('$ '):
            raise AssertionError('a console block begins with a command: $ …')
        command, *wanted = part[2:].splitlines()
        while wanted and wanted[0].startswith('> '):
            command += '\n' + wanted.pop(0)[2:]
        printed = session.run(command)
        if not matches(wanted, printed):
            raise AssertionError(f'{command}\nprints:\n{printed}')


def quote(words, text):
    if not (ROOT / words[1]).is_file():
        raise AssertionError(f'there is no {words[1]} to quote from')
    if text not in (ROOT / words[1]).read_text(encoding='utf-8'):
        raise AssertionError(f'{words[1]} has no such lines')


def write(session, text, before):
    named = FILE_NAME.search(before.rstrip().rsplit('\n', 1)[-1])
    if named is None:
        raise AssertionError('the line before must end with the name of the file: `NAME`:')
    path = session.folder / named.group(1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding='utf-8')


def run_block(session, words, text, before):
    kind = words[0] if words else ''
    if kind in QUOTED and len(words) == 2:
        quote(words, text)
    elif words == ['sh']:
        session.run(text)
    elif words == ['console']:
        run_console(session, text)
    elif len(words) == 1 and kind in WRITTEN:
        write(session, text, before)
    elif words not in (['text'], ['sh', 'not-run']):
        raise AssertionError(f'“{" ".join(words)}” is no kind of block')


def broken_links(document, text):
    for target in re.findall(r'\]\(([^)#\s]+)[^)\s]*\)', FENCE.sub('', text)):
        if '://' not in target and not (document.parent / target).exists():
            yield target


class Points:
    def __init__(self, count):
        self.number = 0
        self.failed = False
        print(f'1..{count}')

    def add(self, name, function, *arguments):
        self.number += 1
        try:
            function(*arguments)
            print(f'ok {self.number} - {name}', flush=True)
        except (AssertionError, OSError) as error:
            self.failed = True
            for line in str(error).splitlines():
                print(f'# {line}')
            print(f'not ok {self.number} - {name}', flush=True)


def check_links(document, text):
    broken = list(broken_links(document, text))
    if broken:
        raise AssertionError('no such file: ' + ', '.join(broken))


def main(name):
    document = pathlib.Path(name)
    text = document.read_text(encoding='utf-8')
    blocks = list(FENCE.finditer(text))
    points = Points(len(blocks) + 2)
    points.add('links lead to files', check_links, document, text)
    ports = Ports()
    with tempfile.TemporaryDirectory(prefix='amtprov-docs-') as folder:
        session = Session(pathlib.Path(folder))
        try:
            for block in blocks:
                words = block.group(1).split()
                line = text.count('\n', 0, block.start()) + 1
                body = block.group(2) if len(words) == 2 else ports.put_into(block.group(2))
                points.add(f'{document.name}:{line}: {" ".join(words) or "no kind"}',
                           run_block, session, words, body, text[:block.start()])
            points.add('what was started ends well', session.end)
        finally:
            session.clean()
    print(f'# {sum(block.group(1) == "sh not-run" for block in blocks)} of {len(blocks)} blocks do not run')
    return 1 if points.failed else 0


sys.exit(main(*sys.argv[1:]))
