# SPDX-License-Identifier: LGPL-2.1-or-later
"""The examples in C, built against an installed amtprov."""

import contextlib
import json
import re
import signal
import socket
import threading

import prefix
from harness import Bench, DOMAIN, Machine, PATIENCE, Program, contains, equal, main, true

PROVISIONING_LINES = 25


def installed_bench():
    bench = Bench()
    bench.environment = {**prefix.environment(), 'LC_ALL': 'C.UTF-8',
                         'AMT_PROV_CONFIG_DIR': bench.path('etc')}
    return bench


def test_host_needs_few_lines():
    text = (prefix.EXAMPLES / 'host-c/inventory.c').read_text()
    parts = re.findall(r'/\* provisioning: begin \*/\n(.*?)/\* provisioning: end \*/', text, re.S)
    lines = [line for part in parts for line in part.splitlines() if line.strip()]
    true(0 < len(lines) <= PROVISIONING_LINES, lines)
    # Nothing of the library is used elsewhere, but for the object that the daemon owns.
    rest = re.sub(r'/\* provisioning: begin \*/\n(.*?)/\* provisioning: end \*/', '', text, flags=re.S)
    equal(re.findall(r'amt_prov_\w+|AmtProv\w+', rest), ['AmtProvProvisioner'])


def ask(port):
    with socket.create_connection(('127.0.0.1', port), PATIENCE) as connection:
        with connection.makefile() as stream:
            return [line.rstrip('\n').split('\t') for line in stream]


def test_host():
    prefix.install()
    prefix.build_example('host-c')
    with installed_bench() as bench:
        bench.configure()
        bench.site(order='psk', pki='')
        (pid, pps), = bench.pairs(1)
        machine = Machine(bench, '9.5', 'psk', pid=pid, pps=pps)
        bench.import_machines([{'uuid': machine.uuid}])
        machines = bench.write('machines.conf', f'[{machine.uuid}]\nowner=Reception\nplace=R 1.02\n')
        host = Program([prefix.PREFIX / 'bin/inventory', machines, bench.config], bench.environment,
                       'stderr')
        bench.running.append(host)
        port = int(host.wait_line('^inventory on port ').split()[-1])
        equal(ask(port), [[machine.uuid, 'Reception', 'R 1.02', 'not seen']])
        simulator = bench.simulate([machine])
        simulator.wait_event(machine, 'committed')
        host.signal(signal.SIGTERM)
        equal(host.finish(), 0)
        equal(bench.devices()[machine.uuid]['state'], 'operational')
        bench.check_password(machine)
        bench.write('amtprov.conf', '[amtprov]\nplugin=psk\n')
        wrong = Program([prefix.PREFIX / 'bin/inventory', machines, bench.config], bench.environment,
                        'stderr')
        equal(wrong.finish(), 1)
        contains(wrong.lines[0], 'amtprov.conf:2', 'plugin')


class Proxy(threading.Thread):
    """An HTTP proxy that allows CONNECT to one port only, and joins it to another one."""

    def __init__(self, allowed, real):
        super().__init__(daemon=True)
        self.allowed, self.real = allowed, real
        self.targets = []
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=[client], daemon=True).start()

    def serve(self, client):
        with client:
            request = b''
            while not request.endswith(b'\r\n\r\n'):
                data = client.recv(1)
                if not data:
                    return
                request += data
            method, target, _ = request.split(b' ', 2)
            host, port = target.decode().rsplit(':', 1)
            if (method, port) != (b'CONNECT', str(self.allowed)):
                client.sendall(b'HTTP/1.0 403 Forbidden\r\n\r\n')
                return
            self.targets.append(host)
            with contextlib.suppress(OSError), \
                    socket.create_connection((host, self.real), PATIENCE) as machine:
                client.sendall(b'HTTP/1.0 200 Connection established\r\n\r\n')
                back = threading.Thread(target=pump, args=[machine, client], daemon=True)
                back.start()
                pump(client, machine)
                back.join()


