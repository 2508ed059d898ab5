#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""amtprov usb: inspect, create, verify, write."""

import csv
import hashlib
import io
import os
import pathlib
import re
import resource
import signal
import struct
import subprocess

from tap import AMTPROV, Folder, contains, equal, main, run, site_config, true

GUIDS = {'1': 'b516fb7187cbf94ab441ca7b383578f9', '2.0': '96b28158cf6b724c8b91a15e512e99c4',
         '2.1': '96b28158cf6b724c8b91a15e512e99c4', '3': 'a7f7f6c689c4f64793ede2e5020da51d',
         '4': 'aaa93452e129a9448d4d081c07b96353'}
PASSWORD = 'P@ssw0rd'
ROOT = 'e835ac6d905036d519211743b8fab8907395ca4d75428bd9f84f2e107c65c11e'


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


def patched(offset, data):
    return EXAMPLE[:offset] + data + EXAMPLE[offset + len(data):]


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


def two_records(first, second):
    body = b''.join(struct.pack('<IIIIHHI', 1, 1, 0, 0, 1, 24, number) .ljust(24, b'\0') +
                    (variable(1, 1, b'admin') + variable(1, 2, PASSWORD.encode()) +
                     variable(2, 1, pid) + variable(2, 2, pps)).ljust(488, b'\0')
                    for number, (pid, pps) in enumerate((first, second), 1))
    header = (bytes.fromhex(GUIDS['1']) +
              struct.pack('<HHIBBHIIHHHHH', 1, 46, 0, 1, 0, 0, 2, 0, 1, 0, 1, 2, 0))
    return header.ljust(512, b'\0') + body


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


# ---- pairs in the store ----


def test_pairs_are_booked_with_their_record():
    with Folder() as folder:
        config = site_config(folder, plugins='psk;usb;sqlite')
        path = folder.path('setup.bin')
        result = done('create', '--version', '1', '--records', 1200, '--output', path, '--config',
                      config)
        equal(result.out, '')
        booked = pairs(config)
        equal(len(booked), 1200)
        for record in inspect(path)['records']:
            pid = values(record)['pid']
            equal(booked[f'{pid[:4]}-{pid[4:]}'],
                  ('issued', f'usb: {path}, record {record["number"]}'))
        done('create', '--version', '1', '--records', 2, '--output', folder.path('more.bin'),
             '--config', config)
        equal(len(pairs(config)), 1202)
        equal(left(folder), ['more.bin', 'setup.bin'])


def test_pairs_of_the_store_that_may_be_in_use_are_not_taken():
    with Folder() as folder:
        config = site_config(folder, plugins='psk;usb;sqlite')
        run('psk', 'generate', '--count', 3, '--config', config)
        printed = set(pairs(config))
        done('create', '--version', '1', '--records', 3, '--output', folder.path('a.bin'),
             '--config', config)
        found = pairs(config)
        equal(len(found), 6)
        equal({found[pid][0] for pid in printed}, {'free'})


