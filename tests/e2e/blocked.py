# SPDX-License-Identifier: LGPL-2.1-or-later
"""What needs a person: the machine is blocked, the reason says what to do, no secret is sent."""

import re
import uuid as uuids

from harness import (DOMAIN, Bench, Machine, contains, equal, main, pki_hello, psk_hello,
                     send_bytes, true)


def check_untouched(simulator, machine):
    equal(simulator.of(machine, 'secret-received'), [], machine)
    equal(simulator.of(machine, 'committed'), [], machine)


def check_blocked(bench, daemon, simulator, machine, *parts):
    daemon.wait_once(machine, 'blocked')
    contains(bench.blocked(machine), *parts)
    check_untouched(simulator, machine)


class Case:
    """A machine, a site of its own, and what the error must say."""

    def __init__(self, name, machine, parts, amt='', suffix='', otp='', **site):
        self.name, self.machine, self.parts, self.site = name, machine, parts, site
        self.row = {'uuid': machine.uuid, 'amt': amt, 'suffix': suffix, 'otp': otp}


def run_cases(bench, cases, others=()):
    for case in cases:
        bench.site(case.name, match=f'uuids={case.machine.uuid}', **case.site)
    bench.import_machines(case.row for case in cases)
    daemon = bench.daemon()
    simulator = bench.simulate([case.machine for case in cases] + list(others))
    failures = []
    for case in cases:
        try:
            check_blocked(bench, daemon, simulator, case.machine, *case.parts)
        except AssertionError as error:
            failures.append(f'{case.name}: {error}')
    equal(failures, [], '\n'.join(failures))
    return daemon, simulator


def test_pairs_that_do_not_fit():
    with Bench() as bench:
        bench.configure()
        bench.site('first', match='subnets=192.0.2.0/24')
        (pid, _), (_, other_pps) = bench.pairs(2)
        new_pid, new_pps = bench.pairs(1, store=False)[0]
        run_cases(bench, [
            Case('unknown', Machine(bench, '9.5', 'psk', pid=new_pid, pps=new_pps),
                 [new_pid.replace('-', ''), 'not in the store', 'amtprov psk import']),
            Case('wrong', Machine(bench, '9.5', 'psk', pid=pid, pps=other_pps),
                 [pid.replace('-', ''), 'PPS', 'enter the pair again']),
        ])
        equal(bench.psk_states()[pid][0], 'free')


def test_pair_of_another_machine():
    with Bench() as bench:
        bench.configure()
        bench.site(extra='[psk]\nrotate=no\n')
        pid, pps = bench.pairs(1)[0]
        owner = Machine(bench, '7.1', 'psk', pid=pid, pps=pps)
        other = Machine(bench, '9.5', 'psk', pid=pid, pps=pps)
        bench.import_machines([{'uuid': owner.uuid}, {'uuid': other.uuid}])
        daemon = bench.daemon()
        first = bench.simulate([owner])
        daemon.wait_state([owner], 'operational')
        first.stop()
        second = bench.simulate([other])
        check_blocked(bench, daemon, second, other, pid.replace('-', ''), owner.uuid, other.uuid,
                      'one machine only')
        equal(bench.devices()[owner.uuid]['state'], 'operational')


def test_one_pair_in_two_machines_at_once():
    with Bench() as bench:
        bench.configure()
        bench.site()
        pid, pps = bench.pairs(1)[0]
        machines = [Machine(bench, release, 'psk', pid=pid, pps=pps) for release in ('7.1', '9.5')]
        bench.import_machines({'uuid': machine.uuid} for machine in machines)
        daemon = bench.daemon()
        simulator = bench.simulate(machines)

        def settled():
            return sorted(str(daemon.state_of(machine)) for machine in machines) == \
                ['blocked', 'operational']
        daemon.wait_for(settled, 'one operational, one blocked')
        loser = next(machine for machine in machines if daemon.state_of(machine) == 'blocked')
        check_untouched(simulator, loser)


