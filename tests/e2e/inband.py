# SPDX-License-Identifier: LGPL-2.1-or-later
"""amtprov-agent on simulated machines: over /dev/mei0 with its real system calls, and against a
server that says what the test wants."""

import hashlib
import json
import pathlib
import signal
import socket
import subprocess
import threading

from harness import DOMAIN, Bench, Program, contains, equal, main, true, with_shim
from running import AGENT, TOKEN, Running

GET_HASH = b'\x2d\x00\x00\x04'
AHEAD = 4
KEYS = ['amt', 'build', 'sku', 'bios', 'uuid', 'provisioning_state', 'control_mode', 'zero_touch',
        'tls_mode', 'pki_suffix', 'hashes', 'versions', 'wired', 'notes']


class Relay:
    """Stands between agent and firmware. It lets requests for hashes through when as many have come
    as the agent sends ahead, or with breaks, ends the connection where a second one comes."""

    def __init__(self, running, n_hashes, breaks=False):
        self.firmware = running.bench.path('mei')
        self.path = running.bench.path('relay')
        self.left = n_hashes
        self.breaks = breaks
        self.round_trips = 0
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.path)
        self.listener.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            peer, _ = self.listener.accept()
            with peer, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as firmware:
                firmware.connect(self.firmware)
                self.relay(peer, firmware)

    def collect(self, peer, first):
        requests = [first]
        if first[4:8] == GET_HASH and self.breaks is not None:
            while len(requests) < min(AHEAD, self.left):
                requests.append(peer.recv(5120))
            self.left -= len(requests)
        return requests

    def relay(self, peer, firmware):
        record = True
        while first := peer.recv(5120):
            requests = self.collect(peer, first)
            if self.breaks and len(requests) > 1:
                self.breaks = None
                return
            for request in requests:
                firmware.send(request)
                peer.send(firmware.recv(5120))
            self.round_trips += not record
            record = False


def test_info():
    with Running() as running:
        found = running.info()
        equal(sorted(found), sorted(KEYS))
        equal(found['notes'], {})
        equal(found['uuid'], running.machine.uuid)
        equal((found['amt'], found['sku'], found['provisioning_state'], found['control_mode'],
               found['zero_touch'], found['tls_mode'], found['pki_suffix']),
              ('16.1.25', 'amt', 'pre', 'none', True, 'none', ''))
        equal(sorted(found['wired']), ['dhcp', 'enabled', 'link', 'mac'])
        equal(found['versions']['AMT'], '16.1.25')
        true(all(entry['active'] and entry['algorithm'] == 'sha256' and len(entry['hash']) == 64
                 for entry in found['hashes']))
        equal(len(running.asked()), 10 + len(found['hashes']))
        equal(running.info('--mei', f'unix:{running.bench.path("mei")}'), found)
        text = running.call('info').stdout
        contains(text, running.machine.uuid, found['hashes'][0]['hash'])


def test_info_sends_requests_ahead():
    with Running() as running:
        found = running.info()
        relay = Relay(running, len(found['hashes']))
        equal(running.info('--mei', f'unix:{relay.path}'), found)
        true(len(found['hashes']) > 20 >= relay.round_trips, relay.round_trips)


def test_info_from_firmware_that_takes_one_request():
    with Running() as running:
        found = running.info()
        relay = Relay(running, len(found['hashes']), breaks=True)
        equal(running.info('--mei', f'unix:{relay.path}'), found)
        # All things, and each hash by itself.
        equal(relay.round_trips, 10 + len(found['hashes']))


def test_info_lacks_one_answer():
    faults = {'short': 'length', 'long': 'length', 'padded': 'length', 'command': 'command',
              'length': 'length', 'split': 'head'}
    for fault, why in faults.items():
        with Running(fault=f'mei-{fault}@get-control-mode') as running:
            found = running.info()
            equal(found['control_mode'], None)
            equal(list(found['notes']), ['control_mode'], fault)
            contains(found['notes']['control_mode'], 'get-control-mode response', why)
            equal(found['uuid'], running.machine.uuid)
            equal(found['tls_mode'], 'none')
    with Running(fault='status:2066@get-control-mode') as running:
        found = running.info()
        contains(found['notes']['control_mode'], 'UNSUPPORTED')
        contains(running.call('info').stdout, 'control mode')
    with Running(fault='mei-unknown@mkhi') as running:
        equal(running.info()['sku'], 'amt')


