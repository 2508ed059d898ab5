# SPDX-License-Identifier: LGPL-2.1-or-later
"""Files for the tests of amtprov usb, and what they do with them."""

import hashlib
import os
import pathlib
import re
import struct

from tap import equal, run

GUIDS = {'1': 'b516fb7187cbf94ab441ca7b383578f9', '2.0': '96b28158cf6b724c8b91a15e512e99c4',
         '2.1': '96b28158cf6b724c8b91a15e512e99c4', '3': 'a7f7f6c689c4f64793ede2e5020da51d',
         '4': 'aaa93452e129a9448d4d081c07b96353'}
PASSWORD = 'P@ssw0rd'
ROOT = 'e835ac6d905036d519211743b8fab8907395ca4d75428bd9f84f2e107c65c11e'


PROGRAM = pathlib.Path(os.environ['AMT_PROV_PLUGIN_PATH']) / 'usb' / 'amtprov-usb'


def with_fault(fault, program=PROGRAM):
    """The environment in which it happens to that program, and not to those that it runs."""
    options = f'{os.environ.get("ASAN_OPTIONS", "")}:verify_asan_link_order=0'
    return {'FAULT': fault, 'FAULT_PROGRAM': program.name, 'LD_PRELOAD': os.environ['USB_FAULT'],
            'ASAN_OPTIONS': options}


def variable(module, number, value):
    return struct.pack('<HHHH', module, number, len(value), 0) + value + bytes(-len(value) % 4)


def example():
    """The worked example of setup-bin.md §10."""
    body = (variable(1, 1, b'admin') + variable(1, 2, PASSWORD.encode()) + variable(1, 3, b'\1') +
            variable(2, 3, b'amt-provisioning.test.com') + variable(2, 5, b'\1') +
            variable(2, 8, b'\2' + bytes.fromhex(ROOT) + b'\x0bAMT Test CA'))
    header = (bytes.fromhex(GUIDS['4']) +
              struct.pack('<HHIBBHIIHHHHH', 1, 46, 0, 4, 0, 1, 1, 0, 1, 0, 1, 2, 0))
    record = struct.pack('<IIIIHHI', 1, 1, 0, 0, 1, 24, 1) + body
    data = header.ljust(512, b'\0') + record.ljust(512, b'\0')
    equal(hashlib.sha256(data).hexdigest(),
          '1d2f63eba507b6d42ddf4ab93384bad596b6bfd3e87cb27878869465e45f5399')
    return data


EXAMPLE = example()


def done(*arguments, **options):
    result = run('usb', *arguments, **options)
    equal(result.code, 0, result)
    return result


def failed(*arguments, code=1, **options):
    result = run('usb', *arguments, **options)
    equal(result.code, code, result)
    return result.err


def inspect(path, *options):
    return done('inspect', path, '--json', *options).json()


def values(record):
    return {entry['name']: entry['value'] for entry in record['variables']}


def read(path):
    return pathlib.Path(path).read_bytes()


def left(folder):
    """What is in a folder besides configuration and store."""
    return sorted(path.name for path in pathlib.Path(folder.name).iterdir()
                  if not path.name.startswith(('amtprov.conf', 'sites.d', 'store.')))


def pairs(config):
    """State and place of the pairs in the store, by PID."""
    result = run('psk', 'list', '--config', config)
    equal(result.code, 0, result)
    return {match[1]: (match[2], match[3]) for match in
            re.finditer(r'^(\S+) +(\w+) *(.*)$', result.out, re.M)}


def patched(offset, data):
    return EXAMPLE[:offset] + data + EXAMPLE[offset + len(data):]


def file_of(version, bodies):
    """A consumable file with a record for each body."""
    major, minor = (int(part) for part in f'{version}.0'.split('.')[:2])
    header = (bytes.fromhex(GUIDS[version]) +
              struct.pack('<HHIBBHIIHHHHH', 1, 46, 0, major, minor, 0, len(bodies), 0, 1, 0, 1, 2, 0))
    return header.ljust(512, b'\0') + b''.join(
        (struct.pack('<IIIIHHI', 1, 1, 0, 0, 1, 24, number) + body).ljust(512, b'\0')
        for number, body in enumerate(bodies, 1))


def two_records(first, second):
    return file_of('1', [variable(1, 1, b'admin') + variable(1, 2, PASSWORD.encode()) +
                         variable(2, 1, pid) + variable(2, 2, pps) for pid, pps in (first, second)])
