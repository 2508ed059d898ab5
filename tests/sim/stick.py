# SPDX-License-Identifier: LGPL-2.1-or-later
"""Simulated machines that boot with the image of a stick."""

import itertools
import json
import os
import pty
import random
import re
import socket
import subprocess

from tap import TIMEOUT, Folder, contains, equal, main, run, true

SIM = os.environ['AMTPROV_SIM']
MTOOLS = {**os.environ, 'MTOOLSRC': '/dev/null'}
CHUNK = 512


def mtools(*arguments, stdin=None):
    return subprocess.run(arguments, input=stdin, stdout=subprocess.PIPE, check=True,
                          env=MTOOLS).stdout


def create(folder, name='stick.img', records=3, version='1', options=()):
    path = folder.path(name)
    done = run('usb', 'create', '--version', version, '--records', records, '--image', path, *options)
    equal(done.code, 0, done)
    return path


def inspect(path):
    done = run('usb', 'inspect', path, '--json', '--show-secrets')
    equal(done.code, 0, done)
    return done.json()


def values(record):
    return {variable['name']: variable['value'] for variable in record['variables']}


def free_port():
    """Below those that the kernel gives to outgoing connections."""
    while True:
        port = random.SystemRandom().randrange(12000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(('0.0.0.0', port))
                return port
            except OSError:
                pass


def command(path, keys, confirm='yes'):
    settings = [keys, f'stick={path}', f'port={free_port()}', f'plain-port={free_port()}']
    settings += [f'confirm={confirm}'] if confirm else []
    return [SIM, '--json', '--timeout', str(TIMEOUT), '--device', ','.join(settings)]


def start(arguments, **options):
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True,
                            **{'stdin': subprocess.DEVNULL, **options})


def watch(process, count):
    """What so many machines say until all are started."""
    events = []
    while sum(event['event'] == 'started' for event in events) < count:
        line = process.stdout.readline()
        true(line, events)
        events.append(json.loads(line))
    process.terminate()
    process.communicate(timeout=TIMEOUT)
    equal(process.returncode, 0)
    return events


def boot(path, keys='amt=9.5', confirm='yes', count=1):
    return watch(start(command(path, f'{keys},count={count}', confirm)), count)


def reasons(events, kind):
    return [event['reason'] for event in events if event['event'] == kind]


def states(events):
    return [event['state'] for event in events if event['event'] == 'started']


def numbers(events):
    """Those of the records that were taken."""
    return [int(re.fullmatch(r'record (\d+) of .*', reason)[1])
            for reason in reasons(events, 'stick-taken')]


def taken(path, keys='amt=9.5', count=1):
    events = boot(path, keys, count=count)
    equal(states(events), ['setup'] * count, events)
    return numbers(events)


def refused(path, keys='amt=9.5', confirm='yes'):
    """Why a machine does not take the stick; it stays as it was."""
    events = boot(path, keys, confirm)
    equal(states(events), ['operational' if 'operational' in keys else 'factory'], events)
    [reason] = reasons(events, 'stick-refused')
    true(reason.startswith(f'{path}: '), reason)
    return reason.removeprefix(f'{path}: ')


def unchanged(path, *arguments, **options):
    """refused(), and the image stays as it was."""
    with open(path, 'rb') as file:
        before = file.read()
    reason = refused(path, *arguments, **options)
    with open(path, 'rb') as file:
        true(file.read() == before, reason)
    return reason


def contents(path):
    return mtools('mcopy', '-i', path, '::/setup.bin', '-')


def patch(folder, path, change):
    """A stick with other bytes in its setup.bin."""
    data = bytearray(contents(path))
    change(data)
    changed = folder.path('changed.img')
    mtools('mformat', '-C', '-i', changed, '-T', '65536', '-c', '4', '::')
    with open(changed, 'r+b') as file:
        file.truncate(65536 * CHUNK)
    mtools('mcopy', '-i', changed, '-', '::/setup.bin', stdin=bytes(data))
    return changed


# ---- records ----


def test_one_machine_after_the_other_takes_the_next_record():
    with Folder() as folder:
        path = create(folder, records=5)
        pids = [values(record)['pid'] for record in inspect(path)['records']]
        equal(len(set(pids)), 5)
        equal(taken(path, count=3), [1, 2, 3])
        found = inspect(path)
        equal([record['valid'] for record in found['records']], [False] * 3 + [True] * 2)
        equal((found['used'], found['next_available']), (3, 4))
        equal([values(record)['pid'] for record in found['records'][3:]], pids[3:])
        equal(taken(path, 'amt=2.1'), [4])
        equal(taken(path, 'amt=10.0'), [5])
        equal(inspect(path)['used'], 5)
        equal(run('usb', 'verify', path).code, 0)
        contains(unchanged(path), 'all 5 records of setup.bin are used', 'none is left')


