#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""amtprov usb: images of sticks, and sticks."""

import os
import re
import subprocess

from capability_data import releases
from tap import Folder, contains, equal, main, run, true
from usb_files import EXAMPLE, GUIDS, PASSWORD, done, failed, inspect, left, patched, read

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


def test_fat32_is_not_for_old_machines():
    with Folder() as folder:
        made, path = folder.path('setup.bin'), folder.path('stick.img')
        done('create', '--version', '3', '--records', 1, '--output', made)
        for option, wanted in ((('-T', '65536'), 'pass'), (('-F', '-T', '140000'), 'warning')):
            mtools('mformat', '-C', '-i', path, *option, '::')
            mtools('mcopy', '-i', path, made, '::/setup.bin')
            found = results(path)['stick-fat']
            equal(found['result'], wanted)
            os.unlink(path)
        equal(found['reason'], 'it is FAT32: AMT 2 to 5 read FAT16 only')


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


# Of setup-bin.md §3 and versions.md: the newest version, whether there are pairs, and hashes.
KNOWN = (('2.', '1', True, ()), ('3.', '2.0', True, ('sha1',)), ('4.', '2.1', True, ('sha1',)),
         ('5.', '2.1', True, ('sha1',)), ('1.', None, False, ()), ('16.', '4', False, ('sha256',)),
         ('18.', '4', False, ('sha256',)), ('19.', '4', False, ('sha256',)),
         ('20.', '4', False, ('sha256',)))
LATER = {'11', '12', '14', '15'}


def known(release):
    for begin, *wanted in KNOWN:
        if release.startswith(begin):
            return wanted
    pairs = release.split('.')[0] not in LATER
    return '3' if pairs else '4', pairs, ('sha1', 'sha256')


def files(folder):
    """With pairs in each version, and with the hash of a root."""
    for version in GUIDS:
        done('create', '--version', version, '--records', 1, '--output', folder.path(version))
    for name, digits in (('sha1', 40), ('sha256', 64)):
        done('create', '--version', '3', '--non-consumable', '--set', f'new-mebx-password={PASSWORD}',
             '--set', f'user-defined-certificate-addition={name}:{"ab" * (digits // 2)}', '--output',
             folder.path(name))


def test_every_release_is_judged_by_its_data():
    with Folder() as folder:
        files(folder)
        for release in releases():
            newest, takes_pairs, hashes = known(release)
            for version in GUIDS:
                rules = results(folder.path(version), '--amt', release)
                reads = newest is not None
                equal(rules['release-usb']['result'], 'pass' if reads else 'fail', release)
                equal(rules['release-psk']['result'], 'pass' if takes_pairs else 'fail', release)
                if reads:
                    order = list(GUIDS)
                    fits = order.index(version) <= order.index(newest)
                    equal(rules['release-version']['result'], 'pass' if fits else 'fail',
                          (release, version))
            for name in ('sha1', 'sha256'):
                rules = results(folder.path(name), '--amt', release)
                if newest in ('3', '4'):
                    equal(rules['release-hash']['result'], 'pass' if name in hashes else 'fail',
                          (release, name))
                true('release-psk' not in rules, release)


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


main(globals())
