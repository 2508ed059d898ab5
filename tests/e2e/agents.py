# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an agent in a machine says to the daemon, over a TLS stack of its own."""

import http.client
import json
import pathlib
import re
import ssl

import jsonschema
import yaml

from harness import PATIENCE, equal, true

CONFIG = '[agent]\nlisten=127.0.0.1:0\n'
API = yaml.safe_load((pathlib.Path(__file__).parents[2] / 'docs/agent-api.yaml').read_text())


def check_shape(shape, value):
    jsonschema.Draft202012Validator({**shape, 'components': API['components']}).validate(value)


def check_answer(method, path, status, value):
    """Where the description has the path and the method, it must have the answer."""
    place = '/v1/machines/{uuid}' if path.startswith('/v1/machines/') else path
    operation = API['paths'].get(place, {}).get(method.lower())
    if operation is None:
        check_shape({'$ref': '#/components/schemas/Error'}, value)
        return
    true(str(status) in operation['responses'], f'{method} {path}: {status} is not described')
    answer = operation['responses'][str(status)]
    if '$ref' in answer:
        answer = API['components']['responses'][answer['$ref'].split('/')[-1]]
    check_shape(answer['content']['application/json']['schema'], value)


class Endpoint:
    """The HTTPS server of a daemon; the certificate must have the fingerprint that it has said."""

    def __init__(self, daemon):
        line = daemon.wait_line(r'agents report to https://')
        match = re.search(r'https://127\.0\.0\.1:(\d+)/.*\(SHA-256\): ([0-9a-f]{64})$', line)
        self.port, self.fingerprint = int(match[1]), match[2]

    def connect(self, certificate=None):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if certificate:
            context.load_cert_chain(*certificate)
        return http.client.HTTPSConnection('127.0.0.1', self.port, timeout=PATIENCE,
                                           context=context)

    def ask(self, method, path, token=None, body=None, headers=None, connection=None):
        """HTTP status and the JSON that came."""
        connection = connection or self.connect()
        headers = dict(headers or {})
        if token:
            headers['Authorization'] = f'Bearer {token}'
        if isinstance(body, dict):
            body = json.dumps(body)
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        text = response.read()
        equal(response.getheader('Content-Type'), 'application/json', text)
        value = json.loads(text)
        check_answer(method, path, response.status, value)
        return response.status, value

    def enrol(self, token, report, **options):
        return self.ask('POST', '/v1/enrol', token, report, **options)

    def check(self, token, report):
        return self.ask('POST', '/v1/check', token, report)

    def follow(self, token, uuid):
        return self.ask('GET', f'/v1/machines/{uuid}', token)


def add_token(bench, site='office'):
    return bench.call('agent', 'token', 'add', '--site', site).stdout.strip()


def report(machine, **members):
    """What an agent on a simulated machine says of it."""
    said = {'uuid': machine.uuid, 'amt': machine.release, 'sku': '16392',
            'provisioning_state': 'pre', 'control_mode': None,
            'hashes': [{'algorithm': 'sha256' if len(machine.keys['root']) == 64 else 'sha1',
                        'hash': machine.keys['root'], 'name': 'Test', 'active': True,
                        'default': False}],
            'pki_suffix': None, 'host': 'pc-17', 'fqdn': None, 'os': 'Debian GNU/Linux',
            'os_version': '12', 'addresses': [machine.address]}
    said.update(members)
    return said


def good_report(machine, **members):
    """The same, held against the description."""
    said = report(machine, **members)
    check_shape({'$ref': '#/components/schemas/Report'}, said)
    return said
