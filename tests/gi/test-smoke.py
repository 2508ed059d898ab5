#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The library from Python: values, errors, objects, arrays."""

import gc
import os
import tempfile

import gi

gi.require_version('AmtProv', '1')
from gi.repository import AmtProv, Gio, GLib, GObject  # noqa: E402

UUID = 'd2ffc23e-9dd1-412d-860a-54b2039b72ff'
PSK_HELLO = bytes.fromhex('01000200000000003ec2ffd2d19d2d41860a54b2039b72ff303030303033374d')


def refuses(call, code):
    try:
        call()
    except GLib.Error as error:
        assert error.matches(AmtProv.error_quark(), code), error
        return
    raise AssertionError('no error')


def wait_for(start, finish):
    done = []
    start(lambda source, result: done.append(result))
    while not done:
        GLib.MainContext.default().iteration(True)
    return finish(done[0])


def test_hello():
    hello, used = AmtProv.Hello.decode(GLib.Bytes.new(PSK_HELLO + b'x'))
    assert used == len(PSK_HELLO)
    assert hello.get_uuid() == UUID
    assert hello.get_pid() == '0000037M'
    assert hello.encode().get_data() == PSK_HELLO


def test_error():
    refuses(lambda: AmtProv.Hello.decode(GLib.Bytes.new(b'\xff' * 64)),
            AmtProv.Error.INVALID_DATA)
    refuses(lambda: AmtProv.Version.parse('x'), AmtProv.Error.INVALID_DATA)


def test_version():
    older, newer = AmtProv.Version.parse('2.2'), AmtProv.Version.parse('2.20')
    assert older.compare(newer) < 0
    assert newer.at_least(2, 3)


def test_psk():
    psk = AmtProv.Psk.generate()
    assert len(psk.get_pid()) == 8
    again = AmtProv.Psk.new(psk.dup_dashed_pid(), psk.get_pps().peek_text())
    assert again.get_pid() == psk.get_pid()


def test_registry():
    registry = AmtProv.CapabilityRegistry.new([])
    assert {'psk', 'pki'} <= set(registry.list_methods())
    capabilities = registry.lookup(AmtProv.Version.parse('12.0'))
    allowed, reason, rule = capabilities.allows_method('psk')
    assert not allowed and reason and rule.get_key()


def test_settings():
    plugins = [os.environ['AMT_PROV_TEST_PLUGINS']]
    listed = AmtProv.SettingInfo.list(AmtProv.SettingFile.SITE, plugins, ['psk'])
    gc.collect()
    settings = {(info.get_group(), info.get_key()): info for info in listed}
    assert settings['match', None].get_help() and ('pki NAME', None) not in settings
    rotate = settings['psk', 'rotate']
    assert rotate.get_allowed() == ['yes', 'no'] and rotate.get_default() == 'yes'
    assert rotate.check_value('no', '/') is None
    assert 'yes, no' in rotate.check_value('perhaps', '/')


def test_device():
    device = AmtProv.Device.new(UUID)
    device.set_fact('amt', '9.5.1')
    device.set_state(AmtProv.DeviceState.WAITING)
    again = AmtProv.Device.new_from_record(device.to_record())
    assert again.get_uuid() == UUID
    assert again.get_fact('amt') == '9.5.1'
    assert again.get_state() == AmtProv.DeviceState.WAITING


class Tunnel(GObject.Object, AmtProv.Transport):
    def do_get_schemes(self):
        return ['tunnel', 'tunnel-b']

    def do_open_stream(self, uri, site, operation):
        operation.return_object(Gio.SimpleIOStream.new(Gio.MemoryInputStream.new_from_data([]),
                                                       Gio.MemoryOutputStream.new_resizable()))
        return True


class Broken(GObject.Object, AmtProv.Transport):
    """Has none of its functions."""


def open_stream(transport, uri):
    return wait_for(lambda done: transport.open_stream_async(uri, GObject.new(AmtProv.Site), 1000,
                                                             None, done),
                    transport.open_stream_finish)


def test_transport():
    assert Tunnel().get_schemes() == ['tunnel', 'tunnel-b']
    assert isinstance(open_stream(Tunnel(), 'tunnel:192.0.2.1:16993'), Gio.IOStream)


def test_transport_without_functions():
    assert Broken().get_schemes() == []
    refuses(lambda: open_stream(Broken(), 'x:192.0.2.1:16993'), AmtProv.Error.PLUGIN_FAILED)


def put_device(database):
    change = AmtProv.Change.new(AmtProv.Verb.PUT, AmtProv.Device.new(UUID).to_record(),
                                AmtProv.Condition.ABSENT)
    database.apply_async([change], None, lambda *_: None)


def test_database():
    plugins = AmtProv.PluginSet.new([os.environ['AMT_PROV_TEST_PLUGINS']], ['sqlite'], False)
    with tempfile.TemporaryDirectory() as folder:
        database = AmtProv.Database.open(plugins.create_store('sqlite'), f'{folder}/db',
                                         f'{folder}/key')
        # Of list and change nothing is left here when the store reads them.
        put_device(database)
        gc.collect()
        records = wait_for(
            lambda done: database.query_async(AmtProv.Query.new(AmtProv.Kind.DEVICE), None, done),
            database.query_finish)
        again = database.query(AmtProv.Query.new(AmtProv.Kind.DEVICE))
        del database
    gc.collect()
    for record in records + again:
        assert AmtProv.Device.new_from_record(record).get_uuid() == UUID
    assert len(records) == len(again) == 1


