# SPDX-License-Identifier: LGPL-2.1-or-later
"""The server to which agents report: what it stores, and what it refuses. No machine is needed."""

import concurrent.futures
import contextlib
import hashlib
import json
import os
import re
import signal
import socket
import sqlite3
import ssl
import stat
import uuid as uuids

from agents import CONFIG, Endpoint, add_token, good_report, report
from harness import DOMAIN, PATIENCE, Bench, Machine, contains, equal, main, pki_hello, send_bytes, true

PLUGINS = 'psk;pki;agent;sqlite'


class Site(Bench):
    """A bench with a daemon, its endpoint, and a token of the site office."""

    def __init__(self, settings='', otp='yes', match=None, order='psk;agent', **site):
        super().__init__()
        self.configure(limits=CONFIG + settings, plugins=PLUGINS)
        self.site(order=order, match=match, extra=f'[agent]\notp={otp}\n', **site)
        self.server = self.daemon()
        self.endpoint = Endpoint(self.server)
        self.token = add_token(self)

    def machine(self, release='12.0', **keys):
        return Machine(self, release, 'pki', **keys)

    def enrol(self, machine, token=None, **members):
        return self.endpoint.enrol(token or self.token, good_report(machine, **members))

    def refused(self, status, code, body, token=None):
        """Refused for this reason, and nothing is stored."""
        before = self.devices()
        found, value = self.endpoint.enrol(token or self.token, body)
        equal((found, value['error']['code']), (status, code), value)
        equal(self.devices(), before)
        return value['error']['message']


def test_a_report_is_stored_before_the_answer():
    with Site() as site:
        machine = site.machine('9.5')
        status, answer = site.enrol(machine, fqdn='pc-17.hall.example.org', asset='A 17')
        equal((status, answer['order'], answer['site']), (200, 'go', 'office'), answer)
        equal(answer['follow'], f'/v1/machines/{machine.uuid}')
        true(re.fullmatch(r'[!-~]{8,32}', answer['otp']))
        facts = site.facts(machine)
        for name, value in {'state': 'known', 'site': 'office', 'amt': '9.5', 'otp-set': 'yes',
                            'report-host': 'pc-17', 'report-fqdn': 'pc-17.hall.example.org',
                            'report-os': 'Debian GNU/Linux', 'report-asset': 'A 17',
                            'report-addresses': machine.address,
                            'report-hashes': machine.keys['root']}.items():
            equal(facts.get(name), value, name)
        true('enrolled' in facts, facts)
        contains(site.call('events').stdout, 'an agent on pc-17 has reported it')
        equal(site.endpoint.follow(site.token, machine.uuid),
              (200, {'machine': machine.uuid, 'state': 'known', 'step': None, 'message': None,
                     'operational': False}))
        true(answer['otp'] not in site.call('device', machine.uuid).stdout)


def test_the_same_password_until_it_is_used():
    with Site() as site:
        machine = site.machine()
        first = site.enrol(machine)[1]['otp']
        equal(site.enrol(machine, host='pc-18')[1]['otp'], first)
        equal(site.facts(machine)['report-host'], 'pc-18')
        site.server.stop()
        site.server = site.daemon()
        site.endpoint = Endpoint(site.server)
        equal(site.enrol(machine)[1]['otp'], first)
        true(site.enrol(site.machine())[1]['otp'] != first)


def test_many_at_once_get_one_password():
    with Site() as site:
        machine = site.machine()
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: site.enrol(machine), range(24)))
        equal({status for status, _ in answers} - {200, 503}, set(), answers)
        equal(len({answer['otp'] for status, answer in answers if status == 200}), 1)


def test_an_imported_password_is_the_one():
    with Site() as site:
        machine = site.machine()
        site.import_machines([{'uuid': machine.uuid, 'otp': 'imported-1234', 'suffix': DOMAIN}])
        status, answer = site.enrol(machine)
        equal((status, answer['otp'], answer['suffix']), (200, 'imported-1234', DOMAIN))
        equal(site.enrol(machine, pki_suffix=DOMAIN + '.')[1]['suffix'], None)


def test_a_site_without_passwords():
    with Site(otp='no') as site:
        machine = site.machine()
        equal(site.enrol(machine)[1]['otp'], None)
        true('otp-set' not in site.facts(machine))


