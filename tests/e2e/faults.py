# SPDX-License-Identifier: LGPL-2.1-or-later
"""Machines that misbehave: the session fails with its step's name, the next hello finishes it."""

import re

from harness import Bench, Machine, contains, equal, main, true

# The step in which a method is called. None: a refusal is put up with.
STEPS = {
    'GetUuid': 'identify',
    'ExtendProvisioningPeriod': None,
    'SetMEBxPassword': 'set-mebx-password',
    'SetAdminAclEntryEx': 'set-admin',
    'GetLowAccuracyTimeSynch': 'set-clock',
    'SetHighAccuracyTimeSynch': 'set-clock',
    'GenerateKeyPair': None,
    'AddKey': 'set-tls',
    'AddCertificate': 'set-tls',
    'AddTrustedRootCertificate': 'set-tls',
    'SetTLSPSK': 'set-psk',
    'RequestStateChange': 'set-redirection',
    'CommitChanges': 'commit',
}
TRANSFERS = {'Get', 'Put', 'Create', 'Delete', 'Enumerate', 'Pull', 'Identify'}
# PT_STATUS_INTERNAL_ERROR, NOT_PERMITTED, INVALID_PARAMETER, and one that nobody has heard of.
CODES = [1, 16, 36, 4711]


def make(bench, mode, release, **keys):
    if mode == 'psk':
        pid, pps = bench.pairs(1)[0]
        return Machine(bench, release, mode, pid=pid, pps=pps, **keys)
    return Machine(bench, release, mode, **keys)


def prepare(bench, tls, limits=''):
    bench.configure(limits=limits)
    bench.site(tls=tls, profile='redirection=yes\n')


def announce(bench, machines):
    bench.import_machines({'uuid': machine.uuid, 'suffix': machine.keys.get('suffix', '')}
                          for machine in machines)


def conversation(bench, mode, release):
    """What a machine in good order is asked, request by request."""
    machine = make(bench, mode, release)
    announce(bench, [machine])
    daemon = bench.daemon()
    simulator = bench.simulate([machine], options=['--trace'])
    daemon.wait_state([machine], 'operational')
    requests = [event['reason'] for event in simulator.of(machine, 'request')]
    bench.running.remove(simulator)
    equal(simulator.stop(), 0)
    return daemon, requests


def failures(daemon, machine):
    """What was said of failed sessions, as (step, reason)."""
    found = []
    for line in daemon.lines_of(machine, 'failed'):
        match = re.search(r'failed, site office, method \w+, step ([\w-]+): ([\w-]+): (.+)', line)
        true(match, line)
        equal(match[1], match[2], line)
        found.append((match[1], match[3]))
    return found


def run_each(mode, release, tls, fault, stride=1, named=False):
    """One machine for each request of the conversation, at which something bad happens once."""
    with Bench() as bench:
        prepare(bench, tls)
        daemon, requests = conversation(bench, mode, release)
        commit = next(place for place, text in enumerate(requests) if 'CommitChanges' in text)
        places = range(0, len(requests), stride)
        machines = [make(bench, mode, release, fault=fault(place + 1)) for place in places]
        announce(bench, machines)
        simulator = bench.simulate(machines)
        daemon.wait_state(machines, 'operational')
        for place, machine in zip(places, machines):
            failed = failures(daemon, machine)
            # A commit whose answer was lost, and what comes after it, is for verify to find out.
            true(failed or place >= commit, f'{requests[place]} did not fail')
            true(place <= commit or not failed, f'{requests[place]}: {failed}')
            if named and failed:
                contains(failed[0][1], requests[place] + ':')
            equal(len(simulator.of(machine, 'committed')), 1, requests[place])
        for machine in machines[::7]:
            bench.check_password(machine, tls)
        equal(daemon.process.poll(), None)


def garbage(place):
    return f'garbage@{place}'


def close_twice(place):
    """A connection that was kept open may close at any time; only the second time it is a fault."""
    return f'close@{place}+close@{place + 1}'


def huge(place):
    return f'huge@{place}'


def test_garbage_by_pair():
    run_each('psk', '9.5', 'server', garbage, named=True)


def test_garbage_by_root():
    run_each('pki', '12.0', 'mutual', garbage, named=True)