def test_nothing_but_record_and_counter_is_written():
    with Folder() as folder:
        path = create(folder, options=['--scramble'])
        with open(path, 'rb') as file:
            before = file.read()
        data = contents(path)
        taken(path)
        with open(path, 'rb') as file:
            after = file.read()
        equal(len(after), len(before))
        sectors = [at for at in range(0, len(after), CHUNK)
                   if before[at:at + CHUNK] != after[at:at + CHUNK]]
        start = before.index(data)
        equal(sectors, [start, start + CHUNK])
        equal(inspect(path)['records'][0],
              {'number': 1, 'valid': False, 'scrambled': True, 'variables': []})


def test_machines_of_several_processes_take_one_record_each():
    with Folder() as folder:
        path = create(folder, records=24)
        processes = [start(command(path, f'amt=9.5,count=8,address=127.7.{i}.1'))
                     for i in range(3)]
        found = [number for process in processes for number in numbers(watch(process, 8))]
        equal(sorted(found), list(range(1, 25)))
        equal(inspect(path)['used'], 24)


def test_a_counter_that_was_left_behind_is_put_right():
    with Folder() as folder:
        path = create(folder)
        start = contents(path)[:CHUNK]
        taken(path)
        # As if the machine had been switched off between record and header.
        with open(path, 'r+b') as file:
            image = file.read()
            file.seek(image.index(contents(path)[:CHUNK]))
            file.write(start)
        equal(inspect(path)['used'], 1)
        equal(taken(path), [2])
        equal(run('usb', 'verify', path, '--json').json()['passed'], True)
        equal([rule['result'] for rule in run('usb', 'verify', path, '--json').json()['rules']
               if rule['rule'] == 'counter'], ['pass'])


def test_who_is_killed_takes_no_record_of_others():
    with Folder() as folder:
        path = create(folder, records=200)
        pids = [values(record)['pid'] for record in inspect(path)['records']]
        process = start(command(path, 'amt=9.5,count=200'))
        lines = iter(process.stdout.readline, '')
        told = numbers(json.loads(line) for line in itertools.islice(lines, 40))
        process.kill()
        # A line may be cut off.
        rest = process.communicate(timeout=TIMEOUT)[0].split('\n')[:-1]
        told += numbers(json.loads(line) for line in rest)
        equal(told, list(range(1, len(told) + 1)))
        records = inspect(path)['records']
        used = sum(not record['valid'] for record in records)
        true(len(told) <= used < 200, (used, told))
        equal([values(record)['pid'] for record in records[used:]], pids[used:])
        equal(taken(path), [used + 1])


def test_a_file_that_is_not_consumed_serves_all_and_stays():
    with Folder() as folder:
        path = create(folder, records=1, version='2.0', options=[
            '--non-consumable', '--set', 'new-mebx-password=P@ssw0rd',
            '--set', 'pki-dns-suffix=example.net', '--set', 'remote-configuration-enabled=1'])
        data = contents(path)
        equal(taken(path, 'amt=3.2', count=3), [1, 1, 1])
        equal(taken(path, 'amt=9.5'), [1])
        equal(contents(path), data)


def test_larger_records_and_fat32():
    with Folder() as folder:
        path = create(folder, records=2)
        text = json.loads(run('usb', 'inspect', path, '--json', '--show-secrets').out)
        text['record_chunks'] = 3
        large = folder.path('large.bin')
        done = run('usb', 'create', '--from', folder.write('large.json', json.dumps(text)),
                   '--output', large)
        equal(done.code, 0, done)
        image = folder.path('fat32.img')
        mtools('mformat', '-C', '-i', image, '-T', '200000', '-c', '1', '-F', '::')
        with open(image, 'r+b') as file:
            file.truncate(200000 * CHUNK)
        mtools('mcopy', '-i', image, large, '::/SETUP.BIN')
        equal(taken(image), [1])
        equal(taken(image), [2])
        equal(inspect(image)['used'], 2)


def pki(root):
    return ['--non-consumable', '--set', 'new-mebx-password=P@ssw0rd', '--set',
            f'user-defined-certificate-addition={root}']