def test_the_suffix_of_the_site():
    with Site(match=f'suffixes={DOMAIN};hall.example.net') as site:
        equal(site.enrol(site.machine(), fqdn='pc.hall.example.net')[1]['suffix'],
              'hall.example.net')
        equal(site.enrol(site.machine(), fqdn='pc.elsewhere.example')[1]['suffix'], None)
        machine = site.machine()
        equal(site.enrol(machine, pki_suffix='own.example.net')[1]['suffix'], None)
        equal(site.facts(machine)['report-suffix'], 'own.example.net')


def test_the_certificates_of_the_site():
    """Those by which the session would set the machine up, judged before it is started."""
    with Site() as site:
        machine, other = site.machine(), [{'hash': '1' * 64, 'active': True}]
        own = report(machine)['hashes'][0]
        wrong = 'the suffix elsewhere.example; take a certificate for that domain'
        for members, why in [({'pki_suffix': 'elsewhere.example'}, wrong),
                             ({'dhcp_domain': 'elsewhere.example'}, wrong),
                             ({'pki_suffix': 'elsewhere.example', 'dhcp_domain': DOMAIN}, wrong),
                             ({'hashes': other}, f'(SHA-256 {machine.keys["root"]}) is not among '
                              'the 1 that the machine trusts'),
                             ({'hashes': [{**own, 'active': False}, *other]}, 'is not among the 1')]:
            contains(site.refused(409, 'refused', good_report(machine, **members)),
                     'no provisioning certificate of site office fits this machine: [pki sha256]: ',
                     ' [pki sha1]: ', why)
        for members in ({'dhcp_domain': DOMAIN}, {'hashes': None}, {'hashes': [own, *other]},
                        {'pki_suffix': DOMAIN, 'dhcp_domain': 'elsewhere.example'}):
            contains(site.enrol(machine, **members)[1]['reason'], '[12.x] method.agent',
                     'the certificate of [pki sha256] fits')
        site.enrol(machine, dhcp_domain=DOMAIN)
        equal(site.facts(machine)['report-suffix'], DOMAIN)
        site.import_machines([{'uuid': machine.uuid, 'suffix': 'elsewhere.example'}])
        contains(site.endpoint.enrol(site.token, report(machine, pki_suffix=DOMAIN))[1]['error'][
            'message'], wrong)
    with Site(pki='') as site:
        contains(site.refused(409, 'refused', report(site.machine())), 'add a group [pki NAME]')


def rows(site):
    """All that the store has, but for when the token was used."""
    with contextlib.closing(sqlite3.connect(site.path('store.db'))) as store:
        return [row for row in store.execute('SELECT * FROM records ORDER BY sequence')
                if not str(row[2]).startswith('enrolment:')]


def test_a_check_stores_nothing():
    with Site() as site:
        machine, events = site.machine(), site.call('events').stdout
        before = rows(site)
        for _ in range(2):
            status, answer = site.endpoint.check(site.token, good_report(machine))
            equal((status, answer['order'], answer['otp']), (200, 'go', None), answer)
            contains(answer['reason'], 'the certificate of [pki sha256] fits')
        for token, members, status, code in [
                (site.token, {'uuid': '00000000-0000-0000-0000-000000000000'}, 400, 'bad-uuid'),
                (site.token, {'amt': '13.0'}, 422, 'unknown-release'),
                (site.token, {'pki_suffix': 'elsewhere.example'}, 409, 'refused'),
                (site.token, {'provisioning_state': 'post'}, 409, 'operational'),
                (site.token + '0', {}, 401, 'unauthorized')]:
            found, value = site.endpoint.check(token, report(machine, **members))
            equal((found, value['error']['code']), (status, code), value)
        equal(rows(site), before)
        equal(site.call('events').stdout, events)
        equal(site.endpoint.follow(site.token, machine.uuid)[0], 404)
        otp = site.enrol(machine)[1]['otp']
        stored = rows(site)
        equal(site.endpoint.check(site.token, report(machine, host='pc-18'))[1]['otp'], None)
        equal(rows(site), stored)
        equal(site.enrol(machine)[1]['otp'], otp)
        site.server.stop()
        equal(len([line for line in site.server.lines if 'may start' in line]), 2)


