#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""amtprov plan: an inventory, grouped by what a person has to do."""

import pathlib

from capability_data import releases
from tap import Folder, contains, equal, main, run, site_config, true

HEADER = 'host,amt,uuid,site\n'
ONE = '4c4c4544-0036-4a10-8052-b4c04f563233'
TWO = '4c4c4544-0036-4a10-8052-b4c04f563234'


def plan(text, *arguments, code=0):
    result = run('plan', '-', '--json', *arguments, stdin=text)
    equal(result.code, code, result)
    data = result.json()
    equal(set(data), {'machines', 'groups', 'problems'})
    return data, result.err


def refused(text, *arguments):
    """Nothing is planned."""
    result = run('plan', '-', *arguments, stdin=text)
    equal([result.code, result.out], [1, ''], result)
    return result.err


def problem(rows, *parts, config=()):
    """The last row is told with its line, and the others go on."""
    data, errors = plan(HEADER + rows, *config, code=1)
    line = HEADER.count('\n') + rows.count('\n')
    contains(errors, f'-:{line}: ', *parts)
    [told] = data['problems']
    equal(told['line'], line)
    contains(errors, told['problem'])
    equal(len(data['machines']), line - 2)


def explain(release, *arguments):
    return run('explain', '--amt', release, '--json', *arguments).json()['methods']


def all_methods(folder, order):
    """A site that has what every method wants."""
    return site_config(folder, plugins='psk;pki;usb;sqlite', order=order)


def check_against_registry(*config):
    names = list(releases())
    true(len(names) > 40, names)
    data, _ = plan(HEADER + ''.join(f'pc,{name},,\n' for name in names), *config)
    equal([machine['amt'] for machine in data['machines']], names)
    for machine in data['machines']:
        verdicts = explain(machine['amt'], *config)
        usable = [verdict for verdict in verdicts if verdict['usable']]
        group = data['groups'][machine['group'] - 1]
        equal(group['method'], machine['method'])
        true(all(verdict in group['verdicts'] for verdict in machine['verdicts']), machine)
        yield machine, verdicts, usable
    equal(sum(group['machines'] for group in data['groups']), len(names))


def test_it_agrees_with_the_registry_for_every_release():
    for machine, verdicts, usable in check_against_registry():
        found = [verdict for verdict in usable if verdict['id'] == machine['method']]
        equal(len(found), 1 if usable else 0, machine)
        if usable:
            [verdict] = machine['verdicts']
            equal([verdict['reason'], verdict['rule']], [found[0]['reason'], found[0]['rule']])
        else:
            equal(machine['verdicts'], verdicts)


def test_it_agrees_with_a_site_for_every_release():
    for order in ('psk', 'usb;psk', 'pki;usb;psk'):
        with Folder() as folder:
            for machine, verdicts, usable in check_against_registry('--config', all_methods(folder, order)):
                equal(machine['method'], usable[0]['id'] if usable else None, machine)
                equal(machine['verdicts'], usable[:1] or verdicts)


def test_groups_say_what_to_do():
    result = run('plan', '-', stdin=HEADER + 'a,2.1,,\nb,12.0,,\nc,2.5,,\nd,1.0,,\ne,6.2,,\nf,2.6,,\n')
    equal(result.code, 0, result)
    groups = [line for line in result.out.splitlines() if not line.startswith(' ')]
    equal(groups, [
        '2 machines, usb: start each once with a stick that has a record for it: '
        'amtprov usb create --version 1.0 --records 2 --image stick.img',
        '2 machines, pki: nothing, plug in power and network',
        '1 machine, no method is usable',
        '1 machine, agent: run in the operating system of each: '
        'amtprov-agent start --server https://HOST:9972 --token-file FILE'])
    contains(result.out, '  usb  usable   AMT 2.x reads a PID/PPS pair',
             '(amt.conf [2.5] method.usb)', '(amt.conf [12.x] method.pki)',
             '  psk    blocked  AMT 1.0 sits in the network card')


def test_each_version_of_the_stick_is_a_group():
    with Folder() as folder:
        data, _ = plan(HEADER + 'a,2.1,,\nb,9.5,,\nc,10.0,,\n', '--config', all_methods(folder, 'usb'))
        equal([group['machines'] for group in data['groups']], [1, 2])
        contains(data['groups'][0]['preparation'], '--version 1.0 --records 1 ')
        contains(data['groups'][1]['preparation'], '--version 3.0 --records 2 ')


def test_the_rule_of_the_site_is_named():
    with Folder() as folder:
        data, _ = plan(HEADER + 'a,12.0,,lab\n', '--config', all_methods(folder, 'psk'))
        equal(data['machines'][0]['method'], None)
        [group] = data['groups']
        equal([group['method'], group['preparation']], [None, None])
        rules = {verdict['id']: verdict for verdict in group['verdicts']}
        contains(rules['pki']['reason'], 'add pki to [methods] order')
        contains(rules['pki']['rule']['file'], 'lab.conf')
        contains(rules['agent']['reason'], 'not loaded')


def test_a_method_that_is_named_but_not_loaded():
    with Folder() as folder:
        folder.write('oem.conf', '[40.0..x]\nmethod.oem=yes\nmethod.psk=no\nmethod.pki=no\n'
                     'method.agent=no\nmethod.usb=no\n')
        folder.write('capabilities.d/oem.conf', pathlib.Path(folder.path('oem.conf')).read_text())
        result = run('plan', '-', '--json', stdin=HEADER + 'a,40.1,,\n',
                     env={'AMT_PROV_CONFIG_DIR': folder.name})
        equal(result.code, 0, result)
        [group] = result.json()['groups']
        equal(group['method'], None)
        contains(result.out, 'name its plugin in [amtprov] plugins')


