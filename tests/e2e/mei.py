# SPDX-License-Identifier: LGPL-2.1-or-later
"""Simulated machines over /dev/mei0: the ioctl and the messages as a program on the machine makes
them, and what goes wrong with them."""

import errno
import fcntl
import os
import select
import socket
import ssl
import struct
import sys
import uuid as uuids

from harness import DOMAIN, Bench, Machine, equal, main, true, with_shim

AMTHI = '12f80028-b4b7-4b2d-aca8-46e0ff65814c'
WATCHDOG = '05b79a6f-4628-4d7f-899d-a91514cb32ab'
MKHI = '8e6a6715-9abc-4043-88ef-9e39c6f63e0f'
CONNECT = 0xC0104801
GET_STATE, GET_AUDIT, SET_HOST_FQDN, GET_UUID, STOP, START_EX = 0x11, 0x50, 0x5B, 0x5C, 0x5E, 0x62
RESPONSE = 0x800000
LONGEST = 5120


def request(command, body=b''):
    return struct.pack('<BBHII', 1, 1, 0, 0x04000000 | command, len(body)) + body


def response(command, body=b'', status=0):
    return struct.pack('<BBHIII', 1, 1, 0, 0x04000000 | RESPONSE | command, 4 + len(body),
                       status) + body


def get_state(state):
    return response(GET_STATE, struct.pack('<I', state))


class Node:
    """One open file of /dev/mei0."""

    def __init__(self, client=None):
        self.fd = os.open('/dev/mei0', os.O_RDWR)
        if client:
            self.connect(client)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)

    def connect(self, client=AMTHI):
        data = bytearray(uuids.UUID(client).bytes_le)
        fcntl.ioctl(self.fd, CONNECT, data)
        return struct.unpack_from('<IB', data)

    def write(self, data):
        equal(os.write(self.fd, data), len(data))

    def read(self, length=LONGEST):
        return os.read(self.fd, length)

    def ask(self, data):
        self.write(data)
        return self.read()


def fails(number, call, *arguments):
    try:
        call(*arguments)
    except OSError as error:
        equal(error.errno, number, error)
        return
    raise AssertionError(f'{call.__name__} did not fail')


class Running:
    """A simulated machine and its node."""

    def __init__(self, release='9.5', mode='factory', speed=1, **keys):
        self.bench = Bench()
        path = self.bench.path('mei')
        os.environ['AMTPROV_MEI_SOCKET'] = path
        self.machine = Machine(self.bench, release, mode, mei=path, **keys)
        self.simulator = self.bench.simulate([self.machine], speed=speed, hellos=False)
        self.uuid = response(GET_UUID, uuids.UUID(self.machine.uuid).bytes_le)

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.bench.__exit__(*what)


def test_connect_and_ask():
    with Running() as running, Node() as node:
        equal(node.connect(), (LONGEST, 1))
        fails(errno.EBUSY, node.connect)
        equal(node.ask(request(GET_UUID)), running.uuid)
        equal(node.ask(request(GET_STATE)), get_state(0))


def test_read_in_parts():
    with Running() as running, Node(AMTHI) as node:
        node.write(request(GET_UUID))
        equal(node.read(16) + node.read(), running.uuid)


def test_other_clients():
    with Running(), Node(WATCHDOG) as watchdog, Node(MKHI) as mkhi, Node(AMTHI):
        equal(watchdog.ask(bytes([5, 2, 0x51, 0x10])), b'\x03')
        equal(mkhi.ask(bytes([0xff, 2, 0, 0]))[:4], bytes([0xff, 0x82, 0, 0]))


def test_unknown_client():
    with Running(fault='mei-unknown@watchdog'), Node() as node:
        fails(errno.ENOTTY, node.connect, '00000000-0000-0000-0000-000000000000')
        fails(errno.ENODEV, node.write, request(GET_UUID))
        fails(errno.ENOTTY, node.connect, WATCHDOG)
        equal(node.connect(WATCHDOG), (LONGEST, 1))


def test_one_user_at_a_time():
    with Running() as running, Node() as second:
        with Node(AMTHI) as first:
            fails(errno.EBUSY, second.connect)
            equal(first.ask(request(GET_UUID)), running.uuid)
            first.write(request(GET_STATE))
            first.read()
        # The simulator sees the close some time after it.
        while True:
            try:
                second.connect()
                break
            except OSError as error:
                equal(error.errno, errno.EBUSY)
        equal(second.ask(request(GET_UUID)), running.uuid)


def test_busy_then_free():
    with Running(fault='mei-busy@pthi+mei-busy@pthi'), Node() as node:
        fails(errno.EBUSY, node.connect)
        fails(errno.EBUSY, node.connect)
        equal(node.connect(), (LONGEST, 1))


def test_busy_for_ever():
    with Running(fault='mei-busy@pthi', fault_repeat='yes'), Node() as node:
        for _ in range(30):
            fails(errno.EBUSY, node.connect)