def test_releases_and_machines_that_no_agent_can_start():
    with Site() as site:
        for release in ('2.0', '2.1', '2.5'):
            contains(site.refused(409, 'refused', report(site.machine(release))),
                     'know only PID/PPS provisioning', 'amt.conf')
        machine = site.machine()
        contains(site.refused(409, 'refused', report(machine, sku='SBT')), 'small business')
        inactive = [{**report(machine)['hashes'][0], 'active': False}]
        contains(site.refused(409, 'refused', report(machine, hashes=inactive)), 'root hash')
        site.refused(422, 'unknown-release', report(machine, amt='13.0'))
        site.refused(422, 'unknown-release', report(machine, amt='twelve'))
        site.refused(422, 'unknown-release', report(machine, amt=None))


def test_a_site_that_does_not_allow_agents():
    with Site(order='psk;pki') as site:
        contains(site.refused(409, 'refused', report(site.machine())),
                 'add agent to [methods] order', 'office.conf')


def test_bad_reports():
    with Site() as site:
        machine = site.machine()
        for uuid in ('00000000-0000-0000-0000-000000000000',
                     'ffffffff-ffff-ffff-ffff-ffffffffffff', 'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF',
                     'machine', '', None):
            site.refused(400, 'bad-uuid', report(machine, uuid=uuid))
        for body in ('', '{', '[]', 'null', '"text"', '{}x', b'\xff\xfe', b'{"uuid":"\0"}',
                     '[' * 60000, '{"a":' * 10000, '{"uuid":1}',
                     *({**report(machine), name: value} for name, value in [
                         ('provisioning_state', 'done'), ('provisioning_state', None),
                         ('host', 'a\nb'), ('host', 7), ('host', 'x' * 256),
                         ('fqdn', 'a b'), ('fqdn', '.example'), ('fqdn', 'a..b'),
                         ('pki_suffix', '$(x)'), ('dhcp_domain', 7), ('dhcp_domain', 'a\nb'), ('addresses', ['127.0.0.1', 'here']),
                         ('addresses', 'here'), ('addresses', [[]]), ('hashes', {}),
                         ('hashes', [1]), ('hashes', [{'hash': 'ab', 'active': True}]),
                         ('hashes', [{'hash': 'ab' * 20}]),
                         ('hashes', [{'hash': 'ab' * 20, 'algorithm': 'sha256', 'active': True}]),
                         ('hashes', [{'hash': 'ab' * 20, 'active': True}] * 65),
                         ('addresses', ['127.0.0.1'] * 65)])):
            value = site.endpoint.enrol(site.token, body)[1]
            true(value['error']['code'] in ('malformed', 'bad-uuid'), (body, value))
        equal(site.devices(), {})
        equal(site.enrol(machine)[0], 200)


def test_sizes_and_paths():
    with Site() as site:
        message = site.refused(413, 'too-large', b' ' * 65537)
        contains(message, '65536')
        equal(site.enrol(site.machine(), asset='x' * 255)[0], 200)
        status, value = site.endpoint.ask('POST', '/v1/enrol', site.token, iter([b'{}']))
        equal((status, value['error']['code']), (411, 'no-length'))
        for method, path, wanted in [('GET', '/v1/enrol', 405), ('PUT', '/v1/enrol', 405),
                                     ('GET', '/v1/check', 405), ('POST', '/v1/check/', 404),
                                     ('GET', '/', 404), ('GET', '/v1/machines/', 404),
                                     ('GET', '/v1/machines/x', 404),
                                     ('POST', f'/v1/machines/{uuids.uuid4()}', 405),
                                     ('GET', f'/v1/machines/{uuids.uuid4()}', 404)]:
            equal(site.endpoint.ask(method, path, site.token)[0], wanted, path)


