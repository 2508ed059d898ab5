# SPDX-License-Identifier: LGPL-2.1-or-later
"""A simulated machine on which amtprov-agent runs, over /dev/mei0 with its real system calls, and a
server that says what the test wants."""

import http.server
import json
import os
import ssl
import subprocess
import threading

from harness import DOMAIN, PATIENCE, Bench, Machine, contains, equal, with_shim

AGENT = os.environ['AMTPROV_AGENT']
TOKEN = 'token-of-the-site'
OTP = 'one-time-password-1'


class Server:
    """The endpoint of a daemon, with the order of the test."""

    def __init__(self, bench, **answer):
        self.requests = []
        self.status = 200
        self.busy = {}  # method → Retry-After, in seconds
        self.answer = {'site': 'office', 'order': 'go', 'reason': 'because', 'otp': OTP,
                       'suffix': None, 'retry_after': None, **answer}
        self.machine = {'state': 'provisioning', 'step': 'identify', 'message': None,
                        'operational': False}
        bench.authority('authority', '/CN=authority of the test')
        bench.issue('server', '/CN=server of the test', 'authority',
                    'subjectAltName=IP:127.0.0.1\nauthorityKeyIdentifier=keyid')
        self.context = context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(bench.path('server.pem'), bench.path('server.key'))
        self.fingerprint = bench.fingerprint('server', 'sha256')
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def say(self, value):
                data = json.dumps(value).encode()
                self.send_response(429 if self.command in outer.busy else outer.status)
                if self.command in outer.busy:
                    self.send_header('Retry-After', str(outer.busy[self.command]))
                self.send_header('Content-Length', str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def do_POST(self):
                report = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
                outer.requests.append((self.path, self.headers['Authorization'], report))
                if outer.status != 200:
                    self.say({'error': {'code': 'refused', 'message': outer.answer['reason']}})
                    return
                self.say({'machine': report['uuid'], 'follow': f'/v1/machines/{report["uuid"]}',
                          **outer.answer})

            def do_GET(self):
                outer.requests.append((self.path, self.headers['Authorization'], None))
                self.say({'machine': self.path.split('/')[-1], **outer.machine})

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.http.daemon_threads = True
        self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.url = f'https://127.0.0.1:{self.http.server_address[1]}'
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def demand(self, authority):
        """From now on clients must show a certificate."""
        self.context.load_verify_locations(authority)
        self.context.verify_mode = ssl.CERT_REQUIRED

    def reports(self, to='/v1/enrol'):
        return [report for path, _, report in self.requests if path == to]

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


class Running:
    """A simulated machine whose /dev/mei0 the agent uses, and where it is asked for, a server."""

    def __init__(self, release='16.1', mode='factory', server=None, speed=1, **keys):
        self.bench = Bench()
        self.bench.environment['AMTPROV_MEI_SOCKET'] = self.bench.path('mei')
        if 'option15' not in keys:
            keys['option15'] = DOMAIN
        self.machine = Machine(self.bench, release, mode, mei=self.bench.path('mei'), **keys)
        self.server = Server(self.bench, **server) if server is not None else None
        self.token = self.bench.write('token', TOKEN + '\n')
        self.simulator = self.bench.simulate([self.machine], speed=speed, hellos=False,
                                             options=['--trace'])

    def __enter__(self):
        return self

    def __exit__(self, *what):
        if self.server:
            self.server.stop()
        self.bench.__exit__(*what)

    def call(self, *arguments, code=0, env=None):
        done = subprocess.run([AGENT, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, env=with_shim(self.bench.environment) | (env or {}),
                              timeout=PATIENCE, check=False)
        equal(done.returncode, code, f'{arguments}\n{done.stdout}{done.stderr}')
        return done

    def info(self, *arguments):
        return json.loads(self.call('info', '--json', *arguments).stdout)

    def start_options(self, fingerprint=None):
        return ['--server', self.server.url, '--token-file', self.token,
                '--fingerprint', fingerprint or self.server.fingerprint]

    def start(self, *arguments, code=0, **options):
        return self.call('start', *self.start_options(**options), *arguments, code=code)

    def check(self, *failed):
        """The texts by name; these and no others have failed."""
        found = json.loads(self.call('check', '--json', *self.start_options(),
                                     code=3 if failed else 0).stdout)
        equal([check['name'] for check in found['checks'] if check['ok'] is False], list(failed))
        equal(found['ok'], not failed)
        return {check['name']: check['text'] for check in found['checks']}

    def refused(self, *why, code=3):
        contains(self.start(code=code).stderr, *why)

    def asked(self, start=0):
        """The commands that the firmware has got, without its client."""
        return [event['reason'].split()[0]
                for event in self.simulator.of(self.machine, 'request')[start:]]