def test_closed_by_pair():
    run_each('psk', '3.2', 'server', close_twice)


def test_closed_by_root():
    run_each('pki', '16.1', 'mutual', close_twice)


def test_huge_answers_by_pair():
    run_each('psk', '7.1', 'off', huge, 3)


def test_huge_answers_by_root():
    run_each('pki', '14.1', 'server', huge, 4)


def run_statuses(mode, release, tls):
    """Each method that is called answers each of some codes, once."""
    with Bench() as bench:
        prepare(bench, tls)
        daemon, requests = conversation(bench, mode, release)
        methods = sorted({text.split()[0] for text in requests} - TRANSFERS)
        equal([method for method in methods if method not in STEPS], [])
        cases = [(method, code) for method in methods for code in CODES]
        machines = [make(bench, mode, release, fault=f'status:{code}@{method}')
                    for method, code in cases]
        announce(bench, machines)
        bench.simulate(machines)
        daemon.wait_state(machines, 'operational')
        for (method, code), machine in zip(cases, machines):
            failed = failures(daemon, machine)
            equal([step for step, _ in failed], [STEPS[method]] if STEPS[method] else [],
                  f'{method} {code}: {failed}')
            if failed:
                contains(failed[0][1], method, str(code))
            if code == 36 and failed:
                contains(failed[0][1], 'INVALID_PARAMETER')
        for machine in machines[::7]:
            bench.check_password(machine, tls)


def test_statuses_by_pair_old():
    run_statuses('psk', '4.2', 'server')


def test_statuses_by_pair():
    run_statuses('psk', '10.0', 'server')


def test_statuses_by_root():
    run_statuses('pki', '15.0', 'mutual')


# A setup goes on without what a machine does not have, and the journal says so.
DISPENSABLE = ('AMT_EthernetPortSettings', 'AMT_RedirectionService')
# A machine that does not tell how its TLS is set gets what the site wants.
PROBED = ('AMT_PublicKeyCertificate', 'AMT_TLSCredentialContext', 'AMT_TLSSettingData')


def test_faults_of_classes():
    with Bench() as bench:
        prepare(bench, 'server')
        daemon, requests = conversation(bench, 'pki', '11.8')
        classes = sorted({text.split()[1] for text in requests})
        # A machine that cannot make a key is given one, and one without the collection does without.
        for name in ('AMT_PublicKeyManagementService', 'AMT_TLSProtocolEndpointCollection'):
            classes.remove(name)
        machines = [make(bench, 'pki', '11.8', fault=f'fault@{name}') for name in classes]
        announce(bench, machines)
        simulator = bench.simulate(machines)
        daemon.wait_state(machines, 'operational')
        for name, machine in zip(classes, machines):
            ended = [line for state, line in daemon.said[machine.uuid]
                     if state in ('failed', 'blocked')]
            if name in DISPENSABLE:
                equal(ended, [], name)
                contains(bench.call('device', machine.uuid).stdout, ' skipped ', name)
            elif name not in PROBED:
                equal(len(ended), 1, f'{name}: {ended}')
                contains(ended[0], name)
            equal(len(simulator.of(machine, 'committed')), 1, name)
            bench.check_password(machine, 'server')


def test_a_hung_machine_delays_no_other():
    with Bench() as bench:
        prepare(bench, 'off', limits='step-seconds=30\n')
        bench.write('etc/capabilities.d/quick.conf', '[2.0..x]\nkey-wait-seconds=1\n'
                    'key-wait-tries=1\ncommit-wait-seconds=1\ncommit-wait-tries=1\n')
        hung = [make(bench, 'psk', '9.5', fault='hang@12'), make(bench, 'pki', '12.0', fault='hang@1')]
        others = [make(bench, mode, release) for _ in range(15)
                  for mode, release in (('psk', '9.5'), ('pki', '12.0'))]
        announce(bench, hung + others)
        daemon = bench.daemon()
        bench.simulate(hung + others)
        daemon.wait_state(others, 'operational')
        for machine in hung:
            equal(daemon.state_of(machine), 'provisioning')
        daemon.wait_state(hung, 'operational')
        for machine in hung:
            equal(len(failures(daemon, machine)), 1)


main(globals())
