#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The table of settings, and new site files that are made of it."""

import os
import pathlib
import re
import stat

from tap import Folder, contains, equal, main, run, true


def settings(file='sites.d/*.conf'):
    result = run('config', 'settings', '--json')
    equal(result.code, 0, result)
    return next(entry['groups'] for entry in result.json()['files'] if entry['file'] == file)


def configuration(folder, plugins='psk;pki;agent;sqlite'):
    return folder.write('amtprov.conf', f'[amtprov]\nplugins={plugins}\n')


def site_new(config, *arguments, **options):
    return run('site', 'new', *arguments, '--config', config, **options)


def check(config):
    return run('config', 'check', '--config', config)


def files_of(folder):
    return sorted(str(path.relative_to(folder.name))
                  for path in pathlib.Path(folder.name).rglob('*') if path.is_file())


def test_the_table_as_json():
    equal([group['group'] for group in settings('amtprov.conf')], 
          ['amtprov', 'hello', 'limits', 'agent'])
    groups = {group['group']: group for group in settings()}
    for name in ('site', 'match', 'profile', 'psk', 'pki NAME', 'agent'):
        true(name in groups, name)
    tls = next(key for key in groups['profile']['settings'] if key['key'] == 'tls')
    equal(tls['type'], 'choice')
    equal(tls['default'], 'server')
    equal(tls['initial'], 'off')
    equal(tls['allowed'], ['off', 'server', 'mutual'])
    equal(tls['required'], False)
    equal(tls['since'], '0.1')
    contains(tls['help'], 'mutual:')
    cells = settings('capabilities.d/*.conf')[0]['settings']
    true(any(cell['key'] == 'method.ID' for cell in cells))


def test_the_table_as_text():
    result = run('config', 'settings')
    equal(result.code, 0, result)
    for file in ('amtprov.conf', 'sites.d/*.conf', 'capabilities.d/*.conf'):
        contains(result.out, file)
        for group in settings(file):
            contains(result.out, f'[{group["group"]}]')
            for key in group['settings']:
                contains(result.out, f'  {key["key"]} ({key["type"]}: ')
    contains(result.out, 'tls (choice: off, server, mutual; default server)',
             'name (name: NAME; required)')


def test_a_table_with_a_mistake():
    with Folder() as folder:
        folder.write('plugins/oem.plugin', '[Plugin]\nModule=amtprov-oem\nName=oem\nX-AmtProvAbi=1\n'
                     'X-AmtProvProvides=method:oem\n')
        place = folder.write('plugins/oem.schema', '[oem]\nhelp=No version.\n')
        result = run('config', 'settings', env={'AMT_PROV_PLUGIN_PATH': folder.path('plugins')})
        equal(result.code, 1, result)
        contains(result.err, f'{place}:1: [oem] since: missing')


def test_a_new_site_passes_the_check():
    with Folder() as folder:
        config = configuration(folder)
        old = os.umask(0o077)
        try:
            result = site_new(config, 'lab')
        finally:
            os.umask(old)
        equal(result.code, 0, result)
        path = folder.path('sites.d/lab.conf')
        equal(result.out, f'{path}\n')
        equal(result.err, '')
        equal(stat.S_IMODE(os.stat(path).st_mode), 0o644)
        equal(files_of(folder), ['amtprov.conf', 'sites.d/lab.conf'])
        result = check(config)
        equal(result.code, 0, result)
        contains(result.out, '1 site')


def test_a_new_site_has_every_key_with_its_help():
    with Folder() as folder:
        result = site_new(configuration(folder), 'lab', '--output', '-')
        equal(result.code, 0, result)
        words = ' '.join(line.removeprefix('#').strip() for line in result.out.splitlines())
        for group in settings():
            contains(result.out, f'[{group["group"]}]\n')
            contains(words, group['help'])
            for key in group['settings']:
                contains(words, key['help'])
                true(re.search(rf'^#?{key["key"]}=', result.out, re.M), key)
                equal(f'; required)\n#{key["key"]}=' in result.out or
                      f'; required)\n{key["key"]}=' in result.out, key['required'], key)
        # Only what must be said is said.
        equal([line for line in result.out.splitlines() if re.match(r'\w[\w-]*=', line)],
              ['name=lab', 'tls=off'])
        equal(files_of(folder), ['amtprov.conf'])