def test_info_of_old_firmware():
    with Running('2.2') as running:
        found = running.info()
        equal(found['provisioning_state'], 'pre')
        true('control_mode' in found['notes'], found)
        equal(found['uuid'], running.machine.uuid)


def test_busy_and_reset():
    with Running(fault='mei-busy@pthi+mei-busy@pthi') as running:
        equal(running.info()['notes'], {})
    with Running(fault='mei-reset@get-uuid') as running:
        equal(running.info()['uuid'], running.machine.uuid)
        equal(running.asked().count('get-uuid'), 2)
    with Running(fault='mei-busy@pthi', fault_repeat='yes') as running:
        contains(running.call('info', code=1).stderr, 'another program has kept', 'lms')


def test_no_firmware():
    with Bench() as bench:
        done = subprocess.run([AGENT, 'info', '--json', '--mei', '/nowhere/mei0'],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=bench.environment, check=False)
        equal(done.returncode, 1)
        contains(json.loads(done.stdout)['error'], '/nowhere/mei0 does not exist', 'mei_me')
    with Running(enabled='locked') as running:
        contains(running.call('info', code=3).stderr, 'AMT is disabled', 'BIOS')


def test_replay():
    with Running() as running:
        file = running.bench.path('recording.json')
        found = running.info('--record', file)
        equal(running.info('--mei', f'replay:{file}'), found)
        entries = json.loads(pathlib.Path(file).read_text())
        equal(entries[0]['in_hex'], '2800f812b7b42d4baca846e0ff65814c')
        equal({entry['op'] for entry in entries}, {'ioctl', 'write', 'read'})
        # In another order, and without what came last.
        pairs = [entries[i:i + 2] for i in range(1, 17, 2)]
        pathlib.Path(file).write_text(json.dumps(entries[:1] + sum(pairs[::-1], [])))
        less = running.info('--mei', f'replay:{file}')
        equal(less['uuid'], found['uuid'])
        equal(less['hashes'], None)
        contains(less['notes']['hashes'], 'not recorded')


def test_real_hardware():
    """A session that was recorded on a real machine, where the folder with it is there."""
    file = pathlib.Path(__file__).resolve().parents[3] / 'shared/vectors/mei-amt-11.8.93.json'
    if not file.exists():
        print('# the recording of real hardware is not here')
        return
    with Bench() as bench:
        done = subprocess.run([AGENT, 'info', '--json', '--mei', f'replay:{file}'],
                              stdout=subprocess.PIPE, text=True, env=bench.environment, check=True)
    found = json.loads(done.stdout)
    equal((found['amt'], found['build'], found['bios'], found['provisioning_state'], found['sku']),
          ('11.8.93', '4323', 'N1EETA2W (1.75 )', 'pre', 'amt'))
    equal(found['uuid'], None)
    contains(found['notes']['uuid'], 'not recorded')


def test_start():
    for release, command in {'2.2': 'start-configuration', '5.2': 'start-configuration',
                             '6.0': 'start-configuration-ex',
                             '16.1': 'start-configuration-ex'}.items():
        with Running(release, server={'suffix': 'sub.example.net'}) as running:
            outcome = json.loads(running.start('--json').stdout)
            equal((outcome['outcome'], outcome['uuid'], outcome['site']),
                  ('started', running.machine.uuid, 'office'))
            equal(running.info()['provisioning_state'], 'in')
            equal(running.info()['pki_suffix'], 'sub.example.net')
            [(path, token, report)] = running.server.requests
            equal((path, token), ('/v1/enrol', f'Bearer {TOKEN}'))
            equal((report['uuid'], report['provisioning_state']), (running.machine.uuid, 'pre'))
            true(report['host'] and report['os'], report)
            equal((report['pki_suffix'], report['dhcp_domain']), ('', DOMAIN))
            asked = running.asked()
            order = ['is-change-to-amt-enabled', 'get-uuid', 'set-pki-fqdn-suffix',
                     'set-provisioning-server-otp', command]
            first = asked[:len(asked) - asked[::-1].index(command)]
            equal(list(dict.fromkeys(name for name in first if name in order)), order)
            # Old firmware may still make its certificate, and is asked again.
            true(first.count(command) == 1 or release in ('2.2', '5.2'), asked)
            equal('generate-rng-seed' in asked, release in ('2.2', '5.2'))


