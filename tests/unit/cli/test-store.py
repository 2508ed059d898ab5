#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""amtprov import, devices, device, password, events."""

from tap import Folder, contains, equal, main, run, site_config, true

ONE = 'd2ffc23e-9dd1-412d-860a-54b2039b72ff'
TWO = '4c4c4544-0042-3510-8052-b4c04f564433'
THREE = '4c4c4544-0042-3510-8052-b4c04f564434'
KEYS = {'uuid', 'amt', 'site', 'method', 'medium', 'state', 'step', 'error', 'address', 'updated'}


def import_text(config, text):
    return run('import', '-', '--config', config, stdin=text)


def devices(config):
    result = run('devices', '--json', '--config', config)
    equal(result.code, 0, result)
    return {device['uuid']: device for device in result.json()['devices']}


def test_empty_store():
    with Folder() as folder:
        config = site_config(folder)
        equal(devices(config), {})
        equal(run('devices', '--config', config).code, 0)
        equal(run('events', '--config', config).code, 0)


def test_import():
    with Folder() as folder:
        config = site_config(folder)
        path = folder.write('machines.csv', 'hostname,uuid,site,amt,otp,suffix\r\n'
                            f'alpha,{ONE.upper()},lab,9.5,,lab.example.net\r\n'
                            f'beta,{TWO.replace("-", "")},,,P@ssw0rd1,\r\n')
        result = run('import', path, '--config', config)
        equal(result.code, 0, result)
        found = devices(config)
        equal(set(found), {ONE, TWO})
        true(KEYS <= set(found[ONE]), found)
        equal(found[ONE]['state'], 'known')
        equal(found[ONE]['amt'], '9.5')
        equal(found[ONE]['site'], 'lab')
        text = run('device', ONE, '--config', config)
        equal(text.code, 0, text)
        contains(text.out, ONE, 'alpha', 'lab.example.net')
        text = run('device', TWO, '--config', config)
        true('P@ssw0rd1' not in text.out, text)
        listed = run('devices', '--config', config)
        contains(listed.out, ONE, TWO)


def test_only_an_operational_machine_can_be_unprovisioned():
    with Folder() as folder:
        config = site_config(folder)
        import_text(config, f'uuid\n{ONE}\n')
        refused = run('device', ONE, '--unprovisioned', '--config', config)
        equal(refused.code, 1, refused)
        contains(refused.err, f'{ONE} as known')
        refused = run('device', TWO, '--unprovisioned', '--config', config)
        contains(refused.err, f'no machine {TWO}')


def test_import_is_all_or_nothing():
    with Folder() as folder:
        config = site_config(folder)
        result = import_text(config, 'uuid,amt,hostname\n'
                             f'{ONE},9.5,alpha\n'
                             'nonsense,9.5,beta\n'
                             f'{TWO},x,gamma\n'
                             f'{TWO}\n'
                             f'{ONE},9.5,alpha\n')
        equal(result.code, 1, result)
        contains(result.err, '3', '4', '5')
        equal(devices(config), {})


def test_import_of_quoted_cells():
    with Folder() as folder:
        config = site_config(folder)
        equal(import_text(config, f'\ufeffHostname,uuid\r\n"alpha",{ONE}\r\n').code, 0)
        result = import_text(config, f'uuid,hostname\n{TWO},beta\n{THREE},"gamma\n')
        equal(result.code, 1, result)
        contains(result.err, '-:3: a quotation mark is missing', 'nothing was imported')
        equal(set(devices(config)), {ONE})


def test_import_refuses_bad_headers():
    with Folder() as folder:
        config = site_config(folder)
        for header in ('uuid,colour', 'amt,hostname', 'uuid,uuid', ''):
            result = import_text(config, f'{header}\n{ONE},x\n')
            equal(result.code, 1, f'{header}: {result}')
            true(result.err, result)
        equal(devices(config), {})


def test_import_refuses_an_unknown_site():
    with Folder() as folder:
        config = site_config(folder)
        result = import_text(config, f'uuid,site\n{ONE},cellar\n')
        equal(result.code, 1, result)
        contains(result.err, 'cellar')


def test_import_of_what_is_no_text():
    with Folder() as folder:
        config = site_config(folder)
        path = folder.write('x.csv', b'\x00\xff' * 50)
        equal(run('import', path, '--config', config).code, 1)
        equal(run('import', '/nonexistent.csv', '--config', config).code, 1)


def test_unknown_machine():
    with Folder() as folder:
        config = site_config(folder)
        for command in ('device', 'password'):
            for uuid in (ONE, 'nonsense'):
                result = run(command, uuid, '--config', config)
                equal(result.code, 1, result)
                equal(result.out, '', result)
                contains(result.err, uuid)


def test_no_password_yet():
    with Folder() as folder:
        config = site_config(folder)
        import_text(config, f'uuid\n{ONE}\n')
        for arguments in ([], ['--mebx']):
            result = run('password', ONE, '--config', config, *arguments)
            equal(result.code, 1, result)
            equal(result.out, '', result)


def test_events_as_json():
    with Folder() as folder:
        config = site_config(folder)
        import_text(config, f'uuid\n{ONE}\n')
        result = run('events', '--json', '--config', config)
        equal(result.code, 0, result)


def test_without_configuration():
    for command in (['devices'], ['device', ONE], ['password', ONE], ['events'], ['psk', 'list'],
                    ['import', '-'], ['psk', 'import', '-']):
        result = run(*command, '--config', '/nonexistent.conf')
        equal(result.code, 1, f'{command}: {result}')
        contains(result.err, '/nonexistent.conf')


main(globals())
