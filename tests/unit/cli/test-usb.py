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

SETTINGS_OF_EVERY_KIND = [argument for setting in (
    f'new-mebx-password={PASSWORD}', 'power-package=46732273-dc23-2f43-a98a-13d37982d855',
    'configuration-server-fqdn="sca"\\lab', f'user-defined-certificate-addition=sha1:{"ab" * 20}:"\\',
    'provisioning-server-address=10.1.2.3', 'provisioning-server-port=9971')
    for argument in ('--set', setting)]


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


def example_by_name():
    return ('create', '--version', '4', '--non-consumable', *(argument for setting in (
        'current-mebx-password=admin', f'new-mebx-password={PASSWORD}',
        'manageability-feature-selection=1', 'pki-dns-suffix=amt-provisioning.test.com',
        'remote-configuration-enabled=1',
        f'user-defined-certificate-addition=sha256:{ROOT}:AMT Test CA')
        for argument in ('--set', setting)))


def test_the_example_is_written_byte_for_byte():
    with Folder() as folder:
        path = folder.path('setup.bin')
        done(*example_by_name(), '--output', path)
        equal(read(path), EXAMPLE)


def test_the_members_of_the_json_are_those_that_are_promised():
    with Folder() as folder:
        path = folder.path('setup.bin')
        done('create', '--version', '1', '--records', 3, '--output', path)
        data = bytearray(read(path))
        data[0x200 + 4], data[0x400 + 4], data[0x20] = 0, 0, 2
        data[0x400 + 24:0x600] = bytes(488)
        for given in (EXAMPLE, bytes(data)):
            found = inspect(folder.write('given.bin', given))
            equal(list(found), ['major', 'minor', 'consumable', 'records', 'next_available', 'used'])
            for record in found['records']:
                equal(list(record), ['number', 'valid', 'scrambled', 'variables'])
                for entry in record['variables']:
                    equal(list(entry), ['module', 'id', 'name', 'length', 'value'])
        equal([record['valid'] for record in found['records']], [False, False, True])
        equal([len(record['variables']) for record in found['records']], [5, 0, 5])
        equal((found['used'], found['next_available']), (2, 3))


def assert_survives(folder, data):
    path, copy = folder.write('given.bin', data), folder.path('copy.bin')
    text = done('inspect', path, '--json', '--show-secrets').out
    done('create', '--from', folder.write('file.json', text), '--output', copy)
    equal(read(copy), data)
    done('create', '--from', '-', '--output', copy, stdin=text)
    equal(read(copy), data)


def test_what_inspect_prints_gives_back_the_same_bytes():
    with Folder() as folder:
        unknown = bytearray(EXAMPLE)
        unknown[0x2ac:0x2ac + 12] = variable(7, 9, b'\1\2\3')
        assert_survives(folder, EXAMPLE)
        assert_survives(folder, bytes(unknown))
        equal(inspect(folder.path('given.bin'))['records'][0]['variables'][-1],
              {'module': 7, 'id': 9, 'name': None, 'length': 3, 'value': {'hex': '010203'}})
        for version in GUIDS:
            path = folder.path(f'{version}.bin')
            done('create', '--version', version, '--records', 4, '--output', path,
                 *(('--scramble',) if version == '4' else ()))
            data = bytearray(read(path))
            assert_survives(folder, bytes(data))
            # Used, used and wiped, invalid, left; the BIOS has counted two of them.
            for start in (0x200, 0x400, 0x600):
                data[start + 4] &= ~1
            data[0x400 + 24:0x600] = bytes(488)
            data[0x600], data[0x20] = 0, 2
            assert_survives(folder, bytes(data))
            if version not in ('1', '2.0'):
                done('create', '--version', version, '--non-consumable', '--output', path,
                     *SETTINGS_OF_EVERY_KIND)
                assert_survives(folder, read(path))


def test_hidden_secrets_are_no_values():
    with Folder() as folder:
        text = done('inspect', folder.write('setup.bin', EXAMPLE), '--json').out
        error = failed('create', '--from', '-', '--output', folder.path('copy.bin'), stdin=text)
        contains(error, '--show-secrets')
        equal(left(folder), ['setup.bin'])


CURRENT, NEW, MANAGEABILITY, SUFFIX = (EXAMPLE[begin:end] for begin, end in (
    (0x218, 0x228), (0x228, 0x238), (0x238, 0x244), (0x244, 0x268)))
