#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""amtprov explain: verdicts, rules, sites, bad input."""

import os

from capability_data import releases
from tap import Folder, contains, equal, main, run, site_config, true

IDS = {'psk', 'pki', 'agent', 'usb'}


def explain(*arguments):
    result = run('explain', *arguments, '--json')
    equal(result.code, 0, result)
    data = result.json()
    equal(set(data), {'amt', 'methods'})
    for method in data['methods']:
        equal(set(method), {'id', 'usable', 'rank', 'reason', 'rule'})
        true(method['reason'], method)
        if method['rule'] is not None:
            equal(set(method['rule']), {'file', 'group', 'key'})
    return {method['id']: method for method in data['methods']}


def usable(*arguments):
    return {name for name, method in explain(*arguments).items() if method['usable']}


def test_founding_rule():
    for amt, wanted in (('2.0', {'psk', 'usb'}), ('2.1', {'psk', 'usb'}), ('2.5', {'psk', 'usb'}),
                        ('2.2', {'psk', 'agent', 'usb'}), ('2.6', {'psk', 'agent', 'usb'}),
                        ('3.0', IDS), ('3.2', IDS), ('5.2', IDS), ('9.5', IDS), ('10.0', IDS),
                        ('11.0', IDS - {'psk'}), ('12.0', IDS - {'psk'}),
                        ('16.1', IDS - {'psk'})):
        equal(usable('--amt', amt), wanted, amt)


def test_every_method_is_named():
    for amt in ('2.0', '9.5', '16.1', '13.0'):
        equal(set(explain('--amt', amt)), IDS)


def test_the_rule_is_named():
    rule = explain('--amt', '2.1')['pki']['rule']
    true(rule['file'], rule)
    contains(rule['group'], '2')
    contains(rule['key'], 'pki')


def test_release_in_no_group():
    for amt in ('2.3', '13.0', '1.0'):
        equal(usable('--amt', amt), set(), amt)
        result = run('explain', '--amt', amt)
        equal(result.code, 0, result)
        equal(result.out.count('blocked'), len(IDS), result)


def test_text_has_one_line_per_method():
    result = run('explain', '--amt', '9.5')
    equal(result.code, 0, result)
    lines = result.out.splitlines()
    equal(len(lines), len(IDS), result)
    for line in lines:
        equal(line.split()[1], 'usable', line)
    lines = run('explain', '--amt', '12.0').out.splitlines()
    equal({line.split()[0] for line in lines if line.split()[1] == 'blocked'}, {'psk'})


def test_malformed_release():
    for amt in ('', 'x', '9', '9.', '9.5.1.2.3', '-1.0', '9.5x', '99999999999.1'):
        result = run('explain', f'--amt={amt}')
        equal(result.code, 1, result)
        equal(result.out, '', result)
        true(result.err, result)


def test_site_without_configuration_is_wrong_usage():
    equal(run('explain', '--amt', '9.5', '--site', 'lab').code, 2)


def test_one_site_is_taken():
    with Folder() as folder:
        config = site_config(folder)
        methods = explain('--amt', '9.5', '--config', config)
        equal(set(methods), IDS)
        true(methods['psk']['usable'], methods)
        for other in IDS - {'psk'}:
            true(not methods[other]['usable'], methods)
        contains(methods['usb']['reason'], 'not loaded')


def test_no_pairs_from_a_stick_from_amt_11_on():
    with Folder() as folder:
        config = site_config(folder, plugins='psk;usb;sqlite', order='psk;usb')
        for release in releases():
            usb = explain('--amt', release, '--config', config)['usb']
            major = int(release.split('.')[0])
            equal(usb['usable'], 2 <= major <= 10, release)
            # Later ones are blocked by tls=off first.
            if 11 <= major <= 15:
                contains(usb['reason'], 'PSK provisioning was removed in AMT 11.0; from AMT 11.0 '
                         'setup.bin carries PKI settings only, no PID/PPS pairs')
                equal(usb['rule']['key'], 'method.psk')
        contains(explain('--amt', '1.0', '--config', config)['usb']['reason'],
                 'AMT 1.0 reads no setup.bin')


def test_a_refused_plugin_is_the_reason():
    with Folder() as folder:
        config = site_config(folder, plugins='psk;usb;sqlite')
        folder.write('plugins/usb.plugin', '[Plugin]\nModule=amtprov-usb\nName=usb\nX-AmtProvAbi=0\n'
                     'X-AmtProvProvides=method:usb\n')
        plugins = f'{folder.path("plugins")}:{os.environ["AMT_PROV_PLUGIN_PATH"]}'
        result = run('explain', '--amt', '9.5', '--config', config, '--json',
                     env={'AMT_PROV_PLUGIN_PATH': plugins})
        equal(result.code, 0, result)
        methods = {method['id']: method for method in result.json()['methods']}
        true(methods['psk']['usable'], methods)
        contains(methods['usb']['reason'], 'its plugin usb is not loaded: it was built for plugin ABI 0')
        listed = run('plugins', '--config', config, '--json', env={'AMT_PROV_PLUGIN_PATH': plugins})
        equal(listed.code, 0, listed)
        found = {plugin['name']: plugin for plugin in listed.json()['plugins']}
        for plugin in found.values():
            equal(set(plugin), {'name', 'loaded', 'reason', 'provides', 'loader', 'file'})
        equal([found['psk']['loaded'], found['psk']['reason'], found['psk']['provides']],
              [True, None, ['method:psk']])
        equal([found['usb']['loaded'], found['usb']['provides'], found['usb']['loader']],
              [False, ['method:usb'], 'c'])
        equal(found['usb']['file'], folder.path('plugins/usb.plugin'))
        contains(found['pki']['reason'], 'not named')
        contains(run('plugins', '--config', config, env={'AMT_PROV_PLUGIN_PATH': plugins}).out,
                 'psk     loaded   method:psk (c, ', 'usb     refused  it was built for plugin ABI 0')


def test_the_order_of_the_site_decides():
    with Folder() as folder:
        config = site_config(folder, plugins='psk;sqlite;pki', order='psk')
        methods = explain('--amt', '9.5', '--config', config)
        true(methods['psk']['usable'], methods)
        true(not methods['pki']['usable'], methods)
        rule = methods['pki']['rule']
        contains(rule['file'], 'lab.conf')
        equal(rule['group'], 'methods')
        equal(rule['key'], 'order')


def test_old_release_blocks_first():
    with Folder() as folder:
        config = site_config(folder)
        methods = explain('--amt', '12.0', '--config', config)
        equal([m for m in methods if methods[m]['usable']], [])


def test_several_sites_need_a_name():
    with Folder() as folder:
        config = site_config(folder)
        folder.write('sites.d/attic.conf',
                     '[site]\nname=attic\n[match]\nsubnets=192.0.2.0/24\n[methods]\norder=psk\n'
                     '[admission]\npolicy=known\n[profile]\ntls=off\n')
        result = run('explain', '--amt', '9.5', '--config', config)
        equal(result.code, 1, result)
        contains(result.err, 'lab', 'attic', '--site')
        true(explain('--amt', '9.5', '--config', config, '--site', 'attic')['psk']['usable'])
        result = run('explain', '--amt', '9.5', '--config', config, '--site', 'cellar')
        equal(result.code, 1, result)
        contains(result.err, 'cellar', 'lab', 'attic')


def test_configuration_that_is_not_there():
    result = run('explain', '--amt', '9.5', '--config', '/nonexistent/amtprov.conf')
    equal(result.code, 1, result)
    contains(result.err, '/nonexistent/amtprov.conf')


main(globals())