def test_store():
    """A store itself, without the thread of a database."""
    store = AmtProv.PluginSet.new([os.environ['AMT_PROV_TEST_PLUGINS']], ['sqlite'], False).create_store('sqlite')
    with tempfile.TemporaryDirectory() as folder:
        assert store.open(f'{folder}/db')
        change = AmtProv.Change.new(AmtProv.Verb.PUT, AmtProv.Device.new(UUID).to_record(),
                                    AmtProv.Condition.ABSENT)
        assert store.apply([change]) and change.is_applied()
        records = [record for _ in range(100)
                   for record in store.query(AmtProv.Query.new(AmtProv.Kind.DEVICE))]
        del store
    gc.collect()
    assert {AmtProv.Device.new_from_record(record).get_uuid() for record in records} == {UUID}


def test_setup_bin():
    header = AmtProv.SetupBinHeader.new('2.1', 2, True)
    encoder = AmtProv.SetupBinEncoder.new()
    data = encoder.encode_header(header).get_data()
    for number in (1, 2):
        record = AmtProv.SetupBinRecord.new(number)
        record.put_text('new-mebx-password', 'P@ssw0rd')
        record.put_text('current-mebx-password', 'admin')
        record.put_text('provisioning-server-address', '10.1.2.3')
        record.put_psk(AmtProv.Psk.generate())
        data += encoder.encode_record(record).peek()
    assert encoder.finish()
    decoder = AmtProv.SetupBinDecoder.new(False)
    header = decoder.decode_header(data)
    assert (header.get_major(), header.get_minor()) == (2, 1)
    assert header.get_modules() == [1, 2]
    size = header.get_record_size()
    for number in (1, 2):
        offset = header.get_record_offset(number)
        record = decoder.decode_record(data[offset:offset + size])
        assert [variable.get_name() for variable in record.get_variables()] == [
            'current-mebx-password', 'new-mebx-password', 'pid', 'pps',
            'provisioning-server-address']
        assert record.find('provisioning-server-address').dup_text() == '10.1.2.3'
        assert record.find('pps').dup_text() is None
    assert decoder.finish(len(data)) and not decoder.take_problems()
    refuses(lambda: AmtProv.SetupBinDecoder.new(False).decode_header(bytes(512)),
            AmtProv.Error.INVALID_DATA)


def test_heci():
    request = AmtProv.HeciMessage.new_request('set-provisioning-server-otp')
    request.set_secret(AmtProv.Secret.new_text('one-time-password'))
    client = AmtProv.HeciClient.PTHI
    assert request.get_command() in AmtProv.heci_list_commands(client)
    data = request.encode()
    assert data.get_data()[:12] == bytes.fromhex('010100002a00000413000000')
    read = AmtProv.HeciMessage.decode_request(client, data)
    assert read.get_secret().peek_text() == 'one-time-password'
    assert not read.dup_values().unpack()

    names = AmtProv.heci_list_values('get-code-versions', True).unpack()
    assert names == [('bios', 's'), ('versions', 'a(ss)')]
    response = AmtProv.HeciMessage.new_response('get-code-versions', 0)
    values = {'bios': 'N1EETA2W', 'versions': [('AMT', '11.8.93'), ('Sku', '8')]}
    for name, letters in names:
        response.set_value(name, GLib.Variant(letters, values[name]))
    read = AmtProv.HeciMessage.decode_response('get-code-versions', response.encode())
    assert read.dup_values().unpack() == values
    refused = AmtProv.HeciMessage.new_response('get-uuid', 3)
    refuses(refused.check_status, AmtProv.Error.REFUSED)
    refuses(lambda: AmtProv.HeciMessage.decode_response('get-uuid', GLib.Bytes.new(b'')),
            AmtProv.Error.INVALID_DATA)


class Echo(GObject.Object, AmtProv.MessageChannel):
    def do_send(self, message, operation):
        self.message = message.get_data()
        operation.return_variant(None)
        return True

    def do_receive(self, operation):
        operation.return_variant(GLib.Variant('ay', self.message))
        return True


class Partner(GObject.Object, AmtProv.Transport):
    def do_get_schemes(self):
        return ['echo']

    def do_open_messages(self, uri, service, operation):
        assert (uri, service) == ('echo:', 'somebody')
        operation.return_object(Echo())
        return True


def test_messages():
    context = GLib.MainContext.default()
    results = []

    def wait():
        while not results:
            context.iteration(True)
        return results.pop()

    def done(source, result):
        results.append(result)

    transport = Partner()
    transport.open_messages_async('echo:', 'somebody', 1000, None, done)
    channel = transport.open_messages_finish(wait())
    for text in (b'a message', b''):
        channel.send_async(GLib.Bytes.new(text), 1000, None, done)
        assert channel.send_finish(wait())
        channel.receive_async(1000, None, done)
        assert channel.receive_finish(wait()).get_data() == text
    channel.close()


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith('test_')]
    print(f'1..{len(tests)}')
    for number, (name, test) in enumerate(tests, 1):
        test()
        print(f'ok {number} - {name[5:]}', flush=True)


main()