PAIR = (b'0000037M', b'NKLDG5DCRRNQE9YZZIJL7LFLVJED69XJ')
OTHER = (b'OKRSGI18', b'RPGH4DGB2Y4BTY5A7RR3ZHBCB1TJ9VFX')
FIRST = ('current-mebx-password, new-mebx-password and manageability-feature-selection stand first, '
         'in this order')
WEAK = ('offset 552 (0x228), record 1: new-mebx-password: the password lacks an upper-case letter: '
        'AMT wants upper case, lower case, a digit and a special character')
TWINS = ('offset 1080 (0x438), record 2: PID 0000037M stands in record 1 already; each machine needs '
         'its own pair')
MISTYPED_PID = ('offset 1080 (0x438), record 2: pid: PID OKRSGI19 is mistyped: its last character is '
                'a check character and should be 8')
MISTYPED_PPS = ('offset 1096 (0x448), record 2: pps: the PPS is mistyped: the check character of '
                'group 8 of 8 does not fit')

BAD = (
    (patched(0, bytes(16)), 'offset 0 (0x0): the file does not begin with the GUID of a setup.bin of '
     'version 1 to 4'),
    (patched(0x18, b'\3'), 'offset 24 (0x18): the version is 3.0, but the GUID belongs to version 4'),
    (b'', 'offset 0 (0x0): the file ends within its header of 512 bytes'),
    (EXAMPLE[:100], 'offset 100 (0x64): the file ends within its header of 512 bytes'),
    (EXAMPLE[:512], 'offset 512 (0x200), record 1: the file ends after 0 of 512 bytes of the record, '
     'which is number 1 of 1'),
    (EXAMPLE[:900], 'offset 900 (0x384), record 1: the file ends after 388 of 512 bytes of the record, '
     'which is number 1 of 1'),
    (EXAMPLE + b'x', 'offset 1024 (0x400): the file has 1025 bytes, but its header and its records, '
     '1 of them, make 1024'),
    (patched(0x10, bytes(2)), 'offset 16 (0x10): the header is said to have 0 chunks; it has 1, and '
     'firmware ignores a file that says 0'),
    (patched(0x24, bytes(2)), 'offset 36 (0x24): a record is said to have 0 chunks, and firmware '
     'ignores such a file; 1 is usual'),
    (patched(0x210, bytes(2)), 'offset 528 (0x210), record 1: the record is said to have 0 chunks, '
     'the header says 1'),
    (patched(0x24, b'\2\0'), 'offset 1024 (0x400), record 1: the file ends after 512 of 1024 bytes of '
     'the record, which is number 1 of 1'),
    (patched(0x278, b'\xff\x0f'), 'offset 632 (0x278), record 1: variable 2/8 is said to have 4095 '
     'bytes, but the record ends after 388'),
    (patched(0x1c, struct.pack('<I', 8388608)), 'offset 28 (0x1c): 8388608 records of 512 bytes make '
     'a file of 4294967808 bytes, and FAT holds none of 4 GiB or more'),
    (patched(0x218, NEW + CURRENT), 'offset 552 (0x228), record 1: current-mebx-password comes too '
     f'late: {FIRST}'),
    (patched(0x218, CURRENT + NEW + SUFFIX + MANAGEABILITY), 'offset 604 (0x25c), record 1: '
     f'manageability-feature-selection comes too late: {FIRST}'),
    (patched(0x228, bytes(512 - 0x28)), 'offset 512 (0x200), record 1: current-mebx-password is that '
     'of a new machine, so new-mebx-password must follow'),
    (patched(0x230, b'password'), WEAK),
    (patched(0x230, b'P@ss:w0r'), 'offset 552 (0x228), record 1: new-mebx-password: the password has '
     'a character that AMT refuses: allowed is printable ASCII without colon, comma and double quote'),
    (two_records(PAIR, PAIR), TWINS),
    (two_records(PAIR, (b'OKRSGI19', OTHER[1])), MISTYPED_PID),
    (two_records(PAIR, (OTHER[0], OTHER[1][:-1] + b'Y')), MISTYPED_PPS),
)


