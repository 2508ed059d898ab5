#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""amtprov hello decode: the messages of hello.md §9, and every kind of damage."""

from tap import Folder, contains, equal, main, run, true

UUID = 'd2ffc23e-9dd1-412d-860a-54b2039b72ff'
PSK = '01000200000000003ec2ffd2d19d2d41860a54b2039b72ff303030303033374d'
PKI = ('01000300010000003ec2ffd2d19d2d41860a54b2039b72ff0301'
       '1472b4433ae39d27a2cc46a01b11186545f986dd5c0220a702f86f60357ec0893f900c3145f152'
       'd10a8039e80b1f9b0eec836d4b45b6d903304bca8bc5d15e3ffb50b0b8f6059411f050a0f37940'
       '90c9df4a774ed6a2a3e63c5e57f4fd4fd4397d92fa073fedc9dd57')
EMPTY = '00000300000000003ec2ffd2d19d2d41860a54b2039b72ff00'


def decode(text):
    result = run('hello', 'decode', '-', '--hex', '--json', stdin=text)
    equal(result.code, 0, result)
    return result.json()


def refuse(text, *parts):
    result = run('hello', 'decode', '--hex', '-', stdin=text)
    equal(result.code, 1, result)
    equal(result.out, '', result)
    contains(result.err, *parts)


def test_psk():
    equal(decode(PSK), {'interface_version': 2, 'admin_credentials_set': True, 'retry': 0,
                        'uuid': UUID, 'pid': '0000037M', 'hashes': []})


def test_pki():
    message = decode(PKI)
    equal(message['interface_version'], 3)
    equal(message['retry'], 1)
    equal(message['pid'], None)
    equal([entry['algorithm'] for entry in message['hashes']], ['sha1', 'sha256', 'sha384'])
    equal(message['hashes'][0]['hash'], '72b4433ae39d27a2cc46a01b11186545f986dd5c')
    equal([len(entry['hash']) for entry in message['hashes']], [40, 64, 96])


def test_pki_without_hashes():
    message = decode(EMPTY)
    equal(message['hashes'], [])
    equal(message['admin_credentials_set'], False)


def test_white_space_and_upper_case():
    spaced = '\n'.join(PSK.upper()[i:i + 3] for i in range(0, len(PSK), 3)) + '\n'
    equal(decode(spaced), decode(PSK))


def test_binary_file():
    with Folder() as folder:
        path = folder.write('hello.bin', bytes.fromhex(PKI))
        result = run('hello', 'decode', path, '--json')
        equal(result.code, 0, result)
        equal(result.json(), decode(PKI))


def test_text():
    result = run('hello', 'decode', '-', stdin=bytes.fromhex(PSK))
    equal(result.code, 0, result)
    contains(result.out, UUID, '0000037M')


def test_every_shorter_message_is_refused():
    for message in (PSK, PKI):
        for length in list(range(0, 33)) + [len(message) // 2 - 1]:
            if length * 2 >= len(message):
                continue
            result = run('hello', 'decode', '-', stdin=bytes.fromhex(message[:length * 2]))
            equal(result.code, 1, result)
            true(any(digit.isdigit() for digit in result.err), result)


def test_trailing_byte():
    refuse(PSK + '00', 'offset 32')
    refuse(EMPTY + 'ff', 'offset 25')


def test_unknown_version():
    for version in ('00', '01', '04', 'ff'):
        refuse(PSK[:4] + version + PSK[6:], 'offset 2')


def test_first_field():
    refuse('02' + PSK[2:], 'offset 0')


def test_length_that_does_not_fit_the_algorithm():
    refuse(EMPTY[:-2] + '01' + '0120' + '00' * 32, 'offset 2')


def test_unknown_algorithm():
    refuse(EMPTY[:-2] + '01' + '0414' + '00' * 20, 'offset 25')


def test_too_many_hashes():
    refuse(EMPTY[:-2] + '22' + ('0114' + '00' * 20) * 34, 'offset 24')


def test_bad_hex():
    refuse('01zz', 'offset 2', 'hex')
    refuse(PSK + '0', 'half a byte')


def test_file_that_is_not_there():
    result = run('hello', 'decode', '/nonexistent/hello')
    equal(result.code, 1, result)
    contains(result.err, '/nonexistent/hello')


main(globals())