def test_amtprov_usb_verify_says_what_machines_take():
    releases = ['1.0', '2.1', '2.6', '3.2', '5.2', '10.0', '11.8', '16.0']
    old, new = pki('sha1:' + '5a' * 20), pki('sha256:' + 'a5' * 32)
    sticks = [('1', []), ('2.1', []), ('3', []), ('4', []), ('2.0', old), ('3', new), ('4', old),
              ('4', new)]
    for version, options in sticks:
        with Folder() as folder:
            path = create(folder, version=version, options=options,
                          records=1 if options else len(releases))
            said = [run('usb', 'verify', path, '--amt', release).code == 0 for release in releases]
            arguments = [SIM, '--json', '--timeout', str(TIMEOUT)]
            for i, release in enumerate(releases):
                arguments += command(path, f'amt={release},address=127.7.1.{i + 1}')[-2:]
            events = watch(start(arguments), len(releases))
            did = [event['event'] == 'stick-taken' for event in events
                   if event['event'].startswith('stick-')]
            equal(dict(zip(releases, did)), dict(zip(releases, said)), (version, options))


# ---- what is refused ----


def test_a_machine_that_is_provisioned():
    with Folder() as folder:
        path = create(folder)
        contains(unchanged(path, 'amt=9.5,mode=operational'), 'already provisioned')


def test_a_version_that_the_release_does_not_read():
    with Folder() as folder:
        path = create(folder, version='2.0')
        for release in ('2.0', '2.1', '2.5', '2.6'):
            contains(unchanged(path, f'amt={release}'), f'AMT {release} reads setup.bin up to version 1.0',
                     'this one has version 2.0')
        contains(unchanged(path, 'amt=1.0'), 'AMT 1.0 takes no stick')
        equal(taken(path, 'amt=3.0'), [1])


def test_variables_that_the_version_does_not_know():
    with Folder() as folder:
        path = create(folder, options=['--set', 'pki-dns-suffix=example.net'])
        contains(refused(path, 'amt=2.1'), 'record 1, which is used up', 'MEBx',
                 'pki-dns-suffix came with version 2.0, the file has version 1.0')
        equal(inspect(path)['used'], 1)


def test_a_release_without_pairs():
    with Folder() as folder:
        contains(refused(create(folder), 'amt=11.8'), 'PSK provisioning was removed in AMT 11.0')


def test_another_current_password():
    with Folder() as folder:
        path = create(folder)
        contains(refused(path, 'amt=9.5,password=0ther-One'), 'record 1, which is used up',
                 'is not that of the machine')
        equal(inspect(path)['next_available'], 2)
        path = create(folder, 'other.img', options=['--set', 'current-mebx-password=0ther-One'])
        equal(taken(path, 'amt=9.5,password=0ther-One'), [1])


def test_no_stick():
    with Folder() as folder:
        contains(refused(folder.path('none.img')), 'No such file')
        contains(refused(folder.name), 'no image of a FAT stick')
        contains(refused(folder.write('short.img', b'x')), 'no image of a FAT stick')
        plain = folder.path('setup.bin')
        equal(run('usb', 'create', '--version', '1', '--records', 1, '--output', plain).code, 0)
        contains(refused(plain), 'no image of a FAT stick', 'amtprov usb create --image')


def test_a_file_that_a_BIOS_does_not_find():
    with Folder() as folder:
        path = create(folder, records=1)
        data = contents(path)
        mtools('mdel', '-i', path, '::/setup.bin')
        contains(unchanged(path), 'no setup.bin in the root')
        mtools('mmd', '-i', path, '::/folder')
        mtools('mcopy', '-i', path, '-', '::/folder/setup.bin', stdin=data)
        contains(unchanged(path), 'no setup.bin in the root')
        mtools('mcopy', '-i', path, '-', '::/setup.bin', stdin=data)
        contains(unchanged(path), 'not the first file')


def test_a_fragmented_file():
    with Folder() as folder:
        path = create(folder, records=20)
        data = contents(path)
        mtools('mdel', '-i', path, '::/setup.bin')
        for name in ('one', 'two'):
            mtools('mcopy', '-i', path, '-', f'::/{name}', stdin=bytes(3000))
        mtools('mdel', '-i', path, '::/one')
        mtools('mcopy', '-i', path, '-', '::/setup.bin', stdin=data)
        contains(unchanged(path), 'fragmented')


