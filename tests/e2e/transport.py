# SPDX-License-Identifier: LGPL-2.1-or-later
"""Machines that are reached by the transport of a plugin."""

import os

from harness import Bench, Machine, contains, equal, main

PLUGIN = """[Plugin]
Module=amtprov-oem
Name=oem
Description=A method and a way to machines
X-AmtProvAbi=1
X-AmtProvProvides=method:oem;transport:jump
"""
SCHEMA = """[jump]
since=0.1
help=A way over ports

[jump ports]
type=int
default=0
allowed=0..65535
since=0.1
help=Over how many ports
"""
NOWHERE = 1


def add_plugin(bench, module=True):
    """The plugin in a folder of its own, before those of the build tree."""
    bench.write('plugins/oem.plugin', PLUGIN)
    bench.write('plugins/oem.schema', SCHEMA)
    if module:
        name = 'libamtprov-oem.so'
        os.symlink(os.path.join(os.environ['AMT_PROV_TEST_MODULES'], name),
                   bench.path(f'plugins/{name}'))
    path = os.environ['AMT_PROV_PLUGIN_PATH']
    bench.environment['AMT_PROV_PLUGIN_PATH'] = f'{bench.path("plugins")}:{path}'


def prepare(bench, module=True, plugins='psk;pki;sqlite;oem', ports=True, **site):
    """A site whose port leads nowhere by TCP."""
    add_plugin(bench, module)
    bench.configure(plugins=plugins)
    jump = f'[jump]\nports={bench.port - NOWHERE}\n' if ports else ''
    machines, bench.port = bench.port, NOWHERE
    bench.site(device='transport=jump\n', extra=jump, **site)
    bench.port = machines


def test_hello():
    with Bench() as bench:
        prepare(bench, tls='server', policy='any')
        pid, pps = bench.pairs(1)[0]
        machines = [Machine(bench, release, 'pki') for release in ('7.1', '12.0', '16.1')]
        machines.append(Machine(bench, '9.5', 'psk', pid=pid, pps=pps))
        daemon = bench.daemon()
        bench.simulate(machines)
        daemon.wait_state(machines, 'operational')
        equal({device['state'] for device in bench.devices().values()}, {'operational'})
        equal(daemon.stop(), 0)


def test_provision():
    with Bench() as bench:
        prepare(bench, tls='mutual')
        machine = Machine(bench, '12.0', 'pki')
        bench.simulate([machine], hellos=False)
        contains(bench.call('provision', machine.address).stdout, machine.uuid, 'operational')


def test_nobody_there():
    with Bench() as bench:
        prepare(bench, tls='server')
        done = bench.call('provision', bench.next_address(), code=1)
        contains(done.stderr, 'Connection refused')


def test_not_enabled():
    with Bench() as bench:
        prepare(bench, plugins='psk;pki;sqlite', ports=False)
        for command in (['config', 'check'], ['provision', bench.next_address()]):
            contains(bench.call(*command, code=1).stderr, 'office.conf:', '[device] transport',
                     'add oem to [amtprov] plugins')


def test_unknown_scheme():
    with Bench() as bench:
        bench.configure()
        bench.site(device='transport=tunnel\n')
        contains(bench.call('config', 'check', code=1).stderr, 'office.conf:', '[device] transport',
                 'no plugin provides a transport "tunnel"')


def test_not_loaded():
    """Its files are in order, its code is not there."""
    with Bench() as bench:
        prepare(bench, module=False, tls='server')
        machine = Machine(bench, '12.0', 'pki')
        simulator = bench.simulate([machine], hellos=False)
        done = bench.call('provision', machine.address, code=3)
        contains(done.stderr, 'office.conf:', '[device] transport', 'transport:jump',
                 'amtprov plugins')
        equal(simulator.of(machine, 'secret-received'), [])


main(globals())
