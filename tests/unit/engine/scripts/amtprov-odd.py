# SPDX-License-Identifier: LGPL-2.1-or-later
"""A method that does what its mood says."""

import gi

gi.require_version('AmtProv', '1')
from gi.repository import AmtProv, GLib, GObject


class Odd(GObject.Object, AmtProv.Method):
    mood = GObject.Property(type=str, default='')
    asked = GObject.Property(type=int, default=0)

    def do_get_id(self):
        self.asked += 1
        return 'odd'

    def do_evaluate(self, facts, site, capabilities):
        if self.mood == 'raise':
            raise ValueError('no verdict today')
        if self.mood == 'none':
            return None
        return AmtProv.Verdict.new('odd', True, 0, 'as odd as it gets', None)

    def do_open(self, session, operation):
        error = GLib.Error.new_literal(AmtProv.error_quark(), 'a person must act',
                                       AmtProv.Error.BLOCKED)
        if self.mood == 'raise':
            raise ValueError('no channel today')
        if self.mood == 'raise-error':
            raise error
        if self.mood == 'false':
            return False
        if self.mood == 'never':
            self.operation = operation
            return True
        operation.return_error(error.copy())
        if self.mood == 'twice':
            operation.return_error(error.copy())
        return True
