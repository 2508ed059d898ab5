#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""amtprov usb: images of sticks, and sticks."""

import os
import re
import subprocess

from tap import Folder, contains, equal, main, run, true
from usb_files import EXAMPLE, done, failed, inspect, left, patched, read

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


main(globals())
