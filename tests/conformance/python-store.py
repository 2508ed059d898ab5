# SPDX-License-Identifier: LGPL-2.1-or-later
"""A store can be written in Python: one passes all checks, and the commands work on it."""

import os

import conformance
import tap

UUID = '4c4c4544-0036-4a10-8052-b4c04f563233'
PLUGINS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'python')
ENVIRONMENT = {'AMT_PROV_PLUGIN_PATH': f'{PLUGINS}:{os.environ["AMT_PROV_PLUGIN_PATH"]}'}


def test_contract():
    with tap.Folder() as folder:
        conformance.all_pass('store', 'shelf:' + folder.path('shelf.db'), env=ENVIRONMENT)


def test_commands():
    with tap.Folder() as folder:
        tap.site_config(folder)
        config = folder.write('amtprov.conf', '[amtprov]\nstore=shelf:shelf.db\nstore-key-file=shelf.key\n'
                              'plugins=shelf;psk\nscript-plugins=yes\n')
        machines = folder.write('machines.csv', f'uuid,hostname,site\n{UUID},lab-01,lab\n')
        for command in (['import', machines], ['psk', 'generate', '--count', '2']):
            result = tap.run(*command, '--config', config, env=ENVIRONMENT)
            tap.equal(result.code, 0, result)
        devices = tap.run('devices', '--json', '--config', config, env=ENVIRONMENT).json()['devices']
        tap.equal([device['uuid'] for device in devices], [UUID])
        pids = [line.split(',')[0] for line in result.out.splitlines()[1:]]
        listed = tap.run('psk', 'list', '--config', config, env=ENVIRONMENT)
        tap.equal(len(pids), 2, result)
        tap.contains(listed.out, *pids)


if __name__ == '__main__':
    tap.main(globals())
