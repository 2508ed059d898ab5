#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""amtprov psk sheet and revoke: pairs on paper, and what the store knows of them."""

import html
import os
import re
import resource
import signal
import subprocess

from tap import AMTPROV, Folder, contains, equal, main, run, site_config, true

PID = r'[0-9A-Z]{4}-[0-9A-Z]{4}'
PPS = rf'{PID}-{PID}-{PID}-{PID}'
# What a printer takes on Letter, which is the shorter paper.
PAGE_LINES = 60
CARD_PARTS = ('card', 'Host name', 'Asset', 'MEBx password', 'New password', 'PID', 'PPS', '[ ] password', 'Name, date')


def sheet(config, output, *arguments):
    result = run('psk', 'sheet', '--output', output, '--config', config, '--json', *arguments)
    equal(result.code, 0, result)
    data = result.json()
    equal(set(data), {'file', 'booking', 'cards'})
    equal([card['card'] for card in data['cards']], list(range(1, len(data['cards']) + 1)))
    with open(output, encoding='utf-8') as file:
        return data, file.read()


def stored(config):
    result = run('psk', 'list', '--json', '--config', config)
    equal(result.code, 0, result)
    return {pair['pid']: pair for pair in result.json()['pairs']}


def refused(config, *arguments, code=1):
    result = run('psk', 'sheet', *arguments, '--config', config)
    equal([result.code, result.out], [code, ''], result)
    return result.err


def left(folder):
    return sorted(name for name in os.listdir(folder.name) if name.startswith('.') or 'sheet' in name)


def html_cards(text):
    """The first part is the head."""
    return text.split('<div class="card">')[1:]


def test_html_has_a_card_for_each_pair():
    with Folder() as folder:
        config = site_config(folder)
        data, text = sheet(config, folder.path('sheet.html'), '--count', 30)
        equal(len(html_cards(text)), 30)
        for card, printed in zip(data['cards'], html_cards(text)):
            equal(re.findall(rf'<td class="key">({PID})<', printed), [card['pid']])
            [pps] = re.findall(rf'<td class="key">({PPS})<', printed)
            equal(run('psk', 'check', card['pid'], pps).code, 0)
            contains(printed, 'New password', '>admin<', f'Card {card["card"]} of 30', data['booking'])
            equal(len(re.findall('class="tick"', printed)), 5)
        equal(len({card['pid'] for card in data['cards']}), 30)


def test_html_is_for_paper_and_stands_alone():
    with Folder() as folder:
        _, text = sheet(site_config(folder), folder.path('sheet.html'), '--count', 1)
        true(not re.search(r'(src|href|url|@import)\s*[=(]|https?:', text), text)
        rules = dict(re.findall(r'([^{}/]+?) \{([^}]*)\}', text.split('<style>')[1].split('</style>')[0]))
        card, key, page = (next(value for name, value in rules.items() if name.strip().endswith(wanted))
                           for wanted in ('.card', '.key', '@page'))
        contains(card, 'break-inside: avoid', 'page-break-inside: avoid')
        true('size' not in page and 'height' not in card, 'A4 and Letter')
        contains(key, 'monospace', 'font-feature-settings: "zero"', 'white-space: pre')


def test_digits_are_marked():
    with Folder() as folder:
        config = site_config(folder)
        _, text = sheet(config, folder.path('sheet.html'), '--count', 20)
        keys = re.findall(r'<td class="key">(.*?)<span>(.*?)</span>', text)
        equal(len(keys), 60)
        _, text = sheet(config, folder.path('sheet.txt'), '--count', 20)
        lines = text.splitlines()
        keys += [(line[17:], lines[i + 1][17:]) for i, line in enumerate(lines)
                 if line.startswith(('New password', 'PID  ', 'PPS  '))]
        equal(len(keys), 120)
        for key, marks in keys:
            wanted = ''.join('^' if char in '0123456789' else ' ' for char in html.unescape(key))
            equal(marks, wanted.rstrip(), key)


def test_text_never_cuts_a_card():
    with Folder() as folder:
        data, text = sheet(site_config(folder), folder.path('sheet.txt'), '--count', 11)
        pages = text.split('\f')
        equal(len(pages), 3)
        for page in pages:
            true(len(page.splitlines()) <= PAGE_LINES, page)
            contains(page.splitlines()[1], data['booking'])
            starts = [line.split()[0] for line in page.splitlines() if line and not line.startswith(' ')]
            equal(starts.count('----') * 10, len(starts) - 3, page)
        true(max(map(len, text.splitlines())) <= 80, text)
        for card in text.split('---- card ')[1:]:
            contains(f'card {card}', *CARD_PARTS)
        equal(re.findall(rf'^PID +({PID})$', text, re.M), [card['pid'] for card in data['cards']])


def test_the_inventory_fills_cards_in():
    with Folder() as folder:
        config = site_config(folder)
        uuid = '4c4c4544-0036-4a10-8052-b4c04f563233'
        inventory = folder.write('pcs.csv', f'host,amt,Asset,uuid\npc-01,9.5,47<11>,{uuid}\n"two\nlines",2.1,,\n')
        data, text = sheet(config, folder.path('sheet.html'), '--inventory', inventory)
        equal([[card['host'], card['asset'], card['uuid']] for card in data['cards']],
              [['pc-01', '47<11>', uuid], ['two\nlines', None, None]])
        contains(html_cards(text)[0], '<b>pc-01</b>', '<b>47&lt;11&gt;</b>', uuid)
        data, text = sheet(config, folder.path('sheet.txt'), '--inventory', inventory, '--count', 5)
        equal(len(data['cards']), 5)
        contains(text, 'Host name        pc-01\nAsset            47<11>\n', 'Host name        two lines\n',
                 'Host name        ____')