def limit_files():
    """Files end at 16 MiB: what a full stick is to the program, without a stick."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16 << 20, 16 << 20))


def start(*arguments, env=None, **options):
    return subprocess.Popen([AMTPROV, 'usb', *map(str, arguments)], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, env={**os.environ, **(env or {})},
                            **options)


def test_a_full_disk_leaves_nothing_and_frees_the_pairs():
    with Folder() as folder:
        config = site_config(folder, plugins='psk;usb;sqlite')
        for arguments in (('--records', 5, '--image', folder.path('stick.img'), '--config', config),
                          ('--records', 40000, '--output', folder.path('setup.bin'))):
            process = start('create', '--version', '1', *arguments, preexec_fn=limit_files)
            out, err = process.communicate()
            equal((process.returncode, out), (1, ''), err)
            contains(err, folder.name)
            equal(left(folder), [])
        found = pairs(config)
        equal({state for state, _ in found.values()}, {'free'})
        equal(len(found), 5)


def test_a_name_that_cannot_be_taken_frees_the_pairs():
    with Folder() as folder:
        config = site_config(folder, plugins='psk;usb;sqlite')
        folder.write('here/file', '')
        error = failed('create', '--version', '1', '--records', 2, '--output', folder.path('here'),
                       '--config', config)
        contains(error, folder.path('here'))
        equal({state for state, _ in pairs(config).values()}, {'free'})
        equal(left(folder), ['here'])


def kill_in_the_middle(folder, config, records):
    """Ends create when all pairs are booked and the file is being copied into the image."""
    told, held = folder.path('told'), folder.path('held')
    for path in (told, held):
        os.mkfifo(path)
    tool = folder.write('bin/mcopy', f'#!/bin/sh\necho now >{told}\nexec cat {held}\n')
    os.chmod(tool, 0o755)
    process = start('create', '--version', '1', '--records', records, '--image',
                    folder.path('stick.img'), '--config', config,
                    env={'PATH': f'{folder.path("bin")}:{os.environ["PATH"]}'})
    equal(pathlib.Path(told).read_text(), 'now\n')
    seen = pairs(config)
    process.kill()
    process.wait()
    with open(held, 'w', encoding='ascii'):
        pass
    process.communicate()
    for path in (told, held):
        os.unlink(path)
    return seen


def test_killed_in_the_middle_frees_the_pairs():
    with Folder() as folder:
        config = site_config(folder, plugins='psk;usb;sqlite')
        seen = kill_in_the_middle(folder, config, 1500)
        equal({state for state, _ in seen.values()}, {'issued'})
        true(any(name.startswith('.amtprov-') for name in left(folder)), left(folder))
        found = pairs(config)
        equal(set(found), set(seen))
        equal({state for state, _ in found.values()}, {'free'})
        equal(left(folder), ['bin'])
        # They stand in the next file.
        done('create', '--version', '1', '--records', 1600, '--output', folder.path('next.bin'),
             '--config', config)
        found = pairs(config)
        equal(len(found), 1600)
        true(set(seen) <= set(found))
        equal({state for state, _ in found.values()}, {'issued'})


def test_killed_and_the_folder_removed_by_hand():
    with Folder() as folder:
        config = site_config(folder, plugins='psk;usb;sqlite')
        seen = kill_in_the_middle(folder, config, 3)
        [rest] = [name for name in left(folder) if name.startswith('.amtprov-')]
        subprocess.run(['rm', '-r', folder.path(rest)], check=True)
        equal({pid: state for pid, (state, _) in pairs(config).items()},
              {pid: 'free' for pid in seen})


# ---- images ----


def image(folder, name='stick.img', records=3):
    path = folder.path(name)
    done('create', '--version', '1', '--records', records, '--image', path)
    return path


def mtools(*arguments):
    return subprocess.run(arguments, stdout=subprocess.PIPE, check=True, text=True,
                          env={**os.environ, 'MTOOLSRC': '/dev/null'}).stdout


def test_image():
    with Folder() as folder:
        path = image(folder, records=300)
        equal(mtools('mdir', '-a', '-b', '-i', path, '::/').split(), ['::/setup.bin'])
        true(re.fullmatch(r'::/setup\.bin <2-\d+>\s*', mtools('mshowfat', '-i', path, '::/setup.bin')))
        contains(mtools('minfo', '-i', path, '::'), 'FAT16')
        true(os.stat(path).st_size > 16e6)
        equal(len(inspect(path)['records']), 300)
        mtools('mcopy', '-i', path, '::/setup.bin', folder.path('out.bin'))
        equal(inspect(folder.path('out.bin')), inspect(path))
        contains(done('verify', path).out, 'stick-contiguous')
        equal(left(folder), ['out.bin', 'stick.img'])


def fragmented(folder):
    path = image(folder)
    mtools('mcopy', '-i', path, '::/setup.bin', folder.path('out.bin'))
    small = folder.write('small', bytes(3000))
    mtools('mdel', '-i', path, '::/setup.bin')
    mtools('mcopy', '-i', path, small, '::/first')
    mtools('mcopy', '-i', path, small, '::/second')
    mtools('mdel', '-i', path, '::/first')
    long = done('create', '--version', '1', '--records', 40, '--output', folder.path('long.bin'))
    equal(long.code, 0)
    mtools('mcopy', '-i', path, folder.path('long.bin'), '::/setup.bin')
    return path


def results(path, *options):
    result = run('usb', 'verify', path, '--json', *options)
    found = result.json()
    equal(found['passed'], result.code == 0, result)
    return {rule['rule']: rule for rule in found['rules']}


def test_a_fragmented_file_is_refused():
    with Folder() as folder:
        path = fragmented(folder)
        rules = results(path)
        equal(rules['stick-contiguous']['result'], 'fail')
        contains(rules['stick-contiguous']['reason'], 'fragmented')
        equal(rules['pair']['result'], 'pass')
        contains(failed('write', path, '/dev/null'), 'fragmented')


def test_a_file_that_is_not_first_or_not_there():
    with Folder() as folder:
        path = image(folder)
        mtools('mcopy', '-i', path, '::/setup.bin', folder.path('out.bin'))
        mtools('mdel', '-i', path, '::/setup.bin')
        contains(failed('inspect', path), 'no setup.bin in the root')
        equal(results(path)['stick-root']['result'], 'fail')
        mtools('mcopy', '-i', path, folder.write('a', 'a'), '::/a')
        mtools('mcopy', '-i', path, folder.path('out.bin'), '::/Setup.BIN')
        rules = results(path)
        equal((rules['stick-root']['result'], rules['stick-first']['result']), ('pass', 'fail'))
        equal(len(inspect(path)['records']), 3)


def test_a_release_takes_what_it_knows():
    with Folder() as folder:
        path = folder.path('three.bin')
        done('create', '--version', '3', '--records', 1, '--output', path)
        equal(results(path, '--amt', '5.0')['release-version']['result'], 'fail')
        equal({rule['result'] for rule in results(path, '--amt', '6.0').values()}, {'pass'})
        rules = results(path, '--amt', '12.0')
        equal((rules['release-version']['result'], rules['release-psk']['result']),
              ('pass', 'fail'))
        equal(results(path, '--amt', '1.0')['release-usb']['result'], 'fail')
        contains(failed('verify', path, '--amt', '13.0'), '13.0')


def test_verify_names_every_rule_that_is_broken():
    with Folder() as folder:
        path = folder.write('bad.bin', patched(0x230, b'password'))
        rules = results(path)
        equal([name for name, rule in rules.items() if rule['result'] == 'fail'], ['password'])
        equal(len(rules), 13)


# ---- write ----


def test_only_sticks_are_written():
    with Folder() as folder:
        path = image(folder)
        target = folder.write('target', b'precious')
        for device, wanted in ((target, 'no block device'), ('/dev/null', 'no block device'),
                               (folder.path('none'), 'none')):
            result = run('usb', 'write', path, device, '--yes')
            true(result.code in (1, 3), result)
            contains(result.err, wanted)
        equal(read(target), b'precious')
        bad = folder.write('bad.bin', EXAMPLE[:900])
        contains(failed('write', bad, target, '--yes'), 'offset 900')


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
