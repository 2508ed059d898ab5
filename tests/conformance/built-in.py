# SPDX-License-Identifier: LGPL-2.1-or-later
"""The plugins of amtprov itself pass all checks."""

import hashlib
import json
import os
import pathlib
import re
import ssl
import subprocess
import urllib.request

import conformance
import tap


def test_sqlite():
    with tap.Folder() as folder:
        location = 'sqlite:' + folder.path('store.db')
        conformance.all_pass('store', location)
        # The location is empty again.
        conformance.all_pass('store', location)


def test_psk():
    with tap.Folder() as folder:
        config = conformance.method_config(folder, 'psk')
        pairs = tap.run('psk', 'generate', '--count', '1', '--config', config)
        pid, pps = pairs.out.splitlines()[-1].split(',')[:2]
        conformance.all_pass('method', 'psk', '--config', config, '--pid', pid,
                             '--simulate', f'amt=9.5,mode=psk,pid={pid},pps={pps}')


def test_usb():
    with tap.Folder() as folder:
        # It builds on psk, so both are loaded.
        config = conformance.method_config(folder, 'psk;usb')
        path = folder.path('setup.bin')
        tap.run('usb', 'create', '--version', '1', '--records', '1', '--output', path,
                '--config', config)
        [record] = tap.run('usb', 'inspect', path, '--json', '--show-secrets').json()['records']
        values = {variable['name']: variable['value'] for variable in record['variables']}
        pid, pps = values['pid'], values['pps']
        conformance.all_pass('method', 'usb', '--config', config, '--pid', pid,
                             '--simulate', f'amt=9.5,mode=psk,pid={pid},pps={pps}')


def openssl(*arguments):
    subprocess.run(['openssl', *arguments], check=True, capture_output=True)


CERTIFICATE = '[pki one]\ncertificate=chain.pem\nkey=leaf.key\n'


def make_chain(folder):
    """What CERTIFICATE names; a machine that trusts its root."""
    root, leaf, key = (folder.path(f'sites.d/{name}') for name in ('root.pem', 'leaf.pem', 'leaf.key'))
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj', '/CN=Test Root',
            '-keyout', folder.path('root.key'), '-out', root)
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30',
            '-subj', '/CN=amt.lab.example.net', '-CA', root, '-CAkey', folder.path('root.key'),
            '-addext', 'basicConstraints=critical,CA:FALSE',
            '-addext', 'extendedKeyUsage=serverAuth,2.16.840.1.113741.1.2.3',
            '-keyout', key, '-out', leaf)
    with open(leaf, encoding='ascii') as first, open(root, encoding='ascii') as second:
        folder.write('sites.d/chain.pem', first.read() + second.read())
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pathlib.Path(root).read_text())).hexdigest()
    return f'amt=12.0,mode=pki,root={digest},suffix=lab.example.net'


def test_pki():
    with tap.Folder() as folder:
        config = conformance.method_config(folder, 'pki', CERTIFICATE)
        conformance.all_pass('method', 'pki', '--config', config, '--simulate', make_chain(folder))


def report(config, token, **machine):
    """Has a daemon store a machine as an agent would report it."""
    with subprocess.Popen([os.environ['AMTPROVD'], '--config', config], stderr=subprocess.PIPE,
                          text=True) as daemon:
        try:
            port = next(match[1] for line in daemon.stderr
                        if (match := re.search(r'agents report to https://127\.0\.0\.1:(\d+)/', line)))
            request = urllib.request.Request(
                f'https://127.0.0.1:{port}/v1/enrol', json.dumps(machine).encode(),
                {'Authorization': f'Bearer {token}'})
            # It has made its certificate itself.
            context = ssl._create_unverified_context()
            with urllib.request.urlopen(request, context=context) as response:
                tap.equal(json.load(response)['order'], 'go')
        finally:
            daemon.terminate()


def test_agent():
    with tap.Folder() as folder:
        # The session of a check reads no secrets, so the site must not want a one-time password.
        config = conformance.method_config(folder, 'pki;agent', f'{CERTIFICATE}[agent]\notp=no\n')
        machine = make_chain(folder)
        with open(config, 'a', encoding='ascii') as file:
            file.write('\n[agent]\nlisten=127.0.0.1:0\n')
        token = tap.run('agent', 'token', 'add', '--site', 'lab', '--config', config).out.strip()
        report(config, token, uuid=conformance.MACHINE_UUID, amt='12.0', provisioning_state='pre',
               addresses=['127.0.0.1'])
        conformance.all_pass('method', 'agent', '--config', config, '--simulate', machine)


if __name__ == '__main__':
    tap.main(globals())
