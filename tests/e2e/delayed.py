# SPDX-License-Identifier: LGPL-2.1-or-later
"""Machines that missed their window, or wait for an agent: amtprov-agent over /dev/mei0, the
endpoint of the daemon, the hello, and then they are operational. And what stops it."""

import concurrent.futures
import json
import os
import signal
import subprocess
from pathlib import Path

from agents import CONFIG, Endpoint, add_token
from harness import (DOMAIN, PATIENCE, Bench, Machine, Program, contains, equal, main, number, true,
                     with_shim)

AGENT = os.environ['AMTPROV_AGENT']
AGENT_ONLY = ['2.2', '2.6']
RELEASES = ['3.0', '3.1', '3.2', '4.2', '5.2', '6.0', '6.2', '7.1', '8.1', '9.5', '10.0', '11.8', '12.0',
            '14.1', '15.0', '16.0', '16.1']
# An hour of the machines in a second.
FAST = 3600


def name_of(machine):
    """What its operating system is called."""
    return f'pc-{machine.address.rpartition(".")[2]}.{DOMAIN}'


class Office(Bench):
    """A daemon with an endpoint for agents, a site whose machines they start, and a token."""

    def __init__(self, capabilities='', **site):
        super().__init__()
        self.write('etc/capabilities.d/test.conf', capabilities)
        self.configure(limits=CONFIG, plugins='pki;agent;sqlite')
        self.site(order='agent', tls='server', **site)
        self.server = self.daemon()
        self.endpoint = Endpoint(self.server)
        self.token = self.write('token', add_token(self) + '\n')

    def machine(self, release, **keys):
        """One that does nothing by itself, unless it is told to."""
        mode = keys.pop('mode', 'factory' if number(release) < (3, 0) else 'pki')
        digest = 'sha1' if number(release) < (6, 2) else 'sha256'
        keys = {'bare_metal_hours': 0, 'suffix': DOMAIN, 'root': self.chain(digest).root, **keys}
        made = Machine(self, release, mode, **keys)
        made.keys['mei'] = self.path(f'mei-{self.addresses}')
        return made

    def start(self, machine, *options, code=0):
        return self.agent('start', machine, *options, code=code)

    def command(self, name, machine, *options):
        """How the agent is called on a machine, and its environment."""
        environment = with_shim(self.environment) | {'AMTPROV_MEI_SOCKET': machine.keys['mei'],
                                                     'AMTPROV_MEI_HOSTNAME': name_of(machine)}
        return [AGENT, name, '--server', f'https://127.0.0.1:{self.endpoint.port}', '--fingerprint',
                self.endpoint.fingerprint, '--token-file', self.token, *options], environment

    def agent(self, name, machine, *options, code=0):
        """Runs the agent on a machine."""
        command, environment = self.command(name, machine, *options)
        done = subprocess.run(command, env=environment, text=True, timeout=PATIENCE,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        equal(done.returncode, code, f'{machine}\n{done.stdout}\n{done.stderr}')
        return done


def check_operational(office, machine):
    device = office.devices()[machine.uuid]
    equal((device['method'], device['state'], device['error']), ('agent', 'operational', None), device)
    office.check_password(machine, tls='server', host=name_of(machine).partition('.')[0])


def check_untouched(simulator, machine):
    """Nothing was begun, and no secret came to it."""
    equal([event for event in simulator.events[machine.uuid] if event['state'] != 'factory'], [])
    equal(simulator.of(machine, 'secret-received'), [])


def start_all(office, machines):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda machine: office.start(machine, '--wait'), machines))


# ---- the whole way ----

def test_releases_after_their_window():
    """Bare-metal setup gets no answer, the window closes, and the agent brings them in."""
    with Office() as office:
        machines = [office.machine(release, bare_metal_hours=1) for release in RELEASES]
        simulator = office.simulate(machines, speed=FAST)
        for machine in machines:
            simulator.wait_event(machine, 'window-closed')
        start_all(office, machines)
        for machine in machines:
            check_operational(office, machine)
            equal([event['reason'] for event in simulator.of(machine, 'host-fqdn')], [name_of(machine)])


def test_releases_that_wait_for_an_agent():
    """Over EOI, where only the one-time password shows which machine it is."""
    with Office() as office:
        machines = [office.machine(release) for release in AGENT_ONLY]
        office.simulate(machines)
        start_all(office, machines)
        for machine in machines:
            check_operational(office, machine)


def test_suffix_from_the_site_the_network_and_the_command_line():
    with Office(match=f'suffixes={DOMAIN}') as office:
        by_site, by_dhcp, by_option = (office.machine('12.0', suffix=None, option15=domain)
                                       for domain in (None, DOMAIN, None))
        office.simulate([by_site, by_dhcp, by_option])
        office.start(by_site, '--wait')
        office.start(by_dhcp, '--wait')
        office.start(by_option, '--wait', '--suffix', DOMAIN)
        for machine in (by_site, by_dhcp, by_option):
            check_operational(office, machine)


def test_AMT_is_enabled_on_the_way():
    with Office() as office:
        machines = [office.machine(release, enabled='no') for release in ('9.5', '16.1')]
        simulator = office.simulate(machines)
        start_all(office, machines)
        for machine in machines:
            equal(len(simulator.of(machine, 'enabled')), 1)
            check_operational(office, machine)