def pump(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


# The machines' port as the branch office shows it. Without the proxy nobody answers there.
SHOWN_PORT = 1


def company(bench):
    chain = bench.chain('sha256')
    return f'[branch]\ncertificate={chain.file}\nkey={chain.key}\n\n'


@contextlib.contextmanager
def branch_office(proxy=True, certificate=True):
    prefix.install()
    prefix.build_example('plugin-c')
    with installed_bench() as bench:
        real = bench.port
        gate = Proxy(SHOWN_PORT, real)
        bench.configure(plugins='branch;sqlite')
        branch = company(bench) if certificate else ''
        jump = f'[jump]\nproxy=127.0.0.1:{gate.port}\n' if proxy else ''
        bench.port = SHOWN_PORT
        bench.site(order='branch', tls='server', pki='', device='transport=jump\n',
                   extra=branch + jump)
        bench.port = real
        yield bench, gate
        gate.listener.close()


def test_plugin_explains_itself():
    with branch_office() as (bench, gate):
        contains(bench.call('plugins').stdout, 'branch', 'loaded', 'method:branch;transport:jump')
        contains(bench.call('explain', '--amt', '12.0').stdout,
                 'branch  usable   the site has the certificate of the company', '[branch] certificate')
        contains(bench.call('explain', '--amt', '2.2').stdout, 'branch  blocked')
        equal(bench.call('branch').stdout.split(), ['office', f'127.0.0.1:{gate.port}'])


def test_plugin_explains_what_the_site_lacks():
    with branch_office(certificate=False) as (bench, _):
        contains(bench.call('explain', '--amt', '12.0').stdout,
                 'branch  blocked  the site has no certificate of the company: add a group [branch]')


def passes(bench, *arguments):
    """Every check of amtprov conformance; none is skipped."""
    checks = json.loads(bench.call('conformance', *arguments, '--json').stdout)['checks']
    equal([check for check in checks if check['result'] != 'passed'], [])
    true('open-context' in {check['name'] for check in checks}, checks)


def test_plugin_keeps_the_contract_of_methods():
    with branch_office() as (bench, _):
        bench.site(order='branch', pki='', extra=company(bench))
        root = bench.chain('sha256').root
        passes(bench, 'method', 'branch', '--simulate', f'amt=12.0,mode=pki,root={root},suffix={DOMAIN}')


def test_plugin_keeps_the_contract_of_transports():
    with branch_office() as (bench, gate):
        gate.allowed = gate.real
        bench.site(order='branch', pki='', device='transport=jump\n',
                   extra=f'{company(bench)}[jump]\nproxy=127.0.0.1:{gate.port}\n')
        passes(bench, 'transport', 'jump')


def test_plugin_proves_one_side_only():
    """A password that all machines share is not for whoever says hello."""
    with branch_office() as (bench, _):
        bench.write('sites.d/password.txt', 'Shared-1-by-all')
        bench.site(order='branch', pki='', policy='any', profile='admin-password=file:password.txt\n',
                   extra=company(bench))
        contains(bench.call('config', 'check', code=1).stderr, '[admission] policy', 'the method branch',
                 'anyone who says hello')


def test_plugin_carries_machines():
    with branch_office() as (bench, gate):
        machines = [Machine(bench, release, 'pki') for release in ('7.1', '12.0')]
        bench.import_machines({'uuid': machine.uuid} for machine in machines)
        daemon = bench.daemon()
        bench.simulate(machines)
        daemon.wait_state(machines, 'operational')
        equal(set(gate.targets), {machine.address for machine in machines})
        for machine in machines:
            contains(daemon.lines_of(machine, 'operational')[0], 'method branch')
            bench.check_password(machine, 'server')


def test_plugin_whose_proxy_refuses():
    with branch_office() as (bench, gate):
        gate.allowed = SHOWN_PORT + 1
        machine = Machine(bench, '12.0', 'pki')
        bench.import_machines([{'uuid': machine.uuid}])
        daemon = bench.daemon()
        simulator = bench.simulate([machine])
        daemon.wait_once(machine, 'failed')
        contains(daemon.lines_of(machine, 'failed')[0],
                 f'by the proxy http://127.0.0.1:{gate.port}: HTTP proxy connection not allowed')
        equal(simulator.of(machine, 'secret-received'), [])


def test_plugin_without_its_proxy():
    with branch_office(proxy=False) as (bench, gate):
        machine = Machine(bench, '12.0', 'pki')
        bench.import_machines([{'uuid': machine.uuid}])
        daemon = bench.daemon()
        simulator = bench.simulate([machine])
        daemon.wait_state([machine], 'blocked')
        contains(daemon.lines_of(machine, 'blocked')[0], 'site office', 'no group [jump]')
        equal(simulator.of(machine, 'secret-received'), [])
        equal(gate.targets, [])


main(globals())