def test_a_file_that_is_wrong():
    def put(at, data):
        return lambda content: content.__setitem__(slice(at, at + len(data)), data)

    def shorten(content):
        del content[CHUNK + 100:]

    cases = [(put(0, bytes(16)), 'GUID'), (put(0x10, bytes(2)), 'chunk'), (put(0x24, bytes(2)), 'chunk'),
             (shorten, 'record 1'), (put(CHUNK + 28, b'\xff\xff'), 'offset'),
             (put(CHUNK, b'\7'), 'record 1')]
    for change, reason in cases:
        with Folder() as folder:
            contains(unchanged(patch(folder, create(folder, records=1), change)), 'setup.bin, offset',
                     reason)
    with Folder() as folder:
        path = create(folder, records=1)
        [pid] = [values(record)['pid'] for record in inspect(path)['records']]
        wrong = 'A' if pid[7] != 'A' else 'B'

        def change(content):
            at = content.index(pid.encode())
            content[at + 7] = ord(wrong)
        contains(unchanged(patch(folder, path, change)), 'record 1', 'mistyped', 'check character',
                 f'should be {pid[7]}')


def test_an_image_that_cannot_be_written():
    with Folder() as folder:
        path = create(folder)
        limited = ['sh', '-c', 'trap "" XFSZ; ulimit -f 0; exec "$@"', 'sh']
        events = watch(start([*limited, *command(path, 'amt=9.5')]), 1)
        [reason] = reasons(events, 'stick-refused')
        contains(reason, 'cannot be marked as used: File too large')
        equal(inspect(path)['used'], 0)


# ---- confirming ----


def test_a_machine_without_a_terminal_needs_confirm():
    with Folder() as folder:
        path = create(folder)
        contains(unchanged(path, confirm=None), 'nobody is there to confirm it', 'confirm=yes')
        contains(unchanged(path, confirm='no'), 'it was not confirmed')


def answer(path, text):
    """Boots a machine on a terminal where somebody types an answer. Its events."""
    master, slave = pty.openpty()
    process = start(command(path, 'amt=9.5,count=2', None), stdin=slave, stderr=subprocess.PIPE)
    os.close(slave)
    os.write(master, text)
    events = watch(process, 2)
    os.close(master)
    return events


def test_somebody_confirms_at_the_terminal():
    with Folder() as folder:
        path = create(folder)
        found = answer(path, b'y\nn\n')
        equal([event['reason'] for event in found if event['event'].startswith('stick-')],
              [f'record 1 of {path}', f'{path}: it was not confirmed'])
        equal(inspect(path)['used'], 1)


# ---- settings ----


def test_stick_and_keyboard_do_not_go_together():
    for keys in ('mode=psk,stick=x', 'pid=0000-037M,stick=x', 'pid=0000-037M,mode=factory,stick=x'):
        done = run('--device', f'amt=9.5,{keys}', program=SIM)
        equal(done.code, 1, done)
        contains(done.err, 'stick=', 'from the stick or from the keyboard')
    done = run('--device', 'amt=9.5,stick=x,confirm=maybe', program=SIM)
    equal(done.code, 1, done)
    contains(done.err, 'confirm=maybe: must be ask, no, yes')


def test_a_name_counts_from_the_folder_of_the_fleet_file():
    with Folder() as folder:
        path = create(folder)
        fleet = folder.write('fleet.conf', '[a]\namt=9.5\ncount=2\nstick=stick.img\nconfirm=yes\n'
                             f'port={free_port()}\nplain-port={free_port()}\n')
        events = watch(start([SIM, '--fleet', fleet, '--json', '--timeout', str(TIMEOUT)], cwd='/'), 2)
        equal(reasons(events, 'stick-taken'), [f'record {i} of {path}' for i in (1, 2)])


def test_hellos_go_to_the_server_of_the_stick():
    with Folder() as folder, socket.create_server(('127.0.0.1', 0)) as service:
        service.settimeout(TIMEOUT)
        path = create(folder, records=1, version='2.1', options=[
            '--non-consumable', '--set', 'new-mebx-password=P@ssw0rd',
            '--set', 'pki-dns-suffix=example.net',
            '--set', 'provisioning-server-address=127.0.0.1',
            '--set', f'provisioning-server-port={service.getsockname()[1]}'])
        process = start(command(path, 'amt=4.0'))
        connection, _ = service.accept()
        with connection:
            equal(connection.recv(CHUNK)[2], 3)
        watch(process, 1)


main(globals())