def test_again_on_an_operational_machine():
    with Office() as office:
        machine = office.machine('11.8')
        simulator = office.simulate([machine])
        office.start(machine, '--wait')
        before = office.facts(machine)
        contains(office.start(machine).stdout, 'operational')
        equal(office.facts(machine), before)
        equal(len(simulator.of(machine, 'committed')), 1)


def test_a_check_before():
    with Office() as office:
        machine = office.machine('16.1')
        simulator = office.simulate([machine])
        contains(office.agent('check', machine).stdout,
                 'enrolment            ok      the server takes the machine: ',
                 'the certificate of [pki sha256] fits')
        check_untouched(simulator, machine)
        equal(office.devices(), {})
        office.start(machine, '--wait')
        check_operational(office, machine)
        true('enrolment' not in office.agent('check', machine).stdout)


def test_the_step_that_is_done():
    """Who follows a machine in work is told its step."""
    with Office(capabilities='[2.0..x]\nkey-wait-seconds=3600\n') as office:
        machine = office.machine('12.0', fault='status:2061@GenerateKeyPair')
        office.simulate([machine])
        agent = Program(*office.command('start', machine, '--wait'), 'stderr')
        office.running.append(agent)
        # The key of the machine is long in the making.
        agent.wait_line(r'the server says: provisioning \(step set-tls\)$')
        token = Path(office.token).read_text().strip()
        equal(office.endpoint.follow(token, machine.uuid),
              (200, {'machine': machine.uuid, 'state': 'provisioning', 'step': 'set-tls',
                     'message': None, 'operational': False}))
        contains(office.agent('status', machine).stdout,
                 'server: provisioning (step set-tls)')
        status = json.loads(office.agent('status', machine, '--json').stdout)
        equal((status['server_state'], status['step']), ('provisioning', 'set-tls'))
        # The second signal, which ends it at once, comes at the end.
        office.server.signal(signal.SIGTERM)
        office.server.wait_line('stopping, 1 sessions in work')


# ---- what stops it ----

def test_certificates_that_do_not_fit():
    with Office() as office:
        domain = office.machine('16.1', suffix=None, option15='elsewhere.example')
        suffix = office.machine('9.5', suffix='elsewhere.example')
        root = office.machine('12.0', root='1' * 64)
        simulator = office.simulate([domain, suffix, root])
        for machine, why in ((domain, 'does not match the suffix elsewhere.example'),
                             (suffix, 'does not match the suffix elsewhere.example'),
                             (root, 'that the machine trusts')):
            for command in ('check', 'start'):
                done = office.agent(command, machine, code=3)
                contains(done.stdout + done.stderr, 'no provisioning certificate of site office '
                         'fits this machine: [pki sha256]: ', why)
            check_untouched(simulator, machine)
        equal(office.devices(), {})
        office.start(suffix, '--suffix', DOMAIN, '--wait')
        check_operational(office, suffix)


def test_a_machine_with_another_password():
    """Firmware that keeps the password of somebody else is not given anything."""
    with Office() as office:
        machine = office.machine('9.5', otp='of-another-agent',
                                 fault='status:0@set-provisioning-server-otp')
        simulator = office.simulate([machine])
        done = office.start(machine, '--wait', code=3)
        contains(done.stderr, 'stopped again', 'another one-time password', 'no secret was sent')
        equal(simulator.of(machine, 'secret-received'), [])
        equal(simulator.of(machine, 'committed'), [])
        equal(simulator.wait_event(machine, 'stopped')[-1]['state'], 'factory')
        contains(office.blocked(machine), 'no secret was sent')


def test_releases_that_no_agent_starts():
    with Office() as office:
        machines = [office.machine(release, root=None) for release in ('2.0', '2.1', '2.5')]
        simulator = office.simulate(machines)
        for machine in machines:
            contains(office.start(machine, code=3).stderr, 'know only PID/PPS provisioning')
            check_untouched(simulator, machine)


def test_firmware_that_misbehaves():
    """What passes is waited for; what does not is an error, and nothing is begun."""
    with Office() as office:
        busy = office.machine('9.5', fault='mei-busy@pthi+mei-busy@pthi+mei-reset@get-uuid')
        always = office.machine('9.5', fault='mei-busy@pthi', fault_repeat='yes')
        spoilt = [office.machine('9.5', fault=f'mei-{fault}@get-uuid', fault_repeat='yes')
                  for fault in ('short', 'long', 'padded', 'command', 'length')]
        simulator = office.simulate([busy, always, *spoilt])
        office.start(busy, '--wait')
        check_operational(office, busy)
        contains(office.start(always, code=1).stderr, 'busy')
        check_untouched(simulator, always)
        for machine in spoilt:
            contains(office.start(machine, code=3).stderr, 'does not say its UUID', 'get-uuid')
            check_untouched(simulator, machine)


def test_AMT_stays_disabled():
    """Before 16.1 the firmware does not say so: it takes a connect, and answers nothing."""
    with Office() as office:
        machine = office.machine('9.5', enabled='locked')
        simulator = office.simulate([machine])
        contains(office.start(machine, code=3).stderr, 'AMT is disabled', 'BIOS')
        check_untouched(simulator, machine)


def test_a_token_that_the_server_does_not_know():
    with Office() as office:
        machine = office.machine('9.5')
        simulator = office.simulate([machine])
        wrong = office.write('wrong-token', '0123456789abcdef.nobody-has-this-one\n')
        contains(office.start(machine, '--token-file', wrong, code=3).stderr, 'token', 'HTTP 401')
        check_untouched(simulator, machine)
        equal(office.devices().get(machine.uuid), None)


main(globals())
