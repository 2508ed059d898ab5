#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hosts a provisioner until a number of machines are operational.

host.py FOLDER COUNT: FOLDER holds amtprov.conf and sites.d
"""

import signal
import sys

import gi

gi.require_version('AmtProv', '1')
from gi.repository import AmtProv, GLib  # noqa: E402


class Host:
    def __init__(self, folder, count):
        self.loop = GLib.MainLoop()
        self.count = count
        self.operational = set()
        config = AmtProv.Config.load(f'{folder}/amtprov.conf', None)
        self.provisioner = AmtProv.Provisioner.new(config)
        self.provisioner.connect('device-changed', self.on_device_changed)
        self.provisioner.connect('event', self.on_event)

    def run(self):
        self.provisioner.listen()
        print('hello on', *self.provisioner.get_addresses(), flush=True)
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, self.stop)
        self.loop.run()

    def on_device_changed(self, _provisioner, device):
        words = [device.get_uuid(), device.get_state().value_nick]
        words += [f'{name}={device.get_fact(name)}' for name in ('site', 'method', 'step')
                  if device.get_fact(name)]
        print(*words, flush=True)
        if device.get_state() == AmtProv.DeviceState.OPERATIONAL:
            self.operational.add(device.get_uuid())
        if len(self.operational) == self.count:
            self.stop()

    def on_event(self, _provisioner, uuid, text):
        print(uuid, text, file=sys.stderr, flush=True)

    def stop(self):
        # Whatever else is in work may end first.
        self.provisioner.drain_async(None, self.on_drained)
        return GLib.SOURCE_REMOVE

    def on_drained(self, provisioner, result):
        provisioner.drain_finish(result)
        query = AmtProv.Query.new(AmtProv.Kind.DEVICE)
        provisioner.get_database().query_async(query, None, self.on_devices)

    def on_devices(self, database, result):
        for record in database.query_finish(result):
            device = AmtProv.Device.new_from_record(record)
            print(device.get_uuid(), device.get_fact('amt'), 'by', device.get_fact('method'),
                  'in', device.get_fact('seconds'), 's')
        self.loop.quit()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        Host(sys.argv[1], int(sys.argv[2])).run()
    except GLib.Error as error:
        # One line for each mistake of the configuration.
        sys.exit(error.message)


main()