def test_tokens():
    with Site() as site:
        site.site('hall', match='uuids=00000001-0000-0000-0000-000000000000', order='agent')
        machine = site.machine()
        for token in (None, 'x', site.token + '0', site.token[:-1] + ('0' if site.token[-1] != '0'
                                                                       else '1'),
                      '0' * 16 + site.token[16:], site.token.upper()):
            status, value = site.endpoint.enrol(token, report(machine))
            equal((status, value['error']['code']), (401, 'unauthorized'), token)
        equal(site.devices(), {})
        listed = json.loads(site.call('agent', 'token', 'list', '--site', 'office', '--json').stdout)
        equal([(token['id'], token['used']) for token in listed['tokens']],
              [(site.token.split('.')[0], None)])
        added = json.loads(site.call('agent', 'token', 'add', '--site', 'office', '--json').stdout)
        equal(site.enrol(machine, token=added['token'])[0], 200)
        identifier = added['id']
        table = site.call('agent', 'token', 'list', '--site', 'office').stdout
        true(re.search(rf'^{identifier}  \S+  20\d\d-\S+$', table, re.M), table)
        true(re.search(rf'^{site.token.split(".")[0]}  \S+ +never$', table, re.M), table)
        site.call('agent', 'token', 'revoke', '--site', 'hall', identifier, code=1)
        equal(site.endpoint.follow(added['token'], machine.uuid)[0], 200)
        site.call('agent', 'token', 'revoke', '--site', 'office', identifier)
        equal(site.endpoint.follow(added['token'], machine.uuid)[0], 401)
        equal(site.endpoint.follow(site.token, machine.uuid)[0], 200)
        site.call('agent', 'token', 'add', '--site', 'nowhere', code=1)
        site.call('agent', 'token', 'add', code=2)
        with open(site.path('store.db'), 'rb') as store, open(site.path('store.db-wal'), 'rb') as log:
            stored = store.read() + log.read()
        for token in (site.token, added['token']):
            secret = token.split('.')[1]
            true(secret.encode() not in stored and bytes.fromhex(secret) not in stored)
            true(hashlib.sha256(token.encode()).digest() not in stored)
            true(secret not in '\n'.join(site.server.lines))


def test_machines_of_another_site():
    with Bench() as bench:
        bench.configure(limits=CONFIG, plugins=PLUGINS)
        listed = str(uuids.uuid4())
        bench.site(order='agent')
        bench.site('hall', match=f'uuids={listed}', order='agent')
        endpoint = Endpoint(bench.daemon())
        office, hall = add_token(bench), add_token(bench, 'hall')
        known, free = Machine(bench, '12.0', 'pki'), Machine(bench, '12.0', 'pki')
        bench.import_machines([{'uuid': known.uuid, 'site': 'hall'}])
        mine = Machine(bench, '12.0', 'pki', uuid=listed)
        for machine in (known, mine):
            for ask in (endpoint.enrol, endpoint.check):
                status, value = ask(office, report(machine))
                equal((status, value['error']['code']), (403, 'wrong-site'), value)
            equal(endpoint.follow(office, machine.uuid)[0], 404)
            equal(endpoint.enrol(hall, report(machine))[0], 200)
        equal(endpoint.enrol(office, report(free))[0], 200)
        equal(endpoint.follow(hall, free.uuid)[0], 404)
        equal(endpoint.enrol(hall, report(free))[0], 403)


def test_too_many_requests():
    with Site(settings='requests-per-source=5\nrequests-per-token=3\n') as site:
        statuses = [site.endpoint.follow(site.token, uuids.uuid4())[0] for _ in range(6)]
        equal(statuses, [404, 404, 404, 429, 429, 429])
        equal(site.endpoint.check(site.token, report(site.machine()))[0], 429)
        # Only what comes without a valid token counts for the address.
        second = add_token(site)
        equal(site.endpoint.follow(second, uuids.uuid4())[0], 404)
        paths = ['/', '/v1/enrol', f'/v1/machines/{uuids.uuid4()}']
        equal([site.endpoint.ask('GET', path)[0] for path in paths], [404, 405, 401])
        wrong = second.split('.')[0] + '.' + '0' * len(second.split('.')[1])
        equal([site.endpoint.follow(wrong, uuids.uuid4())[0] for _ in range(3)], [401, 401, 429])
        connection = site.endpoint.connect()
        connection.request('GET', '/', headers={'Authorization': f'Bearer {second}'})
        response = connection.getresponse()
        equal((response.status, response.getheader('Retry-After')), (429, '60'))
        contains(response.read().decode(), 'without a valid token', 'requests-per-source')


def test_a_burst_of_agents():
    """While the daemon has no time for them, the kernel takes their connections."""
    with Site() as site:
        machines = [site.machine() for _ in range(100)]
        site.server.signal(signal.SIGSTOP)
        try:
            connections = [socket.create_connection(('127.0.0.1', site.endpoint.port), PATIENCE)
                           for _ in machines]
        finally:
            site.server.signal(signal.SIGCONT)
        context = site.endpoint.connect()._context
        for machine, plain in zip(machines[:5], connections):
            connection = site.endpoint.connect()
            connection.sock = context.wrap_socket(plain)
            equal(site.endpoint.enrol(site.token, report(machine), connection=connection)[0], 200)
        for plain in connections:
            plain.close()