def test_bad_files_are_refused_with_offset_and_reason():
    with Folder() as folder:
        for data, sentence in BAD:
            path = folder.write('bad.bin', data)
            for options in ((), ('--json',), ('--show-secrets',)):
                result = run('usb', 'inspect', path, *options)
                equal((result.code, result.out, result.err),
                      (1, '', f'amtprov usb inspect: {path}: setup.bin, {sentence}\n'))
            equal(run('usb', 'verify', path).code, 1, sentence)
        contains(failed('inspect', folder.path('none.bin')), 'none.bin', 'No such file')
        contains(failed('inspect', folder.name), folder.name, 'Is a directory')


def test_what_a_file_has_too_much_is_not_read():
    with Folder() as folder:
        path = folder.write('bad.bin', EXAMPLE)
        # More than anybody could read while the test has time.
        os.truncate(path, 1 << 40)
        equal(failed('inspect', path), f'amtprov usb inspect: {path}: setup.bin, offset 1024 (0x400): '
              f'the file has {1 << 40} bytes, but its header and its records, 1 of them, make 1024\n')


def test_a_file_is_not_written_from_what_would_be_refused():
    with Folder() as folder:
        text = done('inspect', folder.write('good.bin', two_records(PAIR, OTHER)), '--json',
                    '--show-secrets').out
        os.unlink(folder.path('good.bin'))
        for old, new, sentence in (
                ('OKRSGI18', '0000037M', TWINS), ('OKRSGI18', 'OKRSGI19', MISTYPED_PID),
                ('B1TJ9VFX', 'B1TJ9VFY', MISTYPED_PPS), (PASSWORD, 'password', WEAK)):
            changed = text.replace(old, new)
            true(changed != text, old)
            path = folder.path('copy.bin')
            equal(failed('create', '--from', '-', '--output', path, stdin=changed),
                  f'amtprov usb create: {path}: setup.bin, {sentence}\n')
            equal(left(folder), [])


def test_lenient_shows_what_there_is_of_a_file_that_ends_too_early():
    with Folder() as folder:
        data = two_records(PAIR, OTHER)[:1024 + 100]
        path = folder.write('bad.bin', data)
        result = done('inspect', path, '--json', '--lenient')
        found = result.json()
        equal([values(record)['pid'] for record in found['records']], ['0000037M'])
        equal((found['next_available'], found['used']), (1, 0))
        equal(result.err, f'{path}: setup.bin, offset 1124 (0x464), record 2: the file ends after 100 '
              'of 512 bytes of the record, which is number 2 of 2\n')
        failed('inspect', folder.write('bad.bin', data[:100]), '--lenient')


def test_lenient_lists_what_is_wrong_and_goes_on():
    with Folder() as folder:
        path = folder.write('bad.bin', patched(0x230, b'password')[:-1] + b'x')
        result = done('inspect', path, '--json', '--lenient')
        equal(len(result.json()['records'][0]['variables']), 6)
        contains(result.err, 'password', 'offset')
        true(len(result.err.splitlines()) >= 2, result)


def test_pairs_are_shown_without_their_secret():
    with Folder() as folder:
        path = folder.write('good.bin', two_records(PAIR, OTHER))
        equal([values(record)['pid'] for record in inspect(path)['records']],
              [pid.decode() for pid, _ in (PAIR, OTHER)])
        for options in ((), ('--json',)):
            out = done('inspect', path, *options).out
            true(not any(pps.decode() in out for _, pps in (PAIR, OTHER)), out)


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


def test_output_that_nobody_takes_is_an_error():
    with Folder() as folder:
        path = folder.path('setup.bin')
        for arguments in (('create', '--version', '1', '--records', 2, '--output', path),
                          ('inspect', path), ('inspect', path, '--json')):
            with open('/dev/full', 'w', encoding='ascii') as full:
                process = subprocess.run([AMTPROV, 'usb', *map(str, arguments)], stdout=full,
                                         stderr=subprocess.PIPE, text=True, check=False)
            equal(process.returncode, 1, arguments)
            contains(process.stderr, 'No space left on device')
        # The pairs stand in the file.
        equal(len(inspect(path)['records']), 2)


def test_empty_json():
    with Folder() as folder:
        path = folder.path('setup.bin')
        equal(failed('create', '--from', '-', '--output', path, stdin=''),
              'amtprov usb create: -: the JSON text is not an object\n')
        contains(failed('create', '--from', folder.path('none'), '--output', path), 'none')
        equal(left(folder), [])


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