def test_hello_in_the_name_of_another_machine():
    with Bench() as bench:
        bench.configure()
        bench.site()
        pid, pps = bench.pairs(1)[0]
        by_pair = Machine(bench, '9.5', 'psk', pid=pid, pps=pps)
        by_root = Machine(bench, '12.0', 'pki')
        claimed = {by_pair: str(uuids.uuid4()), by_root: str(uuids.uuid4())}
        bench.import_machines({'uuid': uuid} for uuid in claimed.values())
        daemon = bench.daemon()
        simulator = bench.simulate(list(claimed), hellos=False)
        send_bytes(bench, psk_hello(claimed[by_pair], pid), by_pair.address)
        send_bytes(bench, pki_hello(claimed[by_root], [by_root.keys['root']]), by_root.address)
        for machine, uuid in claimed.items():
            line = daemon.wait_line(f'{uuid}: (blocked|failed),')
            contains(line, 'identify', machine.uuid, uuid)
            check_untouched(simulator, machine)
        # The pair was not used up, and its real owner gets in.
        equal(bench.psk_states()[pid][0], 'free')
        bench.import_machines({'uuid': machine.uuid} for machine in claimed)
        send_bytes(bench, psk_hello(by_pair.uuid, pid), by_pair.address)
        daemon.wait_state([by_pair], 'operational')
        bench.check_password(by_pair)


def test_certificates_that_our_own_rules_refuse():
    with Bench() as bench:
        bench.configure()
        good = bench.chain('sha256')
        foreign = bench.chain('foreign', common_name='amt.other.example.org')
        short = bench.chain('short', bits=1024)
        sha1 = bench.chain('sha1')
        no_root = good.group(file=good.join('leaf', 'issuer'))
        sha1_root = bench.fingerprint('sha1-root', 'sha256')
        run_cases(bench, [
            Case('suffix', Machine(bench, '12.0', 'pki', root=foreign.root),
                 ['[pki foreign]', 'amt.other.example.org', DOMAIN], suffix=DOMAIN, order='pki',
                 pki=foreign.group()),
            Case('no-root', Machine(bench, '12.0', 'pki'), ['[pki sha256]', 'root is missing',
                 'add it to the file'], order='pki', pki=no_root),
            Case('other-roots', Machine(bench, '12.0', 'pki', root=foreign.root),
                 ['[pki sha256]', 'not among the', good.root], order='pki', pki=good.group()),
            Case('short-key', Machine(bench, '16.0', 'pki', root=short.root),
                 ['[pki short]', '1024 bits', '2048'], amt='16.0', order='pki', pki=short.group()),
            Case('old-digest', Machine(bench, '16.0', 'pki', root=sha1_root),
                 ['[pki sha1]', 'SHA-1'], amt='16.0', order='pki', pki=sha1.group()),
        ])


def test_certificates_that_the_machine_refuses():
    """Where the release or the suffix is unknown our rules cannot tell, and the handshake does."""
    with Bench() as bench:
        bench.configure()
        foreign = bench.chain('foreign', common_name='amt.other.example.org')
        short = bench.chain('short', bits=1024)
        sha1_root = bench.fingerprint(bench.chain('sha1').name + '-root', 'sha256')
        cases = [
            Case('suffix', Machine(bench, '12.0', 'pki', root=foreign.root),
                 ['[pki foreign]', 'alert', 'suffix'], order='pki', pki=foreign.group()),
            Case('short-key', Machine(bench, '16.0', 'pki', root=short.root),
                 ['[pki short]', 'alert', '1024 bits'], suffix=DOMAIN, order='pki',
                 pki=short.group()),
            Case('old-digest', Machine(bench, '16.0', 'pki', root=sha1_root),
                 ['[pki sha1]', 'alert', 'SHA-1'], suffix=DOMAIN, order='pki',
                 pki=bench.chain('sha1').group()),
        ]
        _, simulator = run_cases(bench, cases)
        for case in cases:
            true(simulator.of(case.machine, 'handshake-refused'), case.name)


def test_expired_certificate():
    with Bench() as bench:
        bench.configure()
        expired = bench.chain('expired', days=-1)
        run_cases(bench, [
            Case('expired', Machine(bench, '12.0', 'pki', root=expired.root),
                 ['[pki expired]', 'expired'], order='pki', pki=expired.group())])


