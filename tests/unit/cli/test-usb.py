#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""amtprov usb: what inspect shows and create makes."""

import csv
import io
import os
import struct
import subprocess

from tap import AMTPROV, Folder, contains, equal, main, run, site_config, true
from usb_files import (EXAMPLE, GUIDS, PASSWORD, ROOT, done, failed, inspect, left, pairs, patched,
                       read, two_records, values, variable)

# ---- inspect ----


def test_the_example_reads_as_printed():
    with Folder() as folder:
        path = folder.write('setup.bin', EXAMPLE)
        found = inspect(path, '--show-secrets')
        equal((found['major'], found['minor'], found['consumable']), (4, 0, False))
        equal((found['used'], found['next_available']), (0, 1))
        [record] = found['records']
        equal((record['number'], record['valid'], record['scrambled']), (1, True, False))
        equal(values(record), {
            'current-mebx-password': 'admin', 'new-mebx-password': PASSWORD,
            'manageability-feature-selection': 1, 'pki-dns-suffix': 'amt-provisioning.test.com',
            'remote-configuration-enabled': 1, 'user-defined-certificate-addition':
            {'algorithm': 'sha256', 'hash': ROOT, 'name': 'AMT Test CA'}})
        equal([(entry['module'], entry['id'], entry['length']) for entry in record['variables']],
              [(1, 1, 5), (1, 2, 8), (1, 3, 1), (2, 3, 25), (2, 5, 1), (2, 8, 45)])


def test_secrets_are_shown_when_asked_only():
    with Folder() as folder:
        path = folder.write('setup.bin', EXAMPLE)
        for options in ((), ('--json',)):
            result = done('inspect', path, *options)
            true(PASSWORD not in result.out + result.err, result)
            contains(result.out, '***', 'amt-provisioning.test.com')
        contains(done('inspect', path, '--show-secrets').out, PASSWORD)


def test_what_inspect_prints_gives_back_the_same_bytes():
    with Folder() as folder:
        unknown = bytearray(EXAMPLE)
        unknown[0x2ac:0x2ac + 12] = variable(7, 9, b'\1\2\3')
        unknown[0x12] = 46
        for number, data in enumerate((EXAMPLE, bytes(unknown))):
            path = folder.write(f'{number}.bin', data)
            text = done('inspect', path, '--json', '--show-secrets').out
            copy = folder.path(f'{number}-copy.bin')
            done('create', '--from', folder.write('file.json', text), '--output', copy)
            equal(read(copy), data)
            done('create', '--from', '-', '--output', copy, stdin=text)
            equal(read(copy), data)
        equal(inspect(folder.path('1.bin'))['records'][0]['variables'][-1],
              {'module': 7, 'id': 9, 'name': None, 'length': 3, 'value': {'hex': '010203'}})


def test_hidden_secrets_are_no_values():
    with Folder() as folder:
        text = done('inspect', folder.write('setup.bin', EXAMPLE), '--json').out
        error = failed('create', '--from', '-', '--output', folder.path('copy.bin'), stdin=text)
        contains(error, '--show-secrets')
        equal(left(folder), ['setup.bin'])


BAD = {
    'a GUID of nobody': (patched(0, bytes(16)), 'offset 0 '),
    'nothing': (b'', 'offset 0 '),
    'half a header': (EXAMPLE[:100], 'offset 100 '),
    'half a record': (EXAMPLE[:900], 'offset 900 '),
    'no header chunks': (patched(0x10, b'\0\0'), 'offset 16 '),
    'no record chunks': (patched(0x24, b'\0\0'), 'offset 36 '),
    'a variable past the end': (patched(0x278, b'\xff\x0f'), 'but the record ends after'),
    'a wrong order': (patched(0x244, variable(2, 3, b'amt-provisioning.test.com')[:4]
                              .replace(b'\2\0\3\0', b'\1\0\6\0')), 'offset 5'),
    'a weak password': (patched(0x230, b'password'), 'password'),
    'one byte more': (EXAMPLE + b'x', 'offset 1024 '),
}


