# SPDX-License-Identifier: LGPL-2.1-or-later
"""Machines whose pairs of PID and PPS their maker has sent in a list.

The method `delivery` takes the pair of a machine from the list. The step `check-firmware` asks the
machine for its release before anything is changed, and blocks one that is too old.
"""

import gi

gi.require_version('AmtProv', '1')
from gi.repository import AmtProv, Gio, GLib, GObject  # noqa: E402

METHOD_ID = 'delivery'
READ_TRIES = 3
READ_PAUSE = 500  # milliseconds


def new_error(code, text):
    return GLib.Error.new_literal(AmtProv.error_quark(), text, code)


class Opening:
    """Looks a machine up in the list and connects to it. Lives until its operation is answered."""

    def __init__(self, session, operation):
        self.session = session
        self.operation = operation
        self.site = session.get_site()
        self.path = self.site.get_settings(METHOD_ID).dup_path('list')
        self.tries = 0

    def read_list(self):
        Gio.File.new_for_path(self.path).load_contents_async(self.operation.get_cancellable(),
                                                             self.on_read)
        return GLib.SOURCE_REMOVE

    def on_read(self, file, result):
        try:
            _, text, _ = file.load_contents_finish(result)
            self.connect(self.find_pair(text.decode()))
        except GLib.Error as error:
            self.tries += 1
            if self.tries == READ_TRIES or not error.matches(Gio.io_error_quark(),
                                                             Gio.IOErrorEnum.NOT_FOUND):
                self.operation.return_error(error)
                return
            # Whoever replaces the list may just be about to. GLib.timeout_add() would wait on the
            # main context of the process, which need not be the one of this session.
            self.operation.add_timeout(READ_PAUSE, self.read_list)

    def find_pair(self, text):
        uuid = self.session.get_device().get_uuid()
        for line in text.splitlines():
            if line.lower().startswith(f'{uuid},'):
                _, pid, pps = line.split(',')
                return AmtProv.Psk.new(pid, pps)
        raise new_error(AmtProv.Error.BLOCKED, f'{uuid} is not in {self.path}: add its line, or take '
                        'the machine out of this site')

    def connect(self, pair):
        old_tls = self.site.get_legacy_tls() == AmtProv.LegacyTls.AUTO
        policy = AmtProv.TlsPolicy.new_for_psk(self.session.get_capabilities(), old_tls, pair)
        passwords = [*self.session.list_passwords(), AmtProv.Secret.new_text('admin')]
        self.session.connect_async(policy, self.site.get_port(), passwords,
                                   self.operation.get_cancellable(), self.on_connected)

    def on_connected(self, session, result):
        try:
            self.operation.return_object(session.connect_finish(result))
        except GLib.Error as error:
            self.operation.return_error(error)


class CheckFirmware(GObject.Object, AmtProv.Step):
    def do_get_id(self):
        return 'check-firmware'

    def do_get_phase(self):
        return AmtProv.Phase.IDENTIFY

    def do_is_needed(self, session, operation):
        settings = session.get_site().get_settings(METHOD_ID)
        operation.return_variant(GLib.Variant('b', settings.has('firmware')))
        return True

    def do_start(self, session, operation):
        oldest = AmtProv.Version.parse(session.get_site().get_settings(METHOD_ID).get_string('firmware'))
        action = AmtProv.Action.new(AmtProv.ActionKind.GET_IDENTITY)
        session.get_channel().perform_async(action, operation.get_cancellable(), self.on_identity,
                                            operation, action, oldest)
        return True

    def on_identity(self, channel, result, operation, action, oldest):
        try:
            channel.perform_finish(result)
            release = AmtProv.Version.parse(action.get_string('release'))
        except GLib.Error as error:
            operation.return_error(error)
            return
        if release.compare(oldest) < 0:
            operation.return_error(new_error(
                AmtProv.Error.BLOCKED, f'its firmware is AMT {release.get_text()}, older than '
                f'[delivery] firmware={oldest.get_text()}: update it'))
        else:
            operation.return_variant(None)


class Delivery(GObject.Object, AmtProv.Method):
    def do_get_id(self):
        return METHOD_ID

    def do_evaluate(self, facts, site, capabilities):
        hello = facts.get_hello()
        rule = site.dup_rule(METHOD_ID, 'list')
        if site.get_settings(METHOD_ID) is None:
            return AmtProv.Verdict.new(METHOD_ID, False, 0, 'the site has no delivery list: add a '
                                       'group [delivery]', None)
        if hello is not None and hello.get_pid() is None:
            return AmtProv.Verdict.new(METHOD_ID, False, 0, "the machine's hello names no PID: it "
                                       'came without a pair', None)
        return AmtProv.Verdict.new(METHOD_ID, True, 0, 'the site has a delivery list', rule)

    def do_open(self, session, operation):
        Opening(session, operation).read_list()
        return True

    def do_adjust_plan(self, session, plan):
        plan.add(CheckFirmware())