def test_every_default_can_be_written_out():
    with Folder() as folder:
        config = configuration(folder)
        text = site_new(config, 'lab', '--output', '-').out
        tried = 0
        for group in settings():
            for key in group['settings']:
                line = f'#{key["key"]}={key["default"]}\n'
                if key['default'] is None or key['initial'] is not None:
                    continue
                equal(text.count(line), 1, line)
                folder.write('sites.d/lab.conf', text.replace(line, line[1:]))
                result = check(config)
                equal(result.code, 0, f'{line}{result}')
                tried += 1
        true(tried >= 10, tried)
        # A key stands below the header of its group, so a mistake in it is reported there.
        folder.write('sites.d/lab.conf', text.replace('#rotate=yes', 'rotate=perhaps'))
        contains(check(config).err, '[psk] rotate: "perhaps"')


def test_methods_and_groups_of_enabled_plugins():
    with Folder() as folder:
        config = configuration(folder, plugins='psk;sqlite')
        result = site_new(config, 'lab', '--methods', 'psk')
        equal(result.code, 0, result)
        text = pathlib.Path(folder.path('sites.d/lab.conf')).read_text()
        contains(text, '\norder=psk\n', '\n[psk]\n')
        true('[pki' not in text)
        equal(check(config).code, 0)
        result = site_new(config, 'other', '--methods', 'psk,pki')
        equal(result.code, 1, result)
        contains(result.err, '"pki"', '[amtprov] plugins provide psk')
    with Folder() as folder:
        config = configuration(folder)
        equal(site_new(config, 'lab', '--methods', 'pki,psk').code, 0)
        text = pathlib.Path(folder.path('sites.d/lab.conf')).read_text()
        contains(text, '\norder=pki;psk\n', '\n#[pki NAME]\n')


def test_never_over_another_file():
    with Folder() as folder:
        config = configuration(folder)
        path = folder.write('sites.d/lab.conf', '[site]\nname=other\n[profile]\ntls=off\n')
        before = pathlib.Path(path).read_text()
        result = site_new(config, 'lab')
        equal(result.code, 1, result)
        contains(result.err, path, 'already there')
        equal(pathlib.Path(path).read_text(), before)
        result = site_new(config, 'third', '--output', config)
        equal(result.code, 1, result)
        contains(result.err, config, 'already there')
        equal(files_of(folder), ['amtprov.conf', 'sites.d/lab.conf'])


def test_taken_and_bad_names():
    with Folder() as folder:
        config = configuration(folder)
        path = folder.write('sites.d/first.conf', '[site]\nname=lab\n[profile]\ntls=off\n')
        result = site_new(config, 'lab')
        equal(result.code, 1, result)
        contains(result.err, path, 'choose another')
        for name in ('a/b', '../x', '.hidden', '..', 'a b', ''):
            result = site_new(config, name)
            equal(result.code, 1, f'{name}: {result}')
        equal(site_new(config).code, 2)
        equal(site_new(config, 'one', 'two').code, 2)
        equal(files_of(folder), ['amtprov.conf', 'sites.d/first.conf'])


def test_a_broken_configuration_or_folder():
    with Folder() as folder:
        config = folder.write('amtprov.conf', '[amtprov]\ncolour=red\n')
        result = site_new(config, 'lab')
        equal(result.code, 1, result)
        contains(result.err, f'{config}:2: [amtprov] colour')
        equal(site_new(folder.path('none.conf'), 'lab').code, 1)
        config = configuration(folder)
        result = site_new(config, 'lab', '--output', folder.path('nowhere/lab.conf'))
        equal(result.code, 1, result)
        contains(result.err, 'nowhere')
        folder.write('sites.d', 'a file where the folder should be')
        equal(site_new(config, 'lab').code, 1)


def test_another_place():
    with Folder() as folder:
        config = configuration(folder)
        path = folder.path('draft.txt')
        result = site_new(config, 'lab', '--output', path)
        equal(result.code, 0, result)
        contains(pathlib.Path(path).read_text(), '\nname=lab\n')
        equal(files_of(folder), ['amtprov.conf', 'draft.txt'])


def test_what_is_left_to_settle_is_said():
    with Folder() as folder:
        config = configuration(folder)
        equal(site_new(config, 'first').code, 0)
        result = site_new(config, 'second')
        equal(result.code, 0, result)
        contains(result.err, 'to be settled', '[match] subnets', 'only one may')


main(globals())