def test_bad_files_are_refused_with_offset_and_reason():
    with Folder() as folder:
        for name, (data, wanted) in BAD.items():
            path = folder.write('bad.bin', data)
            result = run('usb', 'inspect', path, '--json')
            equal((result.code, result.out), (1, ''), f'{name}\n{result}')
            contains(result.err, path, 'offset', wanted)
            true(PASSWORD not in result.err, result)
            equal(run('usb', 'verify', path).code, 1, name)
        contains(failed('inspect', folder.path('none.bin')), 'none.bin')


def test_lenient_lists_what_is_wrong_and_goes_on():
    with Folder() as folder:
        path = folder.write('bad.bin', patched(0x230, b'password')[:-1] + b'x')
        result = done('inspect', path, '--json', '--lenient')
        equal(len(result.json()['records'][0]['variables']), 6)
        contains(result.err, 'password', 'offset')
        true(len(result.err.splitlines()) >= 2, result)


def test_bad_pairs_are_refused():
    good = (b'0000037M', b'NKLDG5DCRRNQE9YZZIJL7LFLVJED69XJ')
    other = (b'OKRSGI18', b'RPGH4DGB2Y4BTY5A7RR3ZHBCB1TJ9VFX')
    with Folder() as folder:
        path = folder.write('good.bin', two_records(good, other))
        equal([values(record)['pid'] for record in inspect(path)['records']],
              ['0000037M', 'OKRSGI18'])
        for name, second, wanted in (
                ('twins', good, '0000037M'), ('PID', (b'OKRSGI19', other[1]), 'check character'),
                ('PPS', (other[0], other[1][:-1] + b'Y'), 'check character')):
            path = folder.write(f'{name}.bin', two_records(good, second))
            error = failed('inspect', path)
            contains(error, 'record 2', wanted)
            true(second[1].decode() not in error, error)


# ---- create ----


def test_every_version_with_pairs():
    with Folder() as folder:
        for version, guid in GUIDS.items():
            path = folder.path(f'{version}.bin')
            result = done('create', '--version', version, '--records', 3, '--output', path,
                          *(['--scramble'] if version == '4' else []))
            equal(read(path)[:16].hex(), guid)
            found = inspect(path, '--show-secrets')
            rows = list(csv.DictReader(io.StringIO(result.out)))
            equal(len(rows), 3)
            for row, record in zip(rows, found['records']):
                variables = values(record)
                equal(row['pid'].replace('-', ''), variables['pid'])
                equal(row['pps'].replace('-', ''), variables['pps'])
                equal(row['password'], variables['new-mebx-password'])
                equal(variables['current-mebx-password'], 'admin')
                equal(record['scrambled'], version == '4')
            equal(len({row['password'] for row in rows}), 3)
            done('verify', path)
        equal(oct(os.stat(path).st_mode & 0o777), '0o600')


def test_the_list_of_pairs_can_be_imported():
    with Folder() as folder:
        config = site_config(folder)
        text = done('create', '--version', '1', '--records', 4, '--output', folder.path('a')).out
        result = run('psk', 'import', '-', '--config', config, stdin=text)
        equal(result.code, 0, result)
        equal(len(pairs(config)), 4)


def test_one_file_for_all_machines_with_an_own_root():
    with Folder() as folder:
        for version, settings in (('2.0', ()), ('3', ('me-provisioning-halt-active=1',))):
            path = folder.path(f'{version}.bin')
            arguments = [argument for setting in (
                f'new-mebx-password=file:{folder.write("password", PASSWORD)}',
                'pki-dns-suffix=lab.example.net', 'remote-configuration-enabled=1',
                'configuration-server-fqdn=sca.lab.example.net', *settings,
                f'user-defined-certificate-addition=sha1:{"ab" * 20}:Lab root',
                f'user-defined-certificate-addition=sha1:{"cd" * 20}') for argument in
                ('--set', setting)]
            if version == '3':
                arguments += ['--set', 'provisioning-server-address=10.1.2.3',
                              '--set', f'user-defined-certificate-addition=sha256:{ROOT}:Root']
            result = done('create', '--version', version, '--non-consumable', *arguments,
                          '--output', path)
            equal((result.out, result.err), ('', ''))
            found = inspect(path, '--show-secrets')
            equal(found['consumable'], False)
            [record] = found['records']
            numbers = [(entry['module'], entry['id']) for entry in record['variables']]
            equal(numbers, sorted(numbers))
            equal(values(record)['new-mebx-password'], PASSWORD)
            equal(numbers.count((2, 8)), 3 if version == '3' else 2)
            equal((2, 7) in numbers, version == '2.0')
            true((2, 1) not in numbers, numbers)
            done('verify', path, '--amt', '6.0')


