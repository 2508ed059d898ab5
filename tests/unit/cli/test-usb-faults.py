#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""amtprov usb create with a store: no pair is lost, whatever goes wrong and whenever."""

import os
import pathlib
import re
import resource
import signal
import subprocess

from tap import AMTPROV, Folder, contains, equal, main, run, site_config, true
from usb_files import PROGRAM, done, failed, inspect, left, pairs, values, with_fault

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
            state, place = booked[f'{pid[:4]}-{pid[4:]}']
            equal((state, place.split(', booking ')[0]),
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


# ---- at every operation on a file ----

LIST = PROGRAM.parent.parent / 'psk' / 'amtprov-psk'
RECORDS = 3
# Hundreds of commits, none of which need wait for a disk.
MEMORY = '/dev/shm' if os.path.isdir('/dev/shm') else None


def create_with_fault(fault, target, *options):
    return run('create', '--version', '1', '--records', RECORDS, *target, *options, program=PROGRAM,
               env=with_fault(fault))


def check_complete(path, found, known):
    """The file has its name: it is whole, and its pairs are its own."""
    records = inspect(path)['records']
    equal(len(records), RECORDS)
    done('verify', path)
    issued = {pid.replace('-', '') for pid, (state, _) in found.items() if state == 'issued'}
    equal(issued - known, {values(record)['pid'] for record in records})
    os.unlink(path)
    return issued


def check_nothing(found, known):
    """There is no file: no pair is handed out but those of earlier ones."""
    issued = {pid.replace('-', '') for pid, (state, _) in found.items() if state == 'issued'}
    equal(issued, known)
    return issued


def at_each_operation(kind, target_of):
    """Until an operation was not reached any more. Yields what it said, and whether a file is there."""
    with Folder(dir=MEMORY) as folder:
        config = site_config(folder, plugins='psk;usb;sqlite')
        pairs(config)
        target = target_of(folder)
        known, number, complete = set(), 0, 0
        while True:
            number += 1
            result = create_with_fault(f'{kind}@{number}', target, '--config', config)
            there = os.path.exists(target[1])
            if kind == 'kill':
                # Who cleans up is killed as well, each time elsewhere.
                run('list', '--config', config, program=LIST,
                    env=with_fault(f'kill@{1 + number % 17}', LIST))
            found = pairs(config)
            known = (check_complete(target[1], found, known) if there else
                     check_nothing(found, known))
            # A folder that the store did not know of yet is empty.
            for name in left(folder):
                os.rmdir(folder.path(name))
            complete += there
            yield result, there
            if result.code == 0:
                break
        # Pairs that were free again served later files.
        equal(len(found), RECORDS * complete)
        true(number > 10, number)


def check_kills(target_of):
    for result, there in at_each_operation('kill', target_of):
        true(result.code in (0, -signal.SIGKILL), result)
        true(there or result.code != 0, result)


def check_full_disks(target_of):
    for result, there in at_each_operation('full', target_of):
        equal(there, result.code == 0, result)
        if result.code != 0:
            equal((result.code, result.out), (1, ''), result)
            # The last two are SQLite's.
            true(re.search('No space left on device|disk is full|disk I/O error', result.err), result)


def output(folder):
    return '--output', folder.path('setup.bin')


def image(folder):
    return '--image', folder.path('stick.img')


def test_killed_at_any_operation():
    check_kills(output)


def test_killed_at_any_operation_for_an_image():
    check_kills(image)


def test_a_disk_that_is_full_at_any_write():
    check_full_disks(output)


def test_a_disk_that_is_full_at_any_write_for_an_image():
    check_full_disks(image)


def test_without_a_store_a_fault_leaves_no_file_and_prints_no_pair():
    with Folder() as folder:
        for kind in ('kill', 'full'):
            number, code = 0, None
            while code != 0:
                number += 1
                result = create_with_fault(f'{kind}@{number}', output(folder))
                code = result.code
                if os.path.exists(folder.path('setup.bin')):
                    done('verify', folder.path('setup.bin'))
                    os.unlink(folder.path('setup.bin'))
                else:
                    equal(result.out, '')
                if kind == 'full':
                    equal(left(folder), [])
                for name in left(folder):
                    subprocess.run(['rm', '-r', folder.path(name)], check=True)
            true(number > 3, number)


main(globals())