def test_start_takes_other_suffix():
    with Running(server={'otp': None, 'suffix': 'a.example.net'}) as running:
        running.start('--suffix', 'b.example.net')
        equal(running.info()['pki_suffix'], 'b.example.net')
        equal([report['pki_suffix'] for report in running.server.reports()], ['b.example.net'])
        true('set-provisioning-server-otp' not in running.asked())


def test_enables():
    for release in ('9.5', '16.1'):
        with Running(release, enabled='no', server={}) as running:
            contains(running.start().stderr, 'AMT was disabled and is enabled now')
            running.simulator.wait_event(running.machine, 'enabled')
    with Running(enabled='locked', server={}) as running:
        running.refused('enable it in the BIOS')
        equal(running.server.requests, [])


def test_refused_by_the_firmware():
    cases = [({'zero_touch': 'off'}, 'remote configuration is off', 'MEBx'),
             ({'sku': 'sbt'}, 'Small Business Technology', 'MEBx'),
             ({'link': 'down'}, 'no link', 'Plug it in')]
    for keys, *why in cases:
        with Running(server={}, **keys) as running:
            running.refused(*why)
            equal(running.server.requests, [])
            equal(running.info()['provisioning_state'], 'pre')
    with Running(server={}, option15=None) as running:
        running.refused('not ready to start', 'option 15', 'renew the lease')
        equal(running.info()['provisioning_state'], 'pre')
    for status, *why in ((1, 'cut the power'), (16, 'does not permit')):
        with Running(server={}, fault=f'status:{status}@start-configuration-ex') as running:
            running.refused(*why, f'the firmware answered {status} (')
    with Running(server={}, fault='status:3@set-provisioning-server-otp') as running:
        running.refused('no one-time password in its present state', 'amtprov-agent stop')
        true('start-configuration-ex' not in running.asked())
    with Running(server={}, fault='status:49@start-configuration-ex') as running:
        equal(json.loads(running.start('--json').stdout)['outcome'], 'started')
        equal(running.asked().count('start-configuration-ex'), 2)


def test_refused_by_the_server():
    with Running(server={'reason': 'the token was revoked'}) as running:
        for status, code in ((401, 3), (409, 3), (422, 3), (503, 1), (429, 1)):
            running.server.status = status
            before = len(running.asked())
            done = running.start('--json', code=code)
            contains(done.stderr, 'the token was revoked', f'HTTP {status}')
            contains(json.loads(done.stdout)['error'], 'the token was revoked')
            true('start-configuration-ex' not in running.asked(before))
        running.server.status = 200
        running.server.answer['order'] = 'dance'
        contains(running.start(code=1).stderr, 'the order "dance"')
        running.server.answer['order'] = 'wait'
        contains(running.start().stdout, 'waiting: the token was revoked')
        running.server.answer['order'] = 'done'
        contains(running.start().stdout, 'operational')
        equal(running.info()['provisioning_state'], 'pre')


def test_wrong_server():
    with Running(server={}) as running:
        other = hashlib.sha256(b'another').hexdigest()
        contains(running.start(code=1, fingerprint=other).stderr, 'another fingerprint',
                 'Nothing was sent')
        contains(running.start(code=1, fingerprint='12:34').stderr, '64 hexadecimal digits')
        plain = ['start', '--server', running.server.url, '--token-file', running.token]
        contains(running.call(*plain, code=1).stderr, '--fingerprint')
        trusted = {'SSL_CERT_FILE': running.bench.path('authority.pem')}
        by_name = [*plain[:2], running.server.url.replace('127.0.0.1', 'localhost'), *plain[3:]]
        contains(running.call(*by_name, code=1, env=trusted).stderr, 'localhost')
        plain[2] = running.server.url.replace('https', 'http')
        contains(running.call(*plain, code=1).stderr, 'https://')
        equal(running.server.requests, [])
        colons = ':'.join(running.server.fingerprint[i:i + 2] for i in range(0, 64, 2)).upper()
        running.start(fingerprint=colons)
        contains(running.call('stop').stdout, 'stopped')
        plain[2] = running.server.url
        running.call(*plain, env=trusted)
        running.server.stop()
        contains(running.call('stop').stdout, 'stopped')
        contains(running.start(code=1).stderr, 'cannot be reached')
        running.server = None


