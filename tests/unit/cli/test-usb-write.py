#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""amtprov usb write, onto a loop device that calls itself removable where this machine has one."""

import contextlib
import os
import pathlib
import pty
import subprocess

from tap import AMTPROV, TIMEOUT, Folder, Result, contains, equal, main, run, true
from usb_files import EXAMPLE, PROGRAM, done, failed, inspect, read, with_fault

STICK = 40 << 20
OLD = b'precious'
# $1 is what the kernel says, $2 what is to be seen instead of it; in a mount namespace of our own.
REMOVABLE = 'mount --bind "$2" "$1" && shift 2 && exec "$@"'


@contextlib.contextmanager
def loop(folder, size=STICK):
    """A loop device with something on it, and the file behind it."""
    path = folder.write(f'stick-{size}', b'')
    os.truncate(path, size)
    with open(path, 'r+b') as file:
        for place in (0, size - len(OLD)):
            file.seek(place)
            file.write(OLD)
    device = subprocess.run(['losetup', '--find', '--show', path], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True, check=True).stdout.strip()
    try:
        yield device, path
    finally:
        subprocess.run(['losetup', '--detach', device], check=True)


def as_stick(folder, device, *command):
    """The command line of a program for which the device is removable."""
    name = pathlib.Path(device).name
    return ['unshare', '--mount', 'sh', '-ec', REMOVABLE, 'sh', f'/sys/block/{name}/removable',
            folder.write('removable', '1\n'), *map(str, command)]


def has_sticks():
    with contextlib.suppress(OSError, subprocess.CalledProcessError), Folder() as folder:
        with loop(folder) as (device, _):
            subprocess.run(as_stick(folder, device, 'true'), stderr=subprocess.DEVNULL, check=True)
            return True
    return False


def write(folder, source, device, *options, env=None, program=(AMTPROV, 'usb')):
    command = as_stick(folder, device, *program, 'write', source, device, *options)
    process = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, timeout=TIMEOUT, check=False,
                             env={**os.environ, **(env or {})})
    return Result(process)


def type_answer(folder, source, device, answer):
    """Exit code and what is to be read of a write at a terminal."""
    master, slave = pty.openpty()
    with subprocess.Popen(as_stick(folder, device, AMTPROV, 'usb', 'write', source, device),
                          stdin=slave, stdout=slave, stderr=slave, start_new_session=True) as process:
        os.close(slave)
        text, answered = '', False
        with contextlib.suppress(OSError):  # the other end is closed
            while data := os.read(master, 4096):
                text += data.decode()
                if not answered and text.endswith(' to write it: '):
                    os.write(master, answer)
                    answered = True
    os.close(master)
    true(answered, text)
    return process.returncode, text


def image(folder, records=3):
    path = folder.path('stick.img')
    done('create', '--version', '1', '--records', records, '--image', path)
    return path


def assert_untouched(path):
    data = read(path)
    equal(data, OLD.ljust(len(data) - len(OLD), b'\0') + OLD)


def test_what_is_no_block_device():
    with Folder() as folder:
        path = image(folder)
        target = folder.write('target', OLD)
        for device, code, sentence in (
                (target, 3, f'{target} is no block device: name the stick, such as /dev/sdb, and see '
                 'lsblk'),
                ('/dev/null', 3, '/dev/null is no block device: name the stick, such as /dev/sdb, and '
                 'see lsblk'),
                (folder.path('none'), 1, f'{folder.path("none")}: No such file or directory')):
            equal(failed('write', path, device, '--yes', code=code),
                  f'amtprov usb write: {sentence}\n')
        equal(read(target), OLD)


def test_what_no_machine_would_read():
    with Folder() as folder:
        for name, data, wanted in (('bad.bin', EXAMPLE[:900], 'offset 900'),
                                   ('other.img', b'\xeb' + bytes(509) + b'\x55\xaa', 'other.img')):
            contains(failed('write', folder.write(name, data), '/dev/null', '--yes'), wanted)


