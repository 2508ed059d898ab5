#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""amtprov psk: check, generate, import, list."""

import re

from tap import Folder, contains, equal, main, run, site_config, true

PID = '0000-037M'
PPS = 'NKLD-G5DC-RRNQ-E9YZ-ZIJL-7LFL-VJED-69XJ'
PAIRS = [(PID, PPS), ('OKRS-GI18', 'RPGH-4DGB-2Y4B-TY5A-7RR3-ZHBC-B1TJ-9VFX'),
         ('QFFT-UD9B', '093C-LJ7P-V9ZH-MZX3-UDNF-XFOL-P89D-N4CH')]


def dashless(text):
    return text.replace('-', '')


def check_character(text):
    value = sum(map(ord, text)) % 36
    return chr(value + (0x30 if value < 10 else 0x37))


def pairs_of(text):
    lines = text.splitlines()
    if lines[0] == 'pid,pps':
        lines = lines[1:]
    return [tuple(dashless(cell) for cell in line.split(',')) for line in lines]


def well_formed(pid, pps):
    true(re.fullmatch('[A-Z0-9]{8}', pid), pid)
    true(re.fullmatch('[A-Z0-9]{32}', pps), pps)
    equal(check_character(pid[:7]), pid[7])
    for i in range(0, 32, 4):
        equal(check_character(pps[i:i + 3]), pps[i + 3])


def test_check_good_pairs():
    for pid, pps in PAIRS:
        equal(run('psk', 'check', pid).code, 0)
        equal(run('psk', 'check', dashless(pid), dashless(pps)).code, 0)
        equal(run('psk', 'check', pid, pps).code, 0)


def test_check_bad_pid():
    for pid in ('4444-4445', '0000-0000', '0000-037', '0000-037MM', '0000_037M', ''):
        result = run('psk', 'check', pid)
        equal(result.code, 1, result)
        contains(result.err, 'PID')


def test_check_bad_pps_does_not_show_it():
    bad = PPS.replace('G5DC', 'G5DD')
    result = run('psk', 'check', PID, bad)
    equal(result.code, 1, result)
    contains(result.err, 'PPS', '2')
    for text in (bad, dashless(bad), 'G5D'):
        true(text not in result.err + result.out, result)


def test_check_weak_pps():
    equal(run('psk', 'check', PID, '0' * 32).code, 1)


def test_generate_csv():
    result = run('psk', 'generate', '--count', 50)
    equal(result.code, 0, result)
    pairs = pairs_of(result.out)
    equal(len(pairs), 50)
    equal(len(set(pid for pid, _ in pairs)), 50)
    for pid, pps in pairs:
        well_formed(pid, pps)


def test_generate_json():
    result = run('psk', 'generate', '--count', 3, '--format', 'json')
    equal(result.code, 0, result)
    for pair in result.json():
        equal(set(pair), {'pid', 'pps'})
        well_formed(dashless(pair['pid']), dashless(pair['pps']))


def test_generate_wrong_usage():
    for arguments in (['--count', '0'], ['--count', '-1'], ['--count', 'x'], [],
                      ['--count', '1', '--format', 'xml'], ['--count', '100001']):
        result = run('psk', 'generate', *arguments)
        equal(result.code, 2, result)
        equal(result.out, '', result)


def test_generate_into_the_store():
    with Folder() as folder:
        config = site_config(folder)
        result = run('psk', 'generate', '--count', 5, '--config', config)
        equal(result.code, 0, result)
        listed = run('psk', 'list', '--config', config)
        equal(listed.code, 0, listed)
        equal(len(listed.out.splitlines()), 5, listed)
        for pid, pps in pairs_of(result.out):
            contains(dashless(listed.out), pid)
            true(pps not in dashless(listed.out), listed)
        contains(listed.out, 'free')


def test_import_dashed_and_dashless():
    with Folder() as folder:
        config = site_config(folder)
        path = folder.write('pairs.csv', 'pid,pps,password\r\n'
                            f'{PAIRS[0][0]},{PAIRS[0][1]},P@ssw0rd1\r\n'
                            f'{dashless(PAIRS[1][0])},{dashless(PAIRS[1][1])}\r\n\r\n'
                            f'{PAIRS[2][0]},{dashless(PAIRS[2][1])},admin\r\n')
        result = run('psk', 'import', path, '--config', config)
        equal(result.code, 0, result)
        listed = run('psk', 'list', '--config', config)
        for pid, _ in PAIRS:
            contains(listed.out, pid)
        true('P@ssw0rd1' not in listed.out, listed)


def test_import_from_stdin_without_header():
    with Folder() as folder:
        config = site_config(folder)
        result = run('psk', 'import', '-', '--config', config, stdin=f'{PID},{PPS}\n')
        equal(result.code, 0, result)


def test_import_reports_every_bad_line_and_stores_nothing():
    with Folder() as folder:
        config = site_config(folder)
        path = folder.write('pairs.csv', 'pid,pps\n'
                            f'{PAIRS[0][0]},{PAIRS[0][1]}\n'
                            f'4444-4445,{PAIRS[1][1]}\n'
                            f'{PAIRS[1][0]},{PAIRS[1][1]},weak\n'
                            'nonsense\n'
                            f'{PAIRS[2][0]},{PAIRS[2][1]},a,b\n'
                            f'{dashless(PAIRS[0][0])},{PAIRS[0][1]}\n')
        result = run('psk', 'import', path, '--config', config)
        equal(result.code, 1, result)
        contains(result.err, 'line 3', 'line 4', 'line 5', 'line 6', 'line 7')
        true('line 2:' not in result.err, result)
        for _, pps in PAIRS:
            true(pps not in result.err and dashless(pps) not in result.err, result)
        equal(run('psk', 'list', '--config', config).out, '')


def test_import_refuses_what_is_stored():
    with Folder() as folder:
        config = site_config(folder)
        one = folder.write('one.csv', f'{PAIRS[0][0]},{PAIRS[0][1]}\n')
        both = folder.write('both.csv', f'{PAIRS[1][0]},{PAIRS[1][1]}\n{PAIRS[0][0]},{PAIRS[0][1]}\n')
        equal(run('psk', 'import', one, '--config', config).code, 0)
        result = run('psk', 'import', both, '--config', config)
        equal(result.code, 1, result)
        contains(result.err, 'line 2')
        equal(len(run('psk', 'list', '--config', config).out.splitlines()), 1)


def test_import_of_what_is_no_text():
    with Folder() as folder:
        config = site_config(folder)
        for content in (b'\x00\x01\x02', b'\xff\xfe' * 100):
            result = run('psk', 'import', folder.write('x', content), '--config', config)
            equal(result.code, 1, result)
        equal(run('psk', 'import', '/nonexistent.csv', '--config', config).code, 1)


def test_secrets_are_encrypted_at_rest():
    with Folder() as folder:
        config = site_config(folder)
        result = run('psk', 'import', '-', '--config', config, stdin=f'{PID},{PPS},P@ssw0rd1\n')
        equal(result.code, 0, result)
        for suffix in ('', '-wal'):
            try:
                with open(folder.path('store.db') + suffix, 'rb') as store:
                    content = store.read()
            except FileNotFoundError:
                continue
            for text in (PPS, dashless(PPS), 'P@ssw0rd1'):
                true(text.encode() not in content, suffix)


main(globals())