def test_authorities():
    """A server is accepted by the CA that has signed its certificate, wherever that is."""
    with Running(server={}) as running:
        bench = running.bench
        bench.authority('namesake', '/CN=authority of the test')
        bench.authority('other', '/CN=another authority')
        pem = {name: pathlib.Path(bench.path(f'{name}.pem')).read_text()
               for name in ('authority', 'namesake', 'other')}
        bench.write('bundle.pem', pem['other'] + pem['namesake'] + pem['authority'] + pem['other'])
        bench.write('wrong.pem', pem['other'] + pem['namesake'] + 'no certificate')
        bench.write('folder/authority.pem', pem['authority'])
        bench.openssl('rehash', 'folder')
        check = ['check', '--server', running.server.url]
        for name, variable, code in (('bundle.pem', 'SSL_CERT_FILE', 0), ('folder', 'SSL_CERT_DIR', 0),
                                     ('wrong.pem', 'SSL_CERT_FILE', 3), ('none', 'SSL_CERT_FILE', 3),
                                     ('none', 'SSL_CERT_DIR', 3)):
            running.bench.environment.pop('SSL_CERT_FILE', None)
            running.bench.environment.pop('SSL_CERT_DIR', None)
            found = running.call(*check, code=code, env={variable: bench.path(name)}).stdout
            if code != 0:
                contains(found, '--fingerprint')


def test_operational():
    with Running(mode='operational', server={}) as running:
        equal(running.info()['provisioning_state'], 'post')
        contains(running.start().stdout, 'operational already')
        equal(running.server.requests, [])
        contains(running.call('status', '--follow').stdout, 'firmware: post')
        running.server.machine.update(state='operational', operational=True)
        status = json.loads(running.call('status', '--json', *running.start_options()).stdout)
        equal((status['provisioning_state'], status['server_state']), ('post', 'operational'))


def test_lost_answer_of_start():
    with Running(server={}, fault='mei-reset@start-configuration-ex') as running:
        equal(json.loads(running.start('--json').stdout)['outcome'], 'started')
        equal(running.asked().count('start-configuration-ex'), 1)


def test_waits_for_the_server():
    """A server that has to finish something first is asked again, and then lets go."""
    with Running(server={'order': 'wait', 'retry_after': 1}) as running:
        agent = Program([AGENT, 'start', *running.start_options(), '--wait'],
                        with_shim(running.bench.environment), 'stderr')
        reports = 'reporting the machine to the server'
        agent.wait_for(lambda: agent.lines.count(reports) > 1, 'a second report')
        true('start-configuration-ex' not in running.asked())
        running.server.answer['order'] = 'go'
        agent.wait_line('starting the setup')
        running.server.machine.update(state='blocked', message='enough')
        agent.wait_line('stopped again.*enough')
        equal(agent.finish(), 3)


def test_a_busy_server():
    """It is asked again when it wants to be, where there is time for that."""
    with Running(server={}) as running:
        server = running.server
        server.busy['POST'] = 3600
        contains(running.start(code=1).stderr, 'HTTP 429', 'asked again in 3600 seconds')
        running.start('--wait', '--timeout', '60', code=1)
        equal(len(server.reports()), 2)
        true('start-configuration-ex' not in running.asked())
        server.busy['POST'] = 1
        agent = Program([AGENT, 'start', *running.start_options(), '--wait'],
                        with_shim(running.bench.environment), 'stderr')
        agent.wait_for(lambda: ''.join(agent.lines).count('HTTP 429') > 1, 'a second report')
        del server.busy['POST']
        agent.wait_line('starting the setup')
        agent.signal(signal.SIGTERM)
        agent.finish()
        running.call('stop')
        server.busy['GET'] = 3600
        count = len(server.requests)
        contains(running.start('--wait', '--timeout', '2', code=1).stderr, 'HTTP 429',
                 'not operational in the time')
        # The report; how the machine stands, at once and at the end.
        true(len(server.requests) - count <= 3, server.requests[count:])


def test_shows_a_certificate():
    with Running(server={}) as running:
        running.bench.authority('clients', '/CN=clients of the test')
        running.server.demand(running.bench.path('clients.pem'))
        running.start(code=1)
        equal(running.server.requests, [])
        running.bench.issue('pc', '/CN=pc', 'clients', 'extendedKeyUsage=clientAuth')
        running.start('--certificate', running.bench.path('pc.pem'), '--key',
                      running.bench.path('pc.key'))
        equal(len(running.server.reports()), 1)