def test_rules_of_the_site():
    with Bench() as bench:
        bench.configure()
        pairs = bench.pairs(2)
        deny = '[security]\nlegacy-tls=deny\n'
        old_by_pair = [Machine(bench, '9.5', 'psk', pid=pid, pps=pps) for pid, pps in pairs]
        run_cases(bench, [
            Case('plain', Machine(bench, '16.1', 'pki'), ['16.1', 'tls=off', 'server or mutual'],
                 order='pki'),
            Case('plain-known', Machine(bench, '16.1', 'pki'), ['tls=off'], amt='16.1',
                 order='pki'),
            Case('deny-pair-known', old_by_pair[0], ['legacy-tls=deny'], amt='9.5', extra=deny),
            Case('deny-pair', old_by_pair[1], ['legacy-tls=deny'], extra=deny),
            Case('deny-root-known', Machine(bench, '9.5', 'pki'), ['legacy-tls=deny'], amt='9.5',
                 extra=deny),
            Case('deny-root', Machine(bench, '9.5', 'pki'), ['legacy-tls=deny'], extra=deny),
            Case('no-method', Machine(bench, '12.0', 'pki'), ['psk', 'PID'], order='psk'),
            Case('no-psk-from-11', Machine(bench, '11.8', 'pki'), ['psk'], amt='11.8',
                 order='psk'),
        ])


def test_machines_that_are_not_admitted():
    with Bench() as bench:
        bench.configure()
        strangers = [Machine(bench, '12.0', 'pki') for _ in range(2)]
        bench.site('known', match=f'uuids={strangers[0].uuid}')
        bench.site('otp', match=f'uuids={strangers[1].uuid}', policy='otp')
        nowhere = Machine(bench, '12.0', 'pki')
        daemon = bench.daemon()
        simulator = bench.simulate([*strangers, nowhere])
        for machine, reason in zip([*strangers, nowhere],
                                   ['site known admits only known machines: import it',
                                    'site otp admits only known machines: import it',
                                    'no site matches']):
            line = daemon.wait_line(f'{machine.uuid} at {machine.address} is not admitted: ')
            contains(line, reason)
            simulator.wait_event(machine, 'hello-sent', 3)
            check_untouched(simulator, machine)
        equal(bench.devices(), {})
        for machine in strangers:
            # Once for each reason, not once for each hello.
            equal(len([line for line in daemon.lines
                       if re.search(f'{machine.uuid} at .* is not admitted', line)]), 1)


def test_known_machines_that_are_not_admitted():
    with Bench() as bench:
        bench.configure()
        nowhere = Machine(bench, '12.0', 'pki')
        bench.import_machines([{'uuid': nowhere.uuid}])
        daemon, simulator = run_cases(bench, [
            Case('otp', Machine(bench, '12.0', 'pki'), ['one-time password', 'store'],
                 policy='otp')], others=[nowhere])
        check_blocked(bench, daemon, simulator, nowhere, 'no site matches')


def test_one_time_passwords():
    with Bench() as bench:
        bench.configure()
        wrong = Machine(bench, '12.0', 'pki', otp='11112222')
        none = Machine(bench, '12.0', 'pki')
        right = Machine(bench, '12.0', 'pki', otp='33334444')
        bench.site('good', match=f'uuids={right.uuid}', policy='otp')
        bench.import_machines([{'uuid': right.uuid, 'otp': '33334444'}])
        daemon, simulator = run_cases(bench, [
            Case('wrong', wrong, ['another one-time password', 'no secret was sent', 'was closed'],
                 policy='otp', otp='99998888'),
            Case('none', none, ['no one-time password', 'no secret was sent', 'was closed'],
                 policy='otp', otp='99997777'),
        ], others=[right])
        for machine in (wrong, none):
            simulator.wait_event(machine, 'window-closed')
        daemon.wait_state([right], 'operational')
        true(simulator.of(right, 'secret-received'))
        for text in ('11112222', '99998888', '99997777', '33334444'):
            true(text not in '\n'.join(daemon.lines), text)


main(globals())
