#!/usr/bin/gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later
// Hosts a provisioner until a number of machines are operational.
//
// host.js FOLDER COUNT: FOLDER holds amtprov.conf and sites.d

import AmtProv from 'gi://AmtProv?version=1';
import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import System from 'system';

Gio._promisify(AmtProv.Provisioner.prototype, 'drain_async', 'drain_finish');
Gio._promisify(AmtProv.Database.prototype, 'query_async', 'query_finish');

function print_change(device) {
    const facts = ['site', 'method', 'step']
        .filter(name => device.get_fact(name))
        .map(name => `${name}=${device.get_fact(name)}`);

    print(device.get_uuid(), AmtProv.Device.state_to_string(device.get_state()), ...facts);
}

// Resolves when count machines are operational.
function wait_operational(provisioner, count) {
    const operational = new Set();

    return new Promise(resolve => {
        provisioner.connect('device-changed', (_provisioner, device) => {
            print_change(device);
            if (device.get_state() === AmtProv.DeviceState.OPERATIONAL)
                operational.add(device.get_uuid());
            if (operational.size === count)
                resolve();
        });
    });
}

async function print_devices(database) {
    const query = AmtProv.Query.new(AmtProv.Kind.DEVICE);

    for (const record of await database.query_async(query, null)) {
        const device = AmtProv.Device.new_from_record(record);

        print(device.get_uuid(), device.get_fact('amt'), 'by', device.get_fact('method'),
            'in', device.get_fact('seconds'), 's');
    }
}

async function run(folder, count) {
    const config = AmtProv.Config.load(`${folder}/amtprov.conf`, null);
    const provisioner = AmtProv.Provisioner.new(config);

    provisioner.connect('event', (_provisioner, uuid, text) => printerr(uuid, text));
    const arrived = wait_operational(provisioner, count);
    provisioner.listen();
    print('hello on', ...provisioner.get_addresses());
    await arrived;
    // Whatever else is in work may end first.
    await provisioner.drain_async(null);
    await print_devices(provisioner.get_database());
}

const loop = GLib.MainLoop.new(null, false);
let code = 0;

if (ARGV.length !== 2) {
    printerr('usage: host.js FOLDER COUNT');
    System.exit(2);
}
run(ARGV[0], Number(ARGV[1])).catch(error => {
    // One line for each mistake of the configuration.
    printerr(error.message);
    code = 1;
}).finally(() => loop.quit());
loop.run();
System.exit(code);