def test_request_too_big():
    with Running(fault='mei-small@pthi'):
        with Node() as node:
            equal(node.connect(), (3, 1))
            fails(errno.EFBIG, node.write, request(GET_UUID))


def test_reset():
    with Running(fault='mei-reset@get-uuid') as running:
        with Node(AMTHI) as node:
            node.write(request(GET_UUID))
            fails(errno.ENODEV, node.read)
            [(_, events)] = wait(node)
            true(events & select.POLLHUP)
            fails(errno.ENODEV, node.write, request(GET_UUID))
        with Node(AMTHI) as node:
            equal(node.ask(request(GET_UUID)), running.uuid)


def wait(node):
    poll = select.poll()
    poll.register(node.fd, select.POLLIN)
    return poll.poll()


def test_no_answer():
    with Running(fault='mei-hang@get-uuid'), Node(AMTHI) as node:
        node.write(request(GET_UUID))
        # Only the answer to the next comes.
        equal(node.ask(request(GET_STATE)), get_state(0))


def test_spoilt_answers():
    for fault, change in {
            'short': lambda good: good[:-1],
            'long': lambda good: good + b'\xff',
            'padded': lambda good: good.ljust(512, b'\0'),
            'command': lambda good: good[:4] + bytes([good[4] ^ 1]) + good[5:],
            'length': lambda good: good[:8] + bytes([good[8] + 4]) + good[9:],
            'empty': lambda good: b'',
            'split': lambda good: good[:len(good) // 2],
    }.items():
        with Running(fault=f'mei-{fault}@get-uuid') as running, Node(AMTHI) as node:
            bad = node.ask(request(GET_UUID))
            equal(bad, change(running.uuid), fault)
            if fault == 'split':
                equal(bad + node.read(), running.uuid)
            equal(node.ask(request(GET_UUID)), running.uuid, fault)


def test_status():
    with Running(fault='status:2@get-provisioning-state'), Node(AMTHI) as node:
        equal(node.ask(request(GET_STATE)), response(GET_STATE, status=2))
        equal(node.ask(request(GET_STATE)), get_state(0))


def test_AMT_is_disabled():
    with Running(enabled='no'), Node(AMTHI) as node:
        equal(node.ask(request(GET_UUID)), b'')
        with Node(WATCHDOG) as watchdog:
            equal(watchdog.ask(bytes([5, 2, 0x52, 0x10])), bytes(4))
        equal(node.ask(request(GET_STATE)), get_state(0))


def test_started_by_an_agent():
    """A machine whose window has run out takes a new one; what the agent says is seen."""
    with Running(mode='pki', bare_metal_hours=1, window=None, speed=3600, suffix='office.example.net') as running:
        running.simulator.wait_event(running.machine, 'window-closed')
        with Node(AMTHI) as node:
            equal(node.ask(request(GET_STATE)), get_state(1))
            equal(node.ask(request(START_EX, bytes(4))), response(START_EX))
            running.simulator.wait_event(running.machine, 'started', 2)
            equal(node.ask(request(START_EX, bytes(4))), response(START_EX, status=3))
            name = b'pc1.office.example.net'
            node.ask(request(SET_HOST_FQDN, struct.pack('<H', len(name)) + name))
            [event] = running.simulator.wait_event(running.machine, 'host-fqdn')
            equal(event['reason'], name.decode())
            equal(node.ask(request(STOP)), response(STOP))
            equal(node.ask(request(GET_STATE)), get_state(0))


def shake_hands(bench, machine):
    """As a server that may set the machine up."""
    chain = bench.chain('sha256')
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(chain.file, chain.key)
    with socket.create_connection((machine.address, bench.port)) as connection:
        with context.wrap_socket(connection):
            pass


def test_audit_record():
    with Running('12.0', 'pki', reneg='on') as running, Node(AMTHI) as node:
        equal(node.ask(request(GET_AUDIT)), response(GET_AUDIT, status=2068))
        shake_hands(running.bench, running.machine)
        record = node.ask(request(GET_AUDIT))[16:]
        algorithm, root = struct.unpack_from('<I64s', record, 9)
        equal((algorithm, root.rstrip(b'\0').hex()), (2, running.machine.keys['root']))
        default, time_valid, address = struct.unpack_from('<II46s', record, 129)
        equal((default, time_valid, address.rstrip(b'\0')), (0, 0, b'127.0.0.1'))
        equal(record[197:], struct.pack('<H', len(DOMAIN) + 4) + f'amt.{DOMAIN}'.encode())


def test_socket_goes_with_the_simulator():
    with Running() as running:
        true(os.path.exists(running.bench.path('mei')))
        running.simulator.stop()
        true(not os.path.exists(running.bench.path('mei')))
        fails(errno.ENODEV, Node)


if 'LD_PRELOAD' not in os.environ:
    os.execve(sys.executable, [sys.executable, *sys.argv], with_shim(os.environ))
main(globals())
