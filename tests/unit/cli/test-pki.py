#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""amtprov pki check: certificates made with openssl, good ones and each kind of bad one."""

import subprocess

from tap import Folder, contains, equal, main, run, true

SUFFIX = 'office.example.net'
MARKER = '2.16.840.1.113741.1.2.3'
LEAF = f'extendedKeyUsage=serverAuth,{MARKER}'


def openssl(*arguments, **kwargs):
    return subprocess.run(['openssl', *arguments], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **kwargs).stdout


class Chain(Folder):
    """A root and a leaf that it signed: root.pem, leaf.pem, leaf.key, chain.pem."""

    def make(self, extensions=LEAF, digest='sha256', bits=2048, name=f'amt.{SUFFIX}', days='30'):
        for who, size in (('root', 2048), ('leaf', bits)):
            openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', f'rsa_keygen_bits:{size}',
                    '-out', self.path(f'{who}.key'))
        openssl('req', '-x509', '-new', '-key', self.path('root.key'), '-subj', '/CN=Root',
                '-days', '60', f'-{digest}', '-out', self.path('root.pem'),
                '-addext', 'basicConstraints=critical,CA:TRUE')
        request = openssl('req', '-new', '-key', self.path('leaf.key'), '-subj', f'/CN={name}')
        self.write('leaf.ext', extensions + '\n')
        openssl('x509', '-req', '-CA', self.path('root.pem'), '-CAkey', self.path('root.key'),
                '-set_serial', '7', '-days', days, f'-{digest}', '-extfile',
                self.path('leaf.ext'), '-out', self.path('leaf.pem'), input=request)
        with open(self.path('leaf.pem')) as leaf, open(self.path('root.pem')) as root:
            self.write('chain.pem', leaf.read() + root.read())
        return self

    def check(self, *arguments, cert='chain.pem'):
        return run('pki', 'check', '--cert', self.path(cert), '--key', self.path('leaf.key'),
                   *arguments)


def failures(result):
    equal(set(result.json()), {'checks', 'usable'})
    return [check['id'] for check in result.json()['checks'] if check['result'] == 'fail']


def test_good_certificate():
    with Chain() as chain:
        chain.make()
        result = chain.check('--suffix', SUFFIX, '--amt', '12.0', '--json')
        equal(result.code, 0, result)
        equal(failures(result), [])
        for check in result.json()['checks']:
            true(check['id'] and check['sentence'], check)
            true(check['result'] in ('pass', 'unknown'), check)
        text = chain.check('--suffix', SUFFIX)
        equal(text.code, 0, text)
        contains(text.out, 'pass')


def test_what_is_not_known_is_unknown():
    with Chain() as chain:
        result = chain.make().check('--json')
        equal(result.code, 0, result)
        true('unknown' in [check['result'] for check in result.json()['checks']], result)


def test_wrong_suffix():
    with Chain() as chain:
        result = chain.make().check('--suffix', 'lab.example.org', '--json')
        equal(result.code, 1, result)
        equal(len(failures(result)), 1, result)


def test_no_marker():
    with Chain() as chain:
        result = chain.make(extensions='extendedKeyUsage=serverAuth').check('--json')
        equal(result.code, 1, result)
        equal(len(failures(result)), 1, result)


def test_no_server_authentication():
    with Chain() as chain:
        result = chain.make(extensions=f'extendedKeyUsage={MARKER}').check('--json')
        equal(result.code, 1, result)


def test_expired():
    with Chain() as chain:
        result = chain.make(days='-1').check('--json')
        equal(result.code, 1, result)
        equal(len(failures(result)), 1, result)


def test_root_is_missing():
    with Chain() as chain:
        result = chain.make().check('--json', cert='leaf.pem')
        equal(result.code, 1, result)


def test_sha1_and_short_keys_by_release():
    with Chain() as chain:
        chain.make(digest='sha1')
        equal(chain.check('--amt', '9.5').code, 0)
        equal(chain.check('--amt', '16.0').code, 1)
    with Chain() as chain:
        chain.make(bits=1024)
        equal(chain.check('--amt', '9.5').code, 0)
        equal(chain.check('--amt', '16.0').code, 1)


def test_root_that_the_hello_does_not_name():
    with Chain() as chain:
        chain.make()
        hello = chain.write('hello', bytes.fromhex(
            '01000300000000003ec2ffd2d19d2d41860a54b2039b72ff010220') + b'\x55' * 32)
        result = chain.check('--hello', hello, '--json')
        equal(result.code, 1, result)
        equal(len(failures(result)), 1, result)


def test_bad_input():
    with Chain() as chain:
        chain.make()
        openssl('genpkey', '-algorithm', 'RSA', '-out', chain.path('other.key'))
        for arguments in (['--cert', '/nonexistent.pem'], ['--cert', chain.path('leaf.ext')],
                          ['--cert', chain.path('chain.pem'), '--key', chain.path('other.key')],
                          ['--cert', chain.path('chain.pem'), '--amt', 'x'],
                          ['--cert', chain.path('chain.pem'), '--hello', chain.path('leaf.ext')]):
            result = run('pki', 'check', *arguments)
            equal(result.code, 1, f'{arguments}: {result}')
            equal(result.out, '', result)
            true(result.err, result)
    equal(run('pki', 'check').code, 2)


main(globals())
