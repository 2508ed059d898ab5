# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the program says when the checks cannot begin, and its lists."""

import socket
import sqlite3

import conformance
import tap


def test_location_with_data():
    with tap.Folder() as folder:
        path = folder.path('store.db')
        tap.equal(conformance.failures('store', f'sqlite:{path}'), {})
        with sqlite3.connect(path) as database:
            database.execute('INSERT INTO records (kind, key) VALUES (1, "somebody")')
        result = conformance.run('store', f'sqlite:{path}')
        tap.equal(result.code, 1, result)
        tap.contains(result.out, 'not ok 2 - empty', 'holds 1 records', 'nothing was changed',
                     'Bail out!')
        with sqlite3.connect(path) as database:
            tap.equal(database.execute('SELECT key FROM records').fetchall(), [('somebody',)])


def test_unknown_scheme():
    result = conformance.run('store', 'leek:somewhere')
    tap.equal(result.code, 1, result)
    tap.contains(result.out, 'not ok 1 - loads', 'X-AmtProvProvides=store:leek', 'Bail out!')


def test_unknown_method():
    with tap.Folder() as folder:
        result = conformance.run('method', 'leek', '--config', conformance.method_config(folder, 'psk'))
        tap.equal(result.code, 1, result)
        tap.contains(result.out, 'not ok 1 - loads', 'no loaded plugin has the method leek')


def test_unknown_transport():
    with tap.Folder() as folder:
        result = conformance.run('transport', 'leek', '--config', conformance.method_config(folder, 'psk'))
        tap.equal(result.code, 1, result)
        tap.contains(result.out, 'not ok 1 - loads', 'no loaded plugin has a transport for leek')


def test_simulator_that_does_not_play():
    with tap.Folder() as folder:
        config = conformance.method_config(folder, 'psk')
        result = conformance.run('method', 'psk', '--config', config, '--pid', '0000-037M',
                                 '--simulate', 'amt=1.0')
        tap.equal(result.code, 1, result)
        tap.contains(result.out, 'amtprov-sim does not play “amt=1.0,address=127.0.0.1')


def test_site_that_does_not_match():
    with tap.Folder() as folder:
        config = conformance.method_config(folder, 'psk', '[match]\nsubnets=192.0.2.0/24\n')
        site = folder.path('sites.d/lab.conf')
        with open(site, encoding='utf-8') as file:
            text = file.read().replace('[match]\nsubnets=127.0.0.0/8\n', '')
        folder.write('sites.d/lab.conf', text)
        result = conformance.run('method', 'psk', '--config', config)
        tap.equal(result.code, 1, result)
        tap.contains(result.out, 'no session comes about', 'no site matches its address')


def test_port_in_use():
    with tap.Folder() as folder:
        config = conformance.method_config(folder, 'psk')
        site = folder.path('sites.d/lab.conf')
        with open(site, encoding='utf-8') as file:
            port = int(next(line for line in file if line.startswith('port=')).split('=')[1])
        with socket.create_server(('127.0.0.1', port)):
            result = conformance.run('method', 'psk', '--config', config, '--pid', '0000-037M')
        tap.equal(result.code, 1, result)
        tap.contains(result.out, 'no machine can be played on 127.0.0.1', 'Set [device] port')


def test_wrong_command_lines():
    for arguments in ([], ['leek'], ['store'], ['store', 'sqlite'], ['method'], ['transport'], ['store', 'a:b', 'c']):
        result = conformance.run(*arguments)
        tap.equal(result.code, 2, result)
        tap.contains(result.err, '--help')


def test_lists():
    for kind in ('store', 'method', 'transport'):
        text = conformance.run(kind, '--list')
        tap.equal(text.code, 0, text)
        tap.equal([line.split()[0] for line in text.out.splitlines()], conformance.names(kind))


if __name__ == '__main__':
    tap.main(globals())