def test_other_columns_are_kept():
    data, _ = plan('\ufeffRoom,SITE,amt, host ,uuid\r\n"4, ""east""",,9.5,pc-1,\r\n'
                   f'"two\r\nlines",,9.5,pc-2,{ONE}\r\n\r\n5,,9.5,pc-3,\r\n')
    equal([machine['others'] for machine in data['machines']],
          [{'Room': '4, "east"'}, {'Room': 'two\r\nlines'}, {'Room': '5'}])
    equal([machine['line'] for machine in data['machines']], [2, 3, 6])
    first = data['machines'][0]
    equal({key: first[key] for key in ('host', 'amt', 'uuid', 'site')},
          {'host': 'pc-1', 'amt': '9.5', 'uuid': None, 'site': None})


def test_bad_rows_are_told_and_the_rest_goes_on():
    problem('a,9.5,,\nb,,,\n', 'the AMT release is missing')
    problem('a,9.5,,\nb,9,,\n', '"9" is no AMT release')
    problem('a,9.5,,\nb,13.0,,\n', 'no capability file has a group for AMT 13.0')
    problem('a,9.5,,\nb,9.5,4c4c,\n', '“4c4c” is no UUID')
    problem(f'a,9.5,{ONE},\nb,9.5,{TWO},\nc,9.5,{ONE.upper()},\n', f'{ONE} stands in line 2 already')
    problem('a,9.5,,\nb,9.5,\n', '3 cells, but the first line names 4 columns')
    problem('a,9.5,,\nb,9.5,,,\n', '5 cells, but the first line names 4 columns')
    data, errors = plan(HEADER.encode() + b'a,9.5,,\nb\xff,9.5,,\nc,9.5,,\n', code=1)
    contains(errors, '-:3: cell 1 is no UTF-8 text')
    equal([machine['host'] for machine in data['machines']], ['a', 'c'])


def test_sites():
    with Folder() as folder:
        config = ['--config', all_methods(folder, 'psk')]
        problem('a,9.5,,lab\nb,9.5,,cellar\n', 'there is no site “cellar”', config=config)
        equal(plan(HEADER + 'a,9.5,,\n', *config)[0]['machines'][0]['site'], 'lab')
        folder.write('sites.d/attic.conf',
                     f'[site]\nname=attic\n[match]\nuuids={ONE}\n[methods]\norder=usb\n'
                     '[admission]\npolicy=known\n[profile]\ndomain=attic.example.net\ntls=off\n')
        data, errors = plan(HEADER + f'a,9.5,,lab\nb,9.5,{ONE},\nc,9.5,,\n', *config, code=1)
        equal([[machine['site'], machine['method']] for machine in data['machines']],
              [['lab', 'psk'], ['attic', 'usb']])
        contains(errors, '-:4: the site is missing', 'has 2 sites')


def test_bad_files():
    contains(refused(''), '-:1: the file is empty')
    for missing in ('host', 'amt', 'uuid', 'site'):
        header = ','.join(name for name in ('host', 'amt', 'uuid', 'site') if name != missing)
        contains(refused(f'{header}\n'), f'-:1: ', f'“{missing}” is missing')
    contains(refused('host,amt,uuid,Host,site\n'), '-:1: the column “Host” stands there twice')
    contains(refused(b'host,amt,uuid,site,\xff\n'), '-:1: cell 5 is no UTF-8 text')
    result = run('plan', '/nonexistent/inventory.csv')
    equal(result.code, 1, result)
    contains(result.err, '/nonexistent/inventory.csv')
    contains(refused(HEADER, '--config', '/nonexistent/amtprov.conf'), '/nonexistent/amtprov.conf')
    equal(run('plan').code, 2)


def test_a_quotation_mark_that_is_missing_loses_no_row_before_it():
    for text in ('b,9.5,,"lab\nc,9.5,,\n', 'b,9.5,,la"b\nc,9.5,,\n', 'b,9.5,,"la"b\nc,9.5,,\n'):
        data, errors = plan(HEADER + 'a,9.5,,\n' + text, code=1)
        contains(errors, '-:3: a quotation mark is missing', 'What follows was not read')
        equal([machine['host'] for machine in data['machines']], ['a'])
    data, errors = plan(HEADER + 'a,9.5,,\nb,9.5,,"' + 'lab,\n' * 500000, code=1)
    contains(errors, '-:3: a cell of more than 1 MiB')
    equal([machine['host'] for machine in data['machines']], ['a'])


def test_a_file_without_lines_is_not_held_in_memory():
    data, errors = plan(HEADER + 'a,9.5,,\n' + ',' * 1000000, code=1)
    contains(errors, '-:3: more than 65536 cells')
    equal([machine['host'] for machine in data['machines']], ['a'])


def test_a_hundred_thousand_machines():
    names = ['2.1', '12.0.67', '9.5', '1.0']
    text = HEADER + ''.join(f'pc-{i},{names[i % 4]},00000000-0000-4000-8000-{i:012d},\n'
                            for i in range(100000))
    result = run('plan', '-', stdin=text)
    equal(result.code, 0, result.err)
    contains(result.out, '25000 machines, usb: ', '--records 25000 ', '50000 machines, pki: ',
             '25000 machines, no method is usable')


main(globals())