def test_the_name_of_the_stick_is_typed():
    with Folder() as folder, loop(folder) as (device, behind):
        path = image(folder)
        name = pathlib.Path(device).name
        for answer in (b'yes\n', b'\n', b'\x04', device.encode() + b'\n'):
            code, text = type_answer(folder, path, device, answer)
            equal(code, 1, text)
            contains(text, name, '40M', f'All that is on {device} will be lost. Type {name} to write it: ',
                     'it was not confirmed, nothing was written')
            assert_untouched(behind)
        code, text = type_answer(folder, path, device, f'{name}\n'.encode())
        equal(code, 0, text)
        contains(text, f'{device} is written and reads back as it should')
        written, wanted = read(behind), read(path)
        equal(written[:len(wanted)], wanted)
        equal(written[len(wanted):], bytes(STICK - len(wanted) - len(OLD)) + OLD)


def test_the_stick_itself_is_inspected_and_verified():
    with Folder() as folder, loop(folder) as (device, _):
        made = folder.path('setup.bin')
        done('create', '--version', '1', '--records', 2, '--output', made)
        result = write(folder, made, device, '--yes')
        equal((result.code, result.err), (0, ''), result)
        equal(inspect(device, '--show-secrets'), inspect(made, '--show-secrets'))
        contains(done('verify', device, '--amt', '2.1').out, 'stick-size', 'stick-contiguous')


def test_what_is_not_removable():
    with Folder() as folder, loop(folder) as (device, behind):
        equal(failed('write', image(folder), device, '--yes', code=3),
              f'amtprov usb write: {device} is not removable, so it is no stick: nothing was written. '
              'See lsblk -o NAME,RM,SIZE,MODEL for those that are\n')
        assert_untouched(behind)


def test_what_is_mounted():
    with Folder() as folder, loop(folder) as (device, behind):
        subprocess.run(['mke2fs', '-q', '-F', device], check=True)
        before = read(behind)
        os.mkdir(folder.path('here'))
        result = write(folder, image(folder), device, '--yes', program=(
            'sh', '-ec', 'mount "$1" "$2"; shift 2; exec "$@"', 'sh', device, folder.path('here'),
            AMTPROV, 'usb'))
        equal((result.code, result.err),
              (3, f'amtprov usb write: {device} is mounted on {folder.path("here")}: nothing was '
               'written. Unmount it first\n'), result)
        # Mounting writes into the superblock, which comes after the first KiB.
        equal(read(behind)[:1024], before[:1024])


def test_what_somebody_else_holds():
    with Folder() as folder, loop(folder) as (device, behind):
        holder = os.open(device, os.O_RDONLY | os.O_EXCL)
        result = write(folder, image(folder), device, '--yes')
        os.close(holder)
        equal((result.code, result.err), (1, f'amtprov usb write: {device}: Device or resource busy\n'))
        assert_untouched(behind)


def test_a_stick_that_is_too_small():
    with Folder() as folder, loop(folder, 20 << 20) as (device, behind):
        result = write(folder, image(folder), device, '--yes')
        equal((result.code, result.err),
              (3, f'amtprov usb write: {device} has {20 << 20} bytes, and {32 << 20} are needed: take '
               'a larger stick\n'))
        assert_untouched(behind)


def test_a_stick_that_takes_no_more_or_forgets():
    with Folder() as folder, loop(folder) as (device, _):
        path = image(folder)
        for fault, sentence in (
                ('lost@1', f'{device} does not give back what was written to it, in the MiB from '
                 'byte 0 on: the stick is broken, take another one'),
                ('full@5', f'{device}: No space left on device')):
            result = write(folder, path, device, '--yes', program=(PROGRAM,), env=with_fault(fault))
            equal((result.code, result.err), (1, f'amtprov usb write: {sentence}\n'), result)


NEED_STICK = (test_the_name_of_the_stick_is_typed, test_the_stick_itself_is_inspected_and_verified,
              test_what_is_not_removable, test_what_is_mounted, test_what_somebody_else_holds,
              test_a_stick_that_is_too_small, test_a_stick_that_takes_no_more_or_forgets)

if not has_sticks():
    print('# only root with loop devices has what plays a stick')
    for test in NEED_STICK:
        del globals()[test.__name__]
main(globals())
