# SPDX-License-Identifier: LGPL-2.1-or-later
"""The speed of making and reading a setup.bin of version 1."""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

RECORD = 512


def run(*command):
    """Seconds and KiB of a program that must end well."""
    begin = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL,
                               stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    spent = time.monotonic() - begin
    if status != 0:
        sys.exit(f'bench: {" ".join(map(str, command))}: exit status {status}')
    return spent, usage.ru_maxrss


class Speed:
    """Rounds of something that goes through a file of so many records."""

    def __init__(self, records):
        self.size = records * RECORD / 1e6
        self.times = []
        self.memory = 0

    def measure(self, *command):
        spent, self.memory = run(*command)
        self.times.append(spent)

    def rate(self):
        return self.size / statistics.median(self.times)


def rounds(folder, size, records, reference):
    amtprov = (os.environ['AMTPROV'], 'usb')
    made = folder / 'setup.bin'
    speeds = {name: Speed(records) for name in ('reference', 'create', 'inspect', 'json')}
    for _ in range(size['rounds']):
        speeds['reference'].measure(reference, folder / 'random', records)
        speeds['create'].measure(*amtprov, 'create', '--version', 1, '--records', records,
                                 '--output', made)
        speeds['inspect'].measure(*amtprov, 'inspect', made)
        speeds['json'].measure(*amtprov, 'inspect', '--json', made)
        made.unlink()
    return speeds


def measure(figures, size, programs):
    records, few = size['records'], size['records'] // 10
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        small = rounds(folder, size, few, programs / 'write-random')
        large = rounds(folder, size, records, programs / 'write-random')
    figures.add(f'setup.bin: writing {records:,} new pairs', large['create'].rate(), 'MB/s', 0.3,
                large['reference'].rate(), least=True)
    figures.add('setup.bin: inspect', large['inspect'].rate(), 'MB/s', 200, least=True)
    figures.add('setup.bin: inspect --json', large['json'].rate(), 'MB/s', 200, least=True)
    for name in ('create', 'inspect', 'json'):
        # All that is kept of a record is its PID, since none may stand there twice.
        grown = (large[name].memory - small[name].memory) * 1024 / (records - few)
        figures.add(f'setup.bin: memory of {name}', grown, f'bytes/record (of {RECORD})', 64)
