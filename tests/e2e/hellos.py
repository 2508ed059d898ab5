# SPDX-License-Identifier: LGPL-2.1-or-later
"""Anybody may send bytes to the hello port: the daemon lives on, and real machines get through."""

import os
import re
import socket

from harness import (PATIENCE, Bench, Machine, equal, main, pki_hello, psk_hello,
                     send_bytes, true)

STRANGER = '7d3c5f0e-6c0b-4f0a-9d2a-2b1f6d2f9f01'


def prepare(bench, count=2, limits='', **keys):
    """A daemon and machines of both kinds, known to it but not yet switched on."""
    bench.configure(limits=limits)
    bench.site()
    pairs = bench.pairs(count)
    machines = [Machine(bench, '9.5', 'psk', pid=pid, pps=pps, **keys) for pid, pps in pairs]
    machines += [Machine(bench, '12.0', 'pki', **keys) for _ in range(count)]
    bench.import_machines({'uuid': machine.uuid} for machine in machines)
    return bench.daemon(), machines


def check_real_machines(bench, daemon, machines):
    simulator = bench.simulate(machines)
    daemon.wait_state(machines, 'operational')
    equal(sorted(bench.devices()), sorted(machine.uuid for machine in machines))
    return simulator


def test_garbage():
    root = '5a' * 32
    good = pki_hello(STRANGER, [root])
    bad = {
        'empty': b'',
        'a byte': b'\1',
        'a request': b'GET / HTTP/1.1\r\nHost: provisionserver\r\n\r\n',
        'TLS': bytes.fromhex('16030100f5010000f10303') + bytes(64),
        'noise': os.urandom(900),
        'zeros': bytes(4096),
        'version 1': good[:2] + b'\1' + good[3:],
        'version 4': good[:2] + b'\4' + good[3:],
        'first field 2': b'\2' + good[1:],
        'cut header': good[:20],
        'cut root': good[:-1],
        'cut pair': psk_hello(STRANGER, '0000-037M')[:-1],
        'too many roots': good[:24] + b'\x22' + good[25:],
        'unknown algorithm': good[:25] + b'\7' + good[26:],
        'wrong length': good[:25] + b'\1\x20' + good[27:],
        'a lot': os.urandom(40000),
    }
    with Bench() as bench:
        daemon, machines = prepare(bench)
        for name, data in bad.items():
            source = bench.next_address()
            for _ in range(3):
                send_bytes(bench, data, source)
            if name == 'empty':
                continue
            daemon.wait_line(f'hello from {re.escape(source)}: ')
            said = [line for line in daemon.lines if f'hello from {source}: ' in line]
            equal(len(said), 1, f'{name}: {said}')
        check_real_machines(bench, daemon, machines)
        true(not [line for line in daemon.lines if STRANGER in line])


def test_bytes_behind_a_hello():
    with Bench() as bench:
        daemon, machines = prepare(bench, 1)
        bench.simulate(machines, hellos=False)
        by_pair, by_root = machines
        send_bytes(bench, psk_hello(by_pair.uuid, by_pair.keys['pid']) + b'more', by_pair.address)
        send_bytes(bench, pki_hello(by_root.uuid, [by_root.keys['root']]) + bytes(300),
                   by_root.address)
        daemon.wait_state(machines, 'operational')
        for machine in machines:
            daemon.wait_line(f'hello from {machine.address}: .*behind')


def test_pieces():
    with Bench() as bench:
        daemon, machines = prepare(bench, split=1)
        check_real_machines(bench, daemon, machines)


def test_slow_senders():
    """More of them than connections are allowed: they are cut off, and machines get through."""
    with Bench() as bench:
        daemon, machines = prepare(bench, 1, limits='connections=4')
        source = bench.next_address()
        slow = [socket.create_connection(('127.0.0.1', bench.hello_port), PATIENCE,
                                         source_address=(source, 0)) for _ in range(6)]
        for connection in slow:
            connection.sendall(psk_hello(STRANGER, '0000-037M')[:10])
        check_real_machines(bench, daemon, machines)
        for connection in slow:
            try:
                equal(connection.recv(10), b'')
            except ConnectionResetError:
                pass  # it had not been accepted yet
            connection.close()
        daemon.wait_line(f'hello from {re.escape(source)}: time limit passed after 10 bytes')


def test_flood_of_one_source():
    with Bench() as bench:
        daemon, machines = prepare(bench)
        bench.write('amtprov.conf', (bench.folder / 'amtprov.conf').read_text().replace(
            'hellos-per-source=100000', 'hellos-per-source=20'))
        bench.running.remove(daemon)
        equal(daemon.stop(), 0)
        daemon = bench.daemon()
        source = bench.next_address()
        for number in range(300):
            send_bytes(bench, psk_hello(f'{number:08x}-0000-4000-8000-000000000000', '0000-037M'),
                       source)
        daemon.wait_line(f'hello from {re.escape(source)}: .*hellos-per-source')
        check_real_machines(bench, daemon, machines)
        strangers = [line for line in daemon.lines if f' at {source} is not admitted' in line]
        true(len(strangers) <= 60, len(strangers))
        equal(len([line for line in daemon.lines
                   if f'hello from {source}: ' in line and 'hellos-per-source' in line]), 1)


def test_hellos_of_a_machine_in_work_are_merged():
    with Bench() as bench:
        daemon, machines = prepare(bench, 1)
        for machine in machines:
            machine.keys['fault'] = 'hang@12'
        bench.write('amtprov.conf', (bench.folder / 'amtprov.conf').read_text() + 'step-seconds=10\n')
        bench.write('etc/capabilities.d/quick.conf', '[2.0..x]\nkey-wait-seconds=1\n'
                    'key-wait-tries=1\ncommit-wait-seconds=1\ncommit-wait-tries=1\n')
        bench.running.remove(daemon)
        equal(daemon.stop(), 0)
        daemon = bench.daemon()
        simulator = bench.simulate(machines)
        for machine in machines:
            # These came while the machine hung, but for the first.
            simulator.wait_event(machine, 'hello-sent', 4)
        daemon.wait_state(machines, 'operational')
        for machine in machines:
            began = len([line for line in daemon.lines
                         if re.search(f'{machine.uuid}: provisioning, site office, method \\w+$', line)])
            equal(began, 2, machine)
            equal(len(daemon.lines_of(machine, 'failed')), 1)


def test_hellos_change_no_operational_machine():
    with Bench() as bench:
        daemon, machines = prepare(bench, 1)
        check_real_machines(bench, daemon, machines)
        before = bench.devices()
        by_pair, by_root = machines
        for hello in (psk_hello(by_pair.uuid, '0000-037M'), psk_hello(by_root.uuid, '0000-037M'),
                      pki_hello(by_pair.uuid, ['5a' * 32]), pki_hello(by_root.uuid, ['5a' * 20])):
            start = len(daemon.lines)
            send_bytes(bench, hello, bench.next_address())
            daemon.wait_line('PID|certificate|method', start)
        equal(bench.devices(), before)
        for machine in machines:
            bench.check_password(machine)


main(globals())