def test_stops_what_it_began():
    with Running(server={}) as running:
        running.server.machine.update(state='blocked', message='no certificate fits')
        done = running.start('--wait', code=3)
        contains(done.stderr, 'the setup that was begun was stopped again', 'no certificate fits')
        equal(running.info()['provisioning_state'], 'pre')
        contains(running.start('--wait', '--timeout', '1', code=3).stderr, 'blocked')
        running.server.machine.update(state='provisioning', message='what was before')
        contains(running.start('--wait', '--timeout', '1', code=1).stderr,
                 'the server says: provisioning (step identify)\n',
                 'not operational in the time of --timeout')
        equal(running.info()['provisioning_state'], 'pre')
        contains(running.call('stop').stdout, 'no setup is under way')


def test_stops_on_a_signal():
    with Running(server={}) as running:
        agent = Program([AGENT, 'start', *running.start_options(), '--wait'],
                        with_shim(running.bench.environment), 'stderr')
        agent.wait_line('the server says: provisioning')
        agent.signal(signal.SIGTERM)
        agent.wait_line('the setup that was begun was stopped again')
        equal(agent.finish(), 1)
        equal(running.info()['provisioning_state'], 'pre')


def test_check():
    with Running(server={}) as running:
        found = json.loads(running.call('check', '--json', '--server', running.server.url,
                                        '--fingerprint', running.server.fingerprint).stdout)
        equal(found['ok'], True)
        equal({check['name']: check['ok'] for check in found['checks']},
              {**dict.fromkeys(['firmware', 'release', 'sku', 'state', 'remote-configuration',
                                'wired', 'suffix', 'root-hash', 'server'], True),
               'enrolment': None})
        contains(found['checks'][-1]['text'], '--token-file')
        equal([path for path, _, _ in running.server.requests], ['/v1/machines/'])
        done = running.call('check', '--json', '--server', 'https://127.0.0.1:1', code=3)
        equal([check['name'] for check in json.loads(done.stdout)['checks'] if not check['ok']],
              ['server'])
    with Running('2.1', zero_touch='off', link='down', option15=None) as running:
        found = json.loads(running.call('check', '--json', code=3).stdout)
        failed = {check['name']: check['text'] for check in found['checks'] if check['ok'] is False}
        contains(failed['release'], 'PID/PPS')
        contains(failed['wired'], 'Plug it in')
        contains(failed['suffix'], 'option 15')
    with Running(enabled='locked', server={}) as running:
        contains(running.call('check', code=3).stdout, 'FAILED', 'AMT is disabled')
        contains(running.check('firmware')['firmware'], 'AMT is disabled')
        equal(running.server.reports('/v1/check'), [])


def test_check_asks_the_server():
    with Running(server={'otp': None}) as running:
        contains(running.check()['enrolment'], 'the server takes the machine: because')
        [(path, token, report)] = running.server.requests[1:]
        equal((path, token, report['uuid']),
              ('/v1/check', f'Bearer {TOKEN}', running.machine.uuid))
        equal((report['pki_suffix'], report['dhcp_domain']), ('', DOMAIN))
        true(any(entry['active'] for entry in report['hashes']), report)
        running.server.answer['order'] = 'wait'
        contains(running.check()['enrolment'], 'the server asks to wait: because')
        running.server.answer['reason'] = None
        contains(running.check()['enrolment'], 'does not say why')
        running.server.answer.update(order='dance', reason='no certificate fits')
        contains(running.check('enrolment')['enrolment'], 'the order "dance"')
        for running.server.status in (401, 409, 503):
            contains(running.check('enrolment')['enrolment'], 'no certificate fits',
                     f'HTTP {running.server.status}')
        contains(running.call('check', *running.start_options(), code=3).stdout,
                 'enrolment            FAILED ')
        equal(running.server.reports(), [])
        true('start-configuration-ex' not in running.asked())
    with Running(option15=None, server={'suffix': 'given.example.net'}) as running:
        contains(running.check()['suffix'], 'given.example.net, which the server gives')
        running.server.answer['suffix'] = None
        contains(running.check('suffix')['suffix'], 'option 15')
    with Running(mode='operational', server={}) as running:
        true('enrolment' not in running.check())


main(globals())