def test_bad_inventories_make_no_sheet():
    with Folder() as folder:
        config = site_config(folder)
        output = ('--output', folder.path('sheet.html'))
        for text, *parts in ((b'', ':1: the file is empty'), (b'room\n4\n', ':1: ', 'host, asset and uuid'),
                             (b'host,asset\na,1\nb\n', ':3: 1 cells'), (b'host\na\n"b\n', ':3: a quotation mark'),
                             (b'host\n\xff\n', ':2: cell 1 is no UTF-8')):
            contains(refused(config, '--inventory', folder.write('x.csv', text), *output), 'x.csv', *parts)
        refused(config, '--inventory', folder.write('x.csv', 'host\n'), *output, code=2)
        contains(refused(config, '--inventory', folder.write('x.csv', 'host\na\nb\n'), '--count', 1, *output, code=2),
                 '2 machines')
        equal([left(folder), stored(config)], [[], {}])


def test_wrong_usage():
    with Folder() as folder:
        config = site_config(folder)
        for arguments in ([], ['--count', 3], ['--output', folder.path('sheet.html')],
                          ['--count', 3, '--output', folder.path('sheet.pdf')],
                          *(['--count', count, '--output', folder.path('sheet.html')] for count in (0, -1, 100001, 'x'))):
            refused(config, *arguments, code=2)
        equal([left(folder), stored(config)], [[], {}])


def test_pairs_are_booked_before_anybody_sees_them():
    with Folder() as folder:
        config = site_config(folder)
        path = folder.path('sheet.html')
        data, _ = sheet(config, path, '--count', 3)
        equal(os.stat(path).st_mode & 0o777, 0o600)
        for card in data['cards']:
            equal(stored(config)[card['pid']],
                  {'pid': card['pid'], 'state': 'issued', 'uuid': None, 'medium': 'sheet', 'file': path,
                   'record': str(card['card']), 'booking': data['booking'], 'revoked': None})
        contains(run('psk', 'list', '--config', config).out,
                 f'issued    sheet: {path}, record 3, booking {data["booking"]}')


def test_a_sheet_is_not_overwritten():
    with Folder() as folder:
        config = site_config(folder)
        data, text = sheet(config, folder.path('sheet.html'), '--count', 1)
        contains(refused(config, '--count', 2, '--output', folder.path('sheet.html')), 'is there already')
        equal(len(stored(config)), 1)
        with open(data['file'], encoding='utf-8') as file:
            equal(file.read(), text)


def limit_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4 << 20, 4 << 20))


def test_a_sheet_that_is_not_completed_frees_its_pairs():
    with Folder() as folder:
        config = site_config(folder)
        contains(refused(config, '--count', 2, '--output', folder.path('no/sheet.html')), 'cannot write in')
        inventory = folder.write('pcs.csv', 'asset\n' + f'{"x" * 500000}\n' * 10)
        process = subprocess.run([AMTPROV, 'psk', 'sheet', '--inventory', inventory, '--output',
                                  folder.path('sheet.html'), '--config', config], capture_output=True, text=True,
                                 preexec_fn=limit_files, check=False)
        equal([process.returncode, process.stdout], [1, ''], process.stderr)
        contains(process.stderr, 'cannot write', 'File too large')
        equal([pair['state'] for pair in stored(config).values()], ['free'] * 10)
        equal(left(folder), [])


def revoke(config, *arguments, code=0):
    result = run('psk', 'revoke', *arguments, '--json', '--config', config)
    equal(result.code, code, result)
    return result


def test_revoke():
    with Folder() as folder:
        config = site_config(folder)
        data, text = sheet(config, folder.path('sheet.html'), '--count', 3)
        pids = [card['pid'] for card in data['cards']]
        equal(revoke(config, pids[0], pids[0].replace('-', ''), pids[1]).json(),
              {'revoked': pids[:2], 'unchanged': [], 'refused': []})
        pairs = stored(config)
        equal([pairs[pid]['state'] for pid in pids], ['revoked', 'revoked', 'issued'])
        true(re.fullmatch(r'\d{4}-\d\d-\d\dT\S+Z', pairs[pids[0]]['revoked']), pairs)
        equal(revoke(config, pids[0]).json(), {'revoked': [], 'unchanged': [pids[0]], 'refused': []})
        equal(stored(config)[pids[0]], pairs[pids[0]])
        equal(revoke(config, '--booking', data['booking']).json()['revoked'], [pids[2]])
        contains(run('psk', 'revoke', '--booking', data['booking'], '--config', config).out,
                 f'{pids[2]}  was revoked or replaced before')
        # It cannot come back.
        pps = re.findall(PPS, text)
        result = run('psk', 'import', '-', '--config', config, stdin=f'{pids[0]},{pps[0]}\n')
        equal(result.code, 1, result)
        contains(result.err, 'is in the store already')
        equal(stored(config)[pids[0]]['state'], 'revoked')


def test_revoke_nothing_when_something_is_wrong():
    with Folder() as folder:
        config = site_config(folder)
        data, _ = sheet(config, folder.path('sheet.html'), '--count', 1)
        [pid] = [card['pid'] for card in data['cards']]
        contains(revoke(config, pid, '0000-037M', code=1).err, 'nothing was revoked', '0000037M is not in the store')
        contains(revoke(config, pid, '0000-0370', code=1).err, 'nothing was revoked', 'PID')
        contains(revoke(config, '--booking', 'x', code=1).err, 'no pair has the booking x')
        revoke(config, code=2)
        revoke(config, pid, '--booking', data['booking'], code=2)
        equal(stored(config)[pid]['state'], 'issued')


main(globals())
