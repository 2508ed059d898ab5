#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""amtprovd, and the commands that need a configuration: config check, plugins, provision."""

import os
import re
import select
import signal
import socket
import subprocess
import time

from tap import AMTPROVD, Folder, TIMEOUT, contains, equal, main, run, site_config, true

PSK_HELLO = bytes.fromhex('01000200000000003ec2ffd2d19d2d41860a54b2039b72ff303030303033374d')


class Daemon:
    def __init__(self, config):
        self.process = subprocess.Popen([AMTPROVD, '--config', config], stderr=subprocess.PIPE)
        self.text = ''

    def __enter__(self):
        return self

    def __exit__(self, *args):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def read_until(self, pattern):
        deadline = time.monotonic() + TIMEOUT
        while True:
            match = re.search(pattern, self.text, re.M)
            if match:
                return match
            ready, _, _ = select.select([self.process.stderr], [], [], deadline - time.monotonic())
            data = os.read(self.process.stderr.fileno(), 65536) if ready else b''
            if not data:
                raise AssertionError(f'{pattern!r} never came: {self.text}')
            self.text += data.decode()

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait(TIMEOUT)
        return self.process.returncode


def test_ready_line_with_the_real_port():
    with Folder() as folder, Daemon(site_config(folder)) as daemon:
        match = daemon.read_until(r'^amtprovd: ready, hello on 127\.0\.0\.1:(\d+)$')
        true(int(match.group(1)) > 0, match)
        socket.create_connection(('127.0.0.1', int(match.group(1)))).close()
        equal(daemon.stop(), 0, daemon.text)


def test_several_addresses():
    with Folder() as folder:
        config = site_config(folder, listen='127.0.0.1:0;127.0.0.2:0;[::1]:0')
        with Daemon(config) as daemon:
            daemon.read_until(r'^amtprovd: ready, hello on 127\.0\.0\.1:\d+,127\.0\.0\.2:\d+,\[::1\]:\d+$')
            equal(daemon.stop(signal.SIGINT), 0, daemon.text)


def test_garbage_does_not_end_it():
    with Folder() as folder, Daemon(site_config(folder)) as daemon:
        port = int(daemon.read_until(r'hello on 127\.0\.0\.1:(\d+)$').group(1))
        for data in (b'', b'\x00', b'GET / HTTP/1.0\r\n\r\n', os.urandom(5000), PSK_HELLO[:31],
                     b'\x01\x00\x04\x00' + PSK_HELLO[4:]):
            with socket.create_connection(('127.0.0.1', port)) as peer:
                peer.sendall(data)
        socket.create_connection(('127.0.0.1', port)).close()
        equal(daemon.stop(), 0, daemon.text)


def test_bad_configuration():
    with Folder() as folder:
        config = site_config(folder, extra='[surprise]\nkey=1\n')
        result = run('--config', config, program=AMTPROVD)
        equal(result.code, 1, result)
        contains(result.err, 'lab.conf', 'surprise')
        true('ready' not in result.err, result)


def test_no_configuration():
    result = run('--config', '/nonexistent.conf', program=AMTPROVD)
    equal(result.code, 1, result)
    contains(result.err, '/nonexistent.conf')


def test_port_in_use():
    with Folder() as folder, socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = taken.getsockname()[1]
        config = site_config(folder, listen=f'127.0.0.1:{port}')
        result = run('--config', config, program=AMTPROVD)
        equal(result.code, 1, result)
        contains(result.err, str(port))


def test_wrong_store_key():
    with Folder() as folder:
        config = site_config(folder)
        equal(run('psk', 'generate', '--count', 1, '--config', config).code, 0)
        equal(os.stat(folder.path('store.key')).st_mode & 0o777, 0o600)
        os.unlink(folder.path('store.key'))
        with open(folder.path('store.key'), 'wb') as key:
            key.write(b'\x00' * 32)
        result = run('--config', config, program=AMTPROVD)
        equal(result.code, 1, result)
        contains(result.err, 'store.key')


def test_config_check():
    with Folder() as folder:
        config = site_config(folder)
        result = run('config', 'check', '--config', config)
        equal(result.code, 0, result)
        equal(result.out, f'{config}: 1 site, ok\n', result)


def test_config_check_names_file_line_group_key():
    with Folder() as folder:
        config = site_config(folder, extra='dhcp=perhaps\nsurprise=1\n')
        result = run('config', 'check', '--config', config)
        equal(result.code, 1, result)
        true(re.search(r'lab\.conf:\d+: \[profile\] dhcp: .+', result.err), result)
        true(re.search(r'lab\.conf:\d+: \[profile\] surprise: .+', result.err), result)


def test_config_check_without_file():
    equal(run('config', 'check', '--config', '/nonexistent.conf').code, 1)


def test_plugins():
    with Folder() as folder:
        config = site_config(folder)
        result = run('plugins', '--json', '--config', config)
        equal(result.code, 0, result)
        plugins = {plugin['name']: plugin for plugin in result.json()['plugins']}
        for wanted in ('psk', 'sqlite'):
            true(plugins[wanted]['loaded'], result)
        true(not plugins['pki']['loaded'], result)
        true(plugins['pki']['reason'], result)
        text = run('plugins', '--config', config)
        equal(text.code, 0, text)
        contains(text.out, 'loaded', 'refused')


def test_plugins_without_configuration():
    with Folder() as folder:
        result = run('plugins', '--json', env={'AMT_PROV_CONFIG_DIR': folder.name})
        equal(result.code, 0, result)
        for plugin in result.json()['plugins']:
            true(plugin['loaded'], result)


def test_provision_needs_a_store():
    with Folder() as folder:
        result = run('provision', '127.0.0.1', env={'AMT_PROV_CONFIG_DIR': folder.name})
        equal(result.code, 1, result)
        contains(result.err, 'store')
        config = folder.write('amtprov.conf', '[amtprov]\nplugins=psk\n')
        result = run('provision', '127.0.0.1', '--config', config)
        equal(result.code, 1, result)
        contains(result.err, 'store')


def test_provision_bad_pair():
    with Folder() as folder:
        config = site_config(folder)
        for pair in ('0000-037M', '0000-037M:NKLD', '0000-037N:NKLD'):
            result = run('provision', '127.0.0.1', '--psk', pair, '--config', config)
            equal(result.code, 1, result)
            true('NKLD' not in result.err, result)


def test_provision_of_what_does_not_answer():
    with Folder() as folder, socket.socket() as closed:
        closed.bind(('127.0.0.1', 0))
        config = site_config(folder,
                             extra=f'[device]\nport={closed.getsockname()[1]}\nplain-port=1\n')
        result = run('provision', '127.0.0.1', '--config', config, '--psk',
                     '0000-037M:NKLD-G5DC-RRNQ-E9YZ-ZIJL-7LFL-VJED-69XJ')
        true(result.code in (1, 3), result)
        true(result.err, result)


main(globals())
