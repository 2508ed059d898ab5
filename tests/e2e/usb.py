# SPDX-License-Identifier: LGPL-2.1-or-later
"""Machines that took their pair from a stick: what the store says of how the key arrived."""

import contextlib
import json
import re
import sqlite3

from harness import Bench, Machine, contains, equal, main, true

PLUGINS = 'psk;usb;sqlite'


def records(bench, path):
    text = bench.call_plain('usb', 'inspect', path, '--json', '--show-secrets')
    return [{variable['name']: variable['value'] for variable in record['variables']}
            for record in json.loads(text)['records']]


def set_up(bench, count=1, release='9.5', order='psk;usb', plugins=PLUGINS):
    """A stick for so many machines, and machines with what stands on it."""
    bench.configure(plugins=plugins)
    bench.site(order=order, pki='')
    path = bench.path('setup.bin')
    bench.call('usb', 'create', '--version', '1', '--records', count, '--output', path)
    machines = [Machine(bench, release, 'psk', pid=record['pid'], pps=record['pps'],
                        password=record['new-mebx-password'])
                for record in records(bench, path)]
    bench.import_machines([{'uuid': machine.uuid} for machine in machines])
    return machines


def test_the_method_of_record_is_usb():
    with Bench() as bench:
        machines = set_up(bench, 2)
        machines += set_up_by_hand(bench)
        daemon = bench.daemon()
        bench.simulate(machines)
        daemon.wait_state(machines, 'operational')
        devices = bench.devices()
        equal([devices[machine.uuid]['method'] for machine in machines], ['usb', 'usb', 'psk'])
        for machine in machines:
            bench.check_password(machine)
        contains(bench.facts(machines[0])['why'], 'setup.bin')
        states = bench.psk_states()
        equal(states[dashed(machines[0])][0], 'retired', states)


def dashed(machine):
    pid = machine.keys['pid']
    return f'{pid[:4]}-{pid[4:]}'


def set_up_by_hand(bench):
    [(pid, pps)] = bench.pairs(1)
    machine = Machine(bench, '9.5', 'psk', pid=pid, pps=pps)
    bench.import_machines([{'uuid': machine.uuid}])
    return [machine]


def test_a_site_without_the_method_sets_them_up_by_psk():
    with Bench() as bench:
        [machine] = set_up(bench, order='psk')
        daemon = bench.daemon()
        bench.simulate([machine])
        daemon.wait_state([machine], 'operational')
        equal(bench.devices()[machine.uuid]['method'], 'psk')


def test_a_pair_that_was_typed_in_is_not_for_usb():
    with Bench() as bench:
        bench.configure(plugins=PLUGINS)
        bench.site(order='usb', pki='')
        [machine] = set_up_by_hand(bench)
        daemon = bench.daemon()
        bench.simulate([machine])
        daemon.wait_once(machine, 'blocked')
        contains(bench.facts(machine)['error'], 'not put on a stick')


def test_the_stick_of_amt_2():
    with Bench() as bench:
        [machine] = set_up(bench, release='2.1')
        daemon = bench.daemon()
        bench.simulate([machine])
        daemon.wait_state([machine], 'operational')
        equal(bench.devices()[machine.uuid]['method'], 'usb')
        true(dashed(machine) in bench.psk_states())


@contextlib.contextmanager
def unreadable_pairs(bench):
    """A store that cannot give out pairs, but everything else."""
    store = sqlite3.connect(bench.path('store.db'), isolation_level=None)
    store.executescript(
        'BEGIN IMMEDIATE; ALTER TABLE records RENAME TO kept; '
        'CREATE VIEW records AS SELECT sequence, kind, key, owner, state, due, revision, '
        "CASE WHEN key LIKE 'psk:%' THEN json('broken') ELSE body END AS body, sealed FROM kept; "
        'COMMIT')
    yield
    store.executescript('BEGIN IMMEDIATE; DROP VIEW records; '
                        'ALTER TABLE kept RENAME TO records; COMMIT')
    store.close()


def test_a_store_that_fails_blocks_nobody():
    with Bench() as bench:
        [machine] = set_up(bench)
        daemon = bench.daemon()
        with unreadable_pairs(bench):
            bench.simulate([machine])
            daemon.wait_line(rf'{machine.uuid}: cannot read the store .*malformed JSON')
            equal(daemon.lines_of(machine, 'blocked'), [])
        daemon.wait_state([machine], 'operational')
        equal(bench.devices()[machine.uuid]['method'], 'usb')


# ---- sheets ----

def set_up_by_sheet(bench, count=1, extra=''):
    """A sheet for so many machines, and machines into which its cards were typed."""
    bench.configure(plugins=PLUGINS)
    bench.site(order='psk', pki='', extra=extra)
    path = bench.path('sheet.txt')
    bench.call('psk', 'sheet', '--count', count, '--output', path)
    with open(path, encoding='utf-8') as file:
        text = file.read()
    cards = zip(*(re.findall(rf'^{name}  +(.*)$', text, re.M) for name in ('PID', 'PPS', 'New password')))
    machines = [Machine(bench, '9.5', 'psk', pid=pid.replace('-', ''), pps=pps.replace('-', ''), password=password)
                for pid, pps, password in cards]
    equal(len(machines), count)
    bench.import_machines([{'uuid': machine.uuid} for machine in machines])
    return machines, re.search(r'--booking (\S+)', text)[1]


def test_a_pair_from_a_sheet_shows_how_it_came():
    with Bench() as bench:
        [machine], _ = set_up_by_sheet(bench)
        daemon = bench.daemon()
        bench.simulate([machine])
        daemon.wait_state([machine], 'operational')
        device = bench.devices()[machine.uuid]
        equal([device['method'], device['medium']], ['psk', 'sheet'])
        contains(bench.call('events').stdout, 'its pair came by sheet')
        bench.check_password(machine)


def test_a_lost_sheet_opens_no_machine():
    with Bench() as bench:
        machines, booking = set_up_by_sheet(bench, 2)
        bench.call('psk', 'revoke', '--booking', booking)
        daemon = bench.daemon()
        bench.simulate(machines)
        for machine in machines:
            daemon.wait_once(machine, 'blocked')
            contains(bench.facts(machine)['error'], f'PID {machine.keys["pid"]} was revoked at 20',
                     'enter a new pair into the MEBx')
        equal({state for state, _ in bench.psk_states().values()}, {'revoked'})


def test_the_pair_of_an_operational_machine_is_not_revoked():
    with Bench() as bench:
        [machine], booking = set_up_by_sheet(bench, extra='[psk]\nrotate=no\n')
        daemon = bench.daemon()
        bench.simulate([machine])
        daemon.wait_state([machine], 'operational')
        for what in ([dashed(machine)], ['--booking', booking]):
            done = bench.call('psk', 'revoke', *what, code=3)
            contains(done.stderr, f'{dashed(machine)} is not revoked', machine.uuid, 'operational')
        equal(bench.psk_states()[dashed(machine)][0], 'bound')


main(globals())