def test_bad_settings_make_no_file():
    create = ('create', '--version', '1', '--records', 3, '--output')
    with Folder() as folder:
        for setting, wanted in (
                ('new-mebx-password=weak', 'password'), ('nothing=1', 'nothing'), ('pid', '='),
                ('pid=0000037M', 'each record'), ('manageability-feature-selection=9', '9'),
                ('new-mebx-password=file:/nowhere/at/all', '/nowhere/at/all')):
            error = failed(*create, folder.path('x.bin'), '--set', setting)
            contains(error, wanted)
        contains(failed('create', '--version', '5', '--records', 1, '--output', folder.path('x')),
                 'version')
        contains(failed('create', '--version', '1', '--records', 8388608, '--output',
                        folder.path('x')), '4 GiB')
        contains(failed('create', '--version', '2.0', '--non-consumable', '--output',
                        folder.path('x')), 'new-mebx-password must follow')
        contains(failed(*create, folder.path('none/x.bin')), 'none')
        contains(failed('create', '--from', '-', '--output', folder.path('x'), stdin='{'), '-')
        equal(left(folder), [])


def test_a_warning_is_said_a_few_times_only():
    with Folder() as folder:
        result = done('create', '--version', '1', '--records', 50, '--output', folder.path('x.bin'),
                      '--set', 'pki-dns-suffix=lab.example.net')
        lines = result.err.splitlines()
        equal(len(lines), 6, lines)
        contains(lines[0], 'pki-dns-suffix', 'version')
        contains(lines[5], '45 more')


def test_wrong_usage():
    for arguments in (('--version', '1', '--records', 1), ('--records', 1, '--output', 'x'),
                      ('--version', '1', '--output', 'x'),
                      ('--version', '1', '--records', 0, '--output', 'x'),
                      ('--version', '1', '--records', 1, '--output', 'x', '--image', 'y'),
                      ('--version', '3', '--non-consumable', '--records', 2, '--output', 'x'),
                      ('--from', 'x', '--scramble', '--output', 'x')):
        failed('create', *arguments, code=2)


def test_a_large_file_takes_no_more_memory():
    # AddressSanitizer would keep what was freed.
    options = f'{os.environ.get("ASAN_OPTIONS", "")}:quarantine_size_mb=0'
    options += ':thread_local_quarantine_size_kb=0'
    with Folder() as folder:
        used = {}
        for records in (20000, 60000):
            path = folder.path(f'{records}.bin')
            for arguments in (('create', '--version', '1', '--records', records, '--output', path),
                              ('inspect', path, '--json'), ('verify', path)):
                process = subprocess.Popen([AMTPROV, 'usb', *map(str, arguments)],
                                           stdout=subprocess.DEVNULL,
                                           env={**os.environ, 'ASAN_OPTIONS': options})
                _, status, usage = os.wait4(process.pid, 0)
                equal(status, 0, arguments)
                used[arguments[0], records] = usage.ru_maxrss * 1024
        for command in ('create', 'inspect', 'verify'):
            grown = used[command, 60000] - used[command, 20000]
            # All that is kept of a record is its PID, against 512 bytes in the file.
            true(grown < 40000 * 256, f'{command}: {grown} bytes more for 40000 records')


main(globals())
