# SPDX-License-Identifier: LGPL-2.1-or-later
"""A plugin that is not even imported."""

raise ValueError('not today')
