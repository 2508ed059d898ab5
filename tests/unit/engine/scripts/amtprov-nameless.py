# SPDX-License-Identifier: LGPL-2.1-or-later
"""A method that does not say who it is."""

import gi

gi.require_version('AmtProv', '1')
from gi.repository import AmtProv, GObject


class Nameless(GObject.Object, AmtProv.Method):
    def do_get_id(self):
        raise ValueError('no name today')