def test_both_families():
    with Bench() as bench:
        bench.configure(limits='[agent]\nlisten=127.0.0.1:0;[::1]:0\n', plugins=PLUGINS)
        bench.site(order='agent')
        line = bench.daemon().wait_line('agents report to ')
        for host, port in re.findall(r'https://(127\.0\.0\.1|\[::1\]):(\d+)/', line):
            socket.create_connection((host.strip('[]'), int(port)), PATIENCE).close()
        equal(line.count('https://'), 2, line)


def test_the_certificate():
    with Site() as site:
        der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(('127.0.0.1',
                                                                   site.endpoint.port)))
        equal(hashlib.sha256(der).hexdigest(), site.endpoint.fingerprint)
        equal(stat.S_IMODE(os.stat(site.path('agent.pem')).st_mode), 0o600)
        site.server.stop()
        equal(Endpoint(site.daemon()).fingerprint, site.endpoint.fingerprint)


def test_a_certificate_of_the_site_and_of_clients():
    with Bench() as bench:
        bench.authority('agents-ca', '/O=Test/CN=Agents')
        for name in ('server', 'client'):
            bench.issue(name, f'/CN={name}', 'agents-ca', f'extendedKeyUsage={name}Auth')
        bench.configure(limits=CONFIG + f'certificate={bench.path("server.pem")}\n'
                        f'key={bench.path("server.key")}\nclient-ca={bench.path("agents-ca.pem")}\n',
                        plugins=PLUGINS)
        bench.site(order='agent')
        endpoint = Endpoint(bench.daemon())
        equal(endpoint.fingerprint, bench.fingerprint('server', 'sha256'))
        true(not os.path.exists(bench.path('agent.pem')))
        token = add_token(bench)
        own = (bench.path('client.pem'), bench.path('client.key'))
        equal(endpoint.ask('GET', f'/v1/machines/{uuids.uuid4()}', token,
                           connection=endpoint.connect(own))[0], 404)
        bench.authority('stranger', '/CN=stranger')
        for certificate in (None, (bench.path('stranger.pem'), bench.path('stranger.key'))):
            try:
                endpoint.ask('GET', f'/v1/machines/{uuids.uuid4()}', token,
                             connection=endpoint.connect(certificate))
            except (ssl.SSLError, ConnectionError):
                continue
            raise AssertionError(f'{certificate} was let in')


def test_a_server_that_cannot_start():
    with Bench() as bench, socket.socket() as taken:
        taken.bind(('127.0.0.1', 0))
        taken.listen()
        port = taken.getsockname()[1]
        for settings, part in [(f'listen=127.0.0.1:{port}\n', f'[agent] listen: cannot listen on 127.0.0.1:{port}: '),
                               (f'listen=127.0.0.1:0\ncertificate={bench.write("bad.pem", "bad")}\n',
                                '[agent] certificate: ')]:
            bench.configure(limits=f'[agent]\n{settings}', plugins=PLUGINS)
            bench.site(order='agent')
            program = bench.call(program=os.environ['AMTPROVD'], code=1)
            contains(program.stderr, part)
            true('amtprovd: ready' not in program.stderr)


def test_a_client_that_goes_away():
    with Site() as site:
        body = json.dumps(report(site.machine())).encode()
        head = (f'POST /v1/enrol HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {site.token}\r\n'
                f'Content-Length: {len(body)}\r\n\r\n').encode()
        context = site.endpoint.connect()._context
        for sent in (b'', head[:40], head, head + body[:10], head + body):
            with socket.create_connection(('127.0.0.1', site.endpoint.port), PATIENCE) as plain:
                with context.wrap_socket(plain) as secure:
                    secure.sendall(sent)
        with socket.create_connection(('127.0.0.1', site.endpoint.port), PATIENCE) as plain:
            plain.sendall(b'GET / HTTP/1.0\r\n\r\n')
        equal(site.enrol(site.machine())[0], 200)
        equal(site.server.stop(), 0)


main(globals())
