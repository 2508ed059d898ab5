# SPDX-License-Identifier: LGPL-2.1-or-later
"""Machines whose setup window closes before they are operational, and machines in line."""

import contextlib
import datetime
import json
import sqlite3

from harness import Bench, Machine, contains, equal, main, pki_hello, send_bytes, true


def say_hello(bench, machine, retry=0):
    send_bytes(bench, pki_hello(machine.uuid, [machine.keys['root']], retry), machine.address)


def closing_time(bench, machine):
    text = bench.facts(machine)['window-closes'].replace('Z', '+00:00')
    return datetime.datetime.fromisoformat(text)


def revision(bench, machine):
    """How often its row was written."""
    with contextlib.closing(sqlite3.connect(bench.path('store.db'))) as store:
        return store.execute('SELECT revision FROM records WHERE key = ? AND state IS NOT NULL',
                             [machine.uuid]).fetchone()[0]


def test_a_window_that_closes():
    with Bench() as bench:
        bench.write('etc/capabilities.d/windows.conf', '[2.0..x]\nbare-metal-window-hours=0\n')
        bench.configure()
        bench.site(order='pki')
        machine, other = Machine(bench, '12.0', 'pki'), Machine(bench, '12.0', 'pki')
        bench.import_machines([{'uuid': machine.uuid, 'hostname': 'pc-17'}, {'uuid': other.uuid}])
        daemon = bench.daemon()
        # Nobody listens there.
        say_hello(bench, machine)
        daemon.wait_state([machine], 'waiting')
        found = json.loads(bench.call('devices', '--waiting', '--json').stdout)['devices']
        equal([(device['uuid'], device['state'], device['host'], device['address'])
               for device in found], [(machine.uuid, 'waiting', 'pc-17', machine.address)])
        true(closing_time(bench, machine) <= datetime.datetime.now(datetime.timezone.utc))
        table = bench.call('devices', '--waiting').stdout.splitlines()
        equal(len(table), 2, table)
        contains(table[0], 'UUID', 'HOST', 'ADDRESS', 'CLOSED', 'RULE')
        contains(table[1], machine.uuid, 'pc-17', machine.address,
                 bench.facts(machine)['window-closes'], 'method.pki')
        contains(bench.call('events').stdout, 'its setup window has closed')
        contains(bench.facts(machine)['error'], 'open')
        # Somebody has started it anew.
        bench.simulate([machine])
        daemon.wait_state([machine], 'operational')
        true('window-closes' not in bench.facts(machine))
        equal(bench.call('devices', '--waiting').stdout.splitlines()[1:], [])


def test_a_blocked_machine_whose_window_closes():
    """Mending what blocks it is not enough: it says no hello any more."""
    with Bench() as bench:
        bench.write('etc/capabilities.d/windows.conf', '[2.0..x]\nbare-metal-window-hours=0\n')
        bench.configure()
        bench.site(order='psk')
        machine = Machine(bench, '12.0', 'pki')
        bench.import_machines([{'uuid': machine.uuid}])
        daemon = bench.daemon()
        say_hello(bench, machine)
        daemon.wait_state([machine], 'waiting')
        true(closing_time(bench, machine) <= datetime.datetime.now(datetime.timezone.utc))
        contains(bench.call('devices', '--waiting').stdout, machine.uuid, machine.address,
                 'no method fits: ')
        [device] = json.loads(bench.call('devices', '--waiting', '--json').stdout)['devices']
        contains(device['error'], 'no method fits: ')
        events = bench.call('events').stdout
        contains(events, 'blocked: no method fits', 'its setup window has closed')
        # The same in its next window, which is no news.
        say_hello(bench, machine)
        daemon.wait_for(lambda: len(daemon.lines_of(machine, 'waiting')) > 1, 'waiting again')
        equal(bench.call('events').stdout.count('blocked: no method fits'), 1)
        daemon.stop()
        bench.site(order='pki')
        daemon = bench.daemon()
        bench.simulate([machine])
        daemon.wait_state([machine], 'operational')
        equal(bench.devices()[machine.uuid]['error'], None)


def test_a_blocked_machine_whose_window_is_open():
    with Bench() as bench:
        bench.configure()
        bench.site(order='psk')
        machine = Machine(bench, '12.0', 'pki')
        bench.import_machines([{'uuid': machine.uuid}])
        daemon = bench.daemon()
        say_hello(bench, machine)
        daemon.wait_once(machine, 'blocked')
        closes = closing_time(bench, machine)
        true(closes > datetime.datetime.now(datetime.timezone.utc), closes)
        equal(bench.call('devices', '--waiting').stdout.splitlines()[1:], [])
        # No hello moves the end of an open window: nobody has proved that it is the machine's.
        before = revision(bench, machine)
        for retry in (1, 0):
            count = len(daemon.lines)
            say_hello(bench, machine, retry)
            daemon.wait_line(f'{machine.uuid}: blocked', start=count)
        equal(closing_time(bench, machine), closes)
        equal(revision(bench, machine), before)


def test_how_long_a_window_is_open():
    with Bench() as bench:
        bench.configure()
        bench.site(order='pki')
        heard, extended = Machine(bench, '12.0', 'pki'), \
            Machine(bench, '12.0', 'pki', fault='status:1@SetMEBxPassword', fault_repeat='yes')
        bench.import_machines([{'uuid': heard.uuid}, {'uuid': extended.uuid}])
        daemon = bench.daemon()
        bench.simulate([extended])
        daemon.wait_once(extended, 'failed')
        say_hello(bench, heard)
        daemon.wait_once(heard, 'failed')
        first = closing_time(bench, heard)
        now = datetime.datetime.now(datetime.timezone.utc)
        hour = datetime.timedelta(hours=1)
        true(23 * hour < first - now < 25 * hour, first)
        true(5 * hour < closing_time(bench, extended) - now < 7 * hour)
        # A later hello of the same window does not move its end.
        count = len(daemon.lines_of(heard, 'failed'))
        say_hello(bench, heard, retry=3)
        daemon.wait_for(lambda: len(daemon.lines_of(heard, 'failed')) > count, 'failed again')
        equal(closing_time(bench, heard), first)


def test_a_machine_in_line():
    with Bench() as bench:
        bench.configure(limits='sessions=1\n')
        bench.site(order='pki')
        slow, next_one = Machine(bench, '12.0', 'pki', fault='hang@1'), Machine(bench, '12.0', 'pki')
        bench.import_machines([{'uuid': slow.uuid}, {'uuid': next_one.uuid}])
        daemon = bench.daemon()
        simulator = bench.simulate([slow])
        simulator.wait_event(slow, 'hanging')
        say_hello(bench, next_one)
        daemon.wait_once(next_one, 'hello')
        equal(bench.devices()[next_one.uuid]['state'], 'hello')


main(globals())
