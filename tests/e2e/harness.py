# SPDX-License-Identifier: LGPL-2.1-or-later
"""Daemon, store and simulated machines for one test: started, watched by their output, stopped."""

import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import uuid as uuids

AMTPROV = os.environ['AMTPROV']
AMTPROVD = os.environ['AMTPROVD']
AMTPROV_SIM = os.environ['AMTPROV_SIM']
# How long anything may take at most on a slow machine with sanitizers; nothing waits for it to pass.
PATIENCE = float(os.environ.get('AMTPROV_TEST_PATIENCE', '240'))
# A fleet's hellos come by the minute; at this speed every half second.
SPEED = 120
DOMAIN = 'office.example.net'
MARKER = '2.16.840.1.113741.1.2.3'
STATES = 'known hello provisioning waiting failed blocked operational'.split()


def number(release):
    return tuple(int(part) for part in release.split('.'))


def equal(found, wanted, context=''):
    if found != wanted:
        raise AssertionError(f'found {found!r}, wanted {wanted!r}\n{context}')


def true(value, context=''):
    if not value:
        raise AssertionError(f'not so\n{context}')


def contains(text, *parts):
    for part in parts:
        if part not in (text or ''):
            raise AssertionError(f'{part!r} is missing in {text!r}')


def free_ports(count):
    """Ports below those that the kernel gives to outgoing connections."""
    found = []
    while len(found) < count:
        port = random.SystemRandom().randrange(12000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(('0.0.0.0', port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


def with_shim(environment):
    """For a program whose /dev/mei0 is the socket of a simulated machine. The sanitizer would want
    to come first, and works in second place as well."""
    options = environment.get('ASAN_OPTIONS', '')
    return {**environment, 'LD_PRELOAD': os.environ['AMTPROV_MEI_SHIM'],
            'ASAN_OPTIONS': f'{options}:verify_asan_link_order=0'.lstrip(':')}


class Program:
    """A process whose lines are read as they come."""

    def __init__(self, command, environment, stream):
        other = 'stderr' if stream == 'stdout' else 'stdout'
        self.changed = threading.Condition()
        self.lines = []
        self.ended = False
        self.process = subprocess.Popen(command, env=environment, **{stream: subprocess.PIPE,
                                        other: subprocess.DEVNULL if other == 'stdout' else None})
        self.reader = threading.Thread(target=self.read, args=[getattr(self.process, stream)],
                                       daemon=True)
        self.reader.start()

    def read(self, pipe):
        for raw in pipe:
            with self.changed:
                self.take(raw.decode(errors='replace').rstrip('\n'))
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def take(self, line):
        self.lines.append(line)

    def wait_for(self, condition, what, patience=None):
        """Until condition() is true; it is asked again after each line."""
        limit = time.monotonic() + (patience or PATIENCE)
        with self.changed:
            while True:
                value = condition()
                if value:
                    return value
                left = limit - time.monotonic()
                if self.ended or left <= 0:
                    why = 'it has ended' if self.ended else 'time is up'
                    raise AssertionError(f'waited for {what}: {why}\n' + '\n'.join(line[:400] for line in self.lines[-12:]))
                self.changed.wait(left)

    def wait_line(self, pattern, start=0, patience=None):
        expression = re.compile(pattern)

        def found():
            return next((line for line in self.lines[start:] if expression.search(line)), None)
        return self.wait_for(found, f'a line like {pattern!r}', patience)

    def signal(self, what):
        if self.process.poll() is None:
            self.process.send_signal(what)

    def finish(self, patience=None):
        code = self.process.wait(patience or PATIENCE)
        self.reader.join()
        return code

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.reader.join()
        return self.process.returncode


class Daemon(Program):
    """amtprovd; what it says of machines is kept by UUID, as a list of (state, line)."""

    def __init__(self, bench):
        self.said = {}
        super().__init__([AMTPROVD, '--config', bench.config], bench.environment, 'stderr')

    def take(self, line):
        super().take(line)
        match = re.search(r'([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}): (\w+)(.*)', line)
        if match and match[2] in STATES and match[3][:1] in ('', ',', ':'):
            self.said.setdefault(match[1], []).append((match[2], line))

    def wait_ready(self):
        self.wait_line(r'^amtprovd: ready, hello on ')
        return self

    def lines_of(self, machine, state):
        return [line for said, line in self.said.get(machine.uuid, []) if said == state]

    def state_of(self, machine):
        said = self.said.get(machine.uuid)
        return said[-1][0] if said else None

    def wait_state(self, machines, state, patience=None):
        """Until the last word on each of the machines is this state."""
        def there():
            return all(self.state_of(machine) == state for machine in machines)
        try:
            self.wait_for(there, f'{state}', patience)
        except AssertionError as error:
            late = [f'{machine}: {self.said.get(machine.uuid, [(None, "nothing")])[-1][1]}'
                    for machine in machines if self.state_of(machine) != state]
            raise AssertionError(f'not {state}:\n' + '\n'.join(late)) from error

    def wait_once(self, machine, state, patience=None):
        return self.wait_for(lambda: self.lines_of(machine, state), f'{machine} {state}', patience)


class Simulator(Program):
    """amtprov-sim; its events are kept by UUID."""

    def __init__(self, bench, machines, speed=SPEED, hellos=True, options=()):
        self.events = {}
        fleet = bench.write(f'fleet-{id(self)}.conf', ''.join(machine.group() for machine in machines))
        server = ['--server', f'127.0.0.1:{bench.hello_port}'] if hellos else []
        super().__init__([AMTPROV_SIM, '--fleet', fleet, *server, '--speed', str(speed), '--json',
                          *options], bench.environment, 'stdout')

    def take(self, line):
        super().take(line)
        event = json.loads(line)
        self.events.setdefault(event['uuid'], []).append(event)

    def of(self, machine, kind):
        return [event for event in self.events.get(machine.uuid, []) if event['event'] == kind]

    def wait_event(self, machine, kind, count=1, patience=None):
        return self.wait_for(lambda: len(self.of(machine, kind)) >= count and
                             self.of(machine, kind), f'{machine}: {kind}', patience)

    def wait_started(self, machines):
        for machine in machines:
            self.wait_event(machine, 'started')
        return self


class Machine:
    """One simulated machine, and its group in the fleet file."""

    def __init__(self, bench, release, mode, **keys):
        self.release = release
        self.mode = mode
        self.address = bench.next_address()
        self.uuid = str(uuids.uuid4())
        self.keys = {'amt': release, 'mode': mode, 'address': self.address, 'uuid': self.uuid,
                     'port': bench.port, 'plain-port': bench.plain_port, 'window': 255}
        if mode == 'pki':
            self.keys['suffix'] = DOMAIN
            self.keys['root'] = bench.chain('sha1' if number(release) < (6, 2) else 'sha256').root
        for key, value in keys.items():
            self.keys[key.replace('_', '-')] = value
        self.uuid = self.keys['uuid']

    def group(self):
        """The machine's part of a fleet file, in which a backslash begins an escape."""
        cells = ''.join(f'{key}={value}\n'.replace('\\', r'\\') for key, value in self.keys.items()
                        if value is not None)
        return f'[{self.address}]\n{cells}\n'

    def __str__(self):
        return f'{self.mode} {self.release} {self.uuid}'


class Chain:
    """A root, an issuing authority and a leaf, or only some of them in the file."""

    def __init__(self, bench, name, digest='sha256', common_name=f'amt.{DOMAIN}', days=30, bits=2048,
                 usage=f'serverAuth,{MARKER}'):
        self.bench, self.name, self.digest, self.days = bench, name, digest, days
        bench.authority(f'{name}-root', f'/O=Test Trust/CN=Test Root {name}', digest)
        bench.issue(f'{name}-issuer', f'/O=Test Trust/CN=Test Issuer {name}', f'{name}-root',
                    'basicConstraints=critical,CA:TRUE', digest)
        bench.issue(f'{name}-leaf', f'/O=Test Office/CN={common_name}', f'{name}-issuer',
                    f'extendedKeyUsage={usage}', digest, days, bits)
        self.key = bench.path(f'{name}-leaf.key')
        self.root = bench.fingerprint(f'{name}-root', digest)
        self.file = self.join('leaf', 'issuer', 'root')

    def join(self, *parts):
        text = ''.join(pathlib.Path(self.bench.path(f'{self.name}-{part}.pem')).read_text()
                       for part in parts)
        return self.bench.write(f'{self.name}-{"-".join(parts)}-chain.pem', text)

    def group(self, name=None, file=None):
        return f'[pki {name or self.name}]\ncertificate={file or self.file}\nkey={self.key}\n\n'


class Bench:
    """A folder with everything of one test, on ports of its own."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix='amtprov-e2e-')
        self.folder = pathlib.Path(self.temporary.name)
        self.environment = {**os.environ, 'LC_ALL': 'C.UTF-8',
                            'AMT_PROV_CONFIG_DIR': self.path('etc')}
        self.hello_port, self.port, self.plain_port = free_ports(3)
        self.network = f'127.{random.randrange(16, 250)}'
        self.addresses = 0
        self.running = []
        self.chains = {}
        self.config = self.path('amtprov.conf')
        # Firmware restarts within seconds; a simulated one at once.
        self.write('etc/capabilities.d/quick.conf',
                   '[2.0..x]\nkey-wait-seconds=1\ncommit-wait-seconds=1\n')
        self.write('openssl.cnf', 'openssl_conf=a\n[a]\nssl_conf=b\n[b]\nsystem_default=c\n'
                   '[c]\nOptions=UnsafeLegacyServerConnect\nMinProtocol=TLSv1\n'
                   'CipherString=DEFAULT:@SECLEVEL=0\n')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for program in reversed(self.running):
            program.stop()
        self.temporary.cleanup()

    def path(self, name):
        return str(self.folder / name)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    def next_address(self):
        self.addresses += 1
        return f'{self.network}.{self.addresses // 250}.{self.addresses % 250 + 1}'

    # ---- certificates ----

    def openssl(self, *arguments, stdin=b''):
        done = subprocess.run(['openssl', *arguments], input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False, cwd=self.folder)
        equal(done.returncode, 0, done.stderr.decode())
        return done.stdout

    def new_key(self, name, bits=2048):
        self.openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', f'rsa_keygen_bits:{bits}',
                     '-out', f'{name}.key')

    def authority(self, name, subject, digest='sha256'):
        self.new_key(name)
        self.openssl('req', '-x509', '-new', '-key', f'{name}.key', '-subj', subject, f'-{digest}',
                     '-days', '30', '-out', f'{name}.pem',
                     '-addext', 'basicConstraints=critical,CA:TRUE',
                     '-addext', 'keyUsage=critical,keyCertSign,cRLSign')

    def issue(self, name, subject, issuer, extensions, digest='sha256', days=30, bits=2048):
        self.new_key(name, bits)
        self.write(f'{name}.ext', extensions + '\n')
        request = self.openssl('req', '-new', '-key', f'{name}.key', '-subj', subject)
        self.openssl('x509', '-req', f'-{digest}', '-days', str(days), '-CA', f'{issuer}.pem',
                     '-CAkey', f'{issuer}.key', '-set_serial', hex(random.getrandbits(63)),
                     '-extfile', f'{name}.ext', '-out', f'{name}.pem', stdin=request)

    def fingerprint(self, name, digest):
        text = self.openssl('x509', '-in', f'{name}.pem', '-noout', '-fingerprint', f'-{digest}')
        return text.decode().strip().split('=')[1].replace(':', '').lower()

    def chain(self, name, **options):
        """The chain of this name, made when it is first asked for; sha1 and sha256 need no more."""
        if name not in self.chains:
            if name in ('sha1', 'sha256'):
                options['digest'] = name
            self.chains[name] = Chain(self, name, **options)
        return self.chains[name]

    def tls_keys(self):
        if not (self.folder / 'tls-ca.pem').exists():
            self.authority('tls-ca', '/O=Test/CN=Test TLS CA')
        return f'tls-ca-certificate={self.path("tls-ca.pem")}\ntls-ca-key={self.path("tls-ca.key")}\n'

    # ---- configuration ----

    def configure(self, limits='', plugins='psk;pki;sqlite'):
        self.write('amtprov.conf', f'[amtprov]\nstore=sqlite:{self.path("store.db")}\n'
                   f'store-key-file={self.path("store.key")}\nplugins={plugins}\n\n'
                   f'[hello]\nlisten=127.0.0.1:{self.hello_port}\n\n'
                   f'[limits]\nhellos-per-source=100000\n{limits}\n')
        (self.folder / 'sites.d').mkdir(exist_ok=True)

    def site(self, name='office', match=None, order='psk;pki', policy='known', tls='off', pki=None,
             device='', profile='', extra=''):
        if pki is None:
            pki = self.chain('sha256').group() + self.chain('sha1').group()
        match = f'[match]\n{match}\n\n' if match else ''
        keys = '' if tls == 'off' else self.tls_keys()
        self.write(f'sites.d/{name}.conf', f'[site]\nname={name}\n\n{match}[methods]\norder={order}\n\n'
                   f'[admission]\npolicy={policy}\n\n{pki}[device]\nport={self.port}\n'
                   f'plain-port={self.plain_port}\n{device}\n'
                   f'[profile]\ndomain={DOMAIN}\ntls={tls}\n{keys}{profile}\n{extra}')

    def call(self, *arguments, program=AMTPROV, stdin=None, code=0):
        """Runs a command to its end; looks at the exit code unless it is None."""
        done = subprocess.run([program, *map(str, arguments), '--config', self.config],
                              stdin=subprocess.DEVNULL if stdin is None else None, input=stdin,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=self.environment, timeout=PATIENCE, check=False)
        if code is not None:
            equal(done.returncode, code, f'{arguments}\n{done.stdout}{done.stderr}')
        return done

    def call_plain(self, *arguments):
        """Runs a command that takes no configuration; what it prints."""
        return subprocess.run([AMTPROV, *arguments], stdout=subprocess.PIPE, check=True, text=True,
                              env=self.environment, timeout=PATIENCE).stdout

    def import_machines(self, rows):
        """Rows are dictionaries; what one leaves out is empty."""
        columns = ['uuid', 'amt', 'hostname', 'site', 'suffix', 'otp']
        lines = [','.join(columns)]
        lines += [','.join(row.get(column, '') for column in columns) for row in rows]
        self.call('import', self.write('machines.csv', '\n'.join(lines) + '\n'))

    def pairs(self, count, store=True):
        """New pairs, in the store unless told otherwise."""
        arguments = ['psk', 'generate', '--count', str(count)]
        if store:
            text = self.call(*arguments).stdout
        else:
            text = self.call_plain(*arguments)
        return [tuple(line.split(',')[:2]) for line in text.splitlines()[1:]]

    # ---- what runs ----

    def daemon(self):
        daemon = Daemon(self)
        self.running.append(daemon)
        return daemon.wait_ready()

    def simulate(self, machines, **options):
        simulator = Simulator(self, machines, **options)
        self.running.append(simulator)
        return simulator.wait_started(machines)

    # ---- what came of it ----

    def devices(self):
        found = json.loads(self.call('devices', '--json').stdout)['devices']
        return {device['uuid']: device for device in found}

    def blocked(self, machine):
        """Why a machine is blocked, once the daemon has said that it is."""
        device = self.devices()[machine.uuid]
        equal(device['state'], 'blocked', device)
        return device['error']

    def wait_operational(self, daemon, machines):
        """Also for machines of which a daemon before this one could not say it any more."""
        found = self.devices()
        daemon.wait_state([machine for machine in machines
                           if found[machine.uuid]['state'] != 'operational'], 'operational')

    def facts(self, machine):
        lines = self.call('device', machine.uuid).stdout.split('journal:')[0].splitlines()
        return dict(line.split(': ', 1) for line in lines if ': ' in line)

    def password(self, machine, *options):
        return self.call('password', machine.uuid, *options).stdout.rstrip('\n')

    def psk_states(self):
        """State by PID."""
        states = {}
        for line in self.call('psk', 'list').stdout.splitlines():
            match = re.search(r'([0-9A-Z]{4}-[0-9A-Z]{4}).* (free|issued|bound|pending|retired|revoked)\b', line)
            if match:
                states[match[1]] = (match[2], line)
        return states

    def client_certificate(self):
        if not (self.folder / 'client.pem').exists():
            self.tls_keys()
            self.issue('client', f'/CN=console.{DOMAIN}', 'tls-ca',
                       'extendedKeyUsage=clientAuth,2.16.840.1.113741.1.2.1')
        return ['--cert', self.path('client.pem'), '--key', self.path('client.key')]

    def look_inside(self, machine, password, tls='off', certificate=True, operation=None):
        """Asks a machine with curl for its AMT_GeneralSettings, or for an operation of
        NetworkAdministration over EOI. HTTP status and body."""
        scheme, port = ('http', self.plain_port) if tls == 'off' else ('https', self.port)
        path = 'NetworkAdministrationService' if operation else 'wsman'
        url = f'{scheme}://{machine.address}:{port}/{path}'
        options = self.client_certificate() if tls == 'mutual' and certificate else []
        if tls != 'off':
            options += ['--insecure', '--tlsv1.0']
        request, kind = GET_GENERAL.replace('URL', url), 'application/soap+xml; charset=UTF-8'
        if operation:
            request, kind = EOI_REQUEST.replace('OPERATION', operation), 'text/xml; charset=utf-8'
        # The password stays out of the list of processes.
        secret = password.replace('\\', '\\\\').replace('"', '\\"')
        done = subprocess.run(
            ['curl', '--silent', '--show-error', '--config', '-', '--digest', '--max-time', '60',
             '--header', f'Content-Type: {kind}', '--data', request,
             '--write-out', '\n%{http_code}', *options, url],
            input=f'user = "admin:{secret}"\n', text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, check=False, timeout=PATIENCE,
            env={**self.environment, 'OPENSSL_CONF': self.path('openssl.cnf')})
        body, _, status = done.stdout.rpartition('\n')
        return int(status or 0), body, done.stderr

    def check_password(self, machine, tls='off', host=None):
        """The store's password opens the machine, another one does not."""
        password = self.password(machine)
        old = number(machine.release) < (3, 2)
        status, body, errors = self.look_inside(machine, password, tls,
                                                operation='GetDomainName' if old else None)
        equal(status, 200, f'{machine}\n{body}\n{errors}')
        contains(body, f'<g:DomainName>{DOMAIN}<'.replace('g:', ''.join(
            re.findall(r'<(\w+:)DomainName', body)[:1])))
        if old:
            _, body, _ = self.look_inside(machine, password, tls, operation='GetHostName')
        if host:
            equal(re.findall(r'<(?:\w+:)?HostName>([^<]*)<', body), [host])
        status, body, errors = self.look_inside(machine, password + 'x', tls,
                                                operation='GetHostName' if old else None)
        equal(status, 401, f'{machine}\n{body}\n{errors}')


def hello_head(uuid, version, retry=0):
    return bytes([1, 0, version, 0]) + retry.to_bytes(4, 'little') + uuids.UUID(uuid).bytes_le


def psk_hello(uuid, pid, retry=0):
    return hello_head(uuid, 2, retry) + pid.replace('-', '').encode()


def pki_hello(uuid, roots, retry=0):
    """Roots are hashes in hexadecimal."""
    entries = [bytes.fromhex(root) for root in roots]
    kinds = {20: 1, 32: 2, 48: 3}
    return hello_head(uuid, 3, retry) + bytes([len(entries)]) + b''.join(
        bytes([kinds[len(entry)], len(entry)]) + entry for entry in entries)


def send_bytes(bench, data, address, wait_for_close=True):
    """Sends from an address to the hello port; what comes back must be nothing."""
    with socket.create_connection(('127.0.0.1', bench.hello_port), PATIENCE,
                                  source_address=(address, 0)) as connection:
        try:
            connection.sendall(data)
            if wait_for_close:
                connection.shutdown(socket.SHUT_WR)
                equal(connection.recv(100), b'')
        except OSError:
            pass  # cut off before everything was sent


EOI_REQUEST = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><OPERATION xmlns='
    '"http://schemas.intel.com/platform/client/NetworkAdministration/2004/01"/></s:Body></s:Envelope>')
GET_GENERAL = '''<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header>
<a:Action>http://schemas.xmlsoap.org/ws/2004/09/transfer/Get</a:Action><a:To>URL</a:To>
<w:ResourceURI>http://intel.com/wbem/wscim/1/amt-schema/1/AMT_GeneralSettings</w:ResourceURI>
<a:MessageID>uuid:00000000-8086-8086-8086-000000000001</a:MessageID>
<a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address>
</a:ReplyTo></s:Header><s:Body/></s:Envelope>'''


def main(tests):
    """Runs each function of a module that is named test_…, or those named as arguments: TAP."""
    found = [(name, test) for name, test in tests.items() if name.startswith('test_')]
    if len(sys.argv) > 1:
        found = [(name, test) for name, test in found if name in sys.argv[1:]]
    failed = False
    print(f'1..{len(found)}', flush=True)
    for count, (name, test) in enumerate(found, 1):
        begin = time.monotonic()
        title = name[len('test_'):].replace('_', ' ')
        try:
            test()
            print(f'ok {count} - {title}', flush=True)
        except Exception:  # whatever a test raises is its failure
            failed = True
            for line in traceback.format_exc().splitlines():
                print(f'# {line}')
            print(f'not ok {count} - {title}', flush=True)
        print(f'# {time.monotonic() - begin:.1f} s', flush=True)
    sys.exit(1 if failed else 0)
