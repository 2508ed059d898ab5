# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the capability data of the project say, for tests of every release."""

import configparser
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]


def releases():
    """The first and the last release of each group of the capability data."""
    parser = configparser.ConfigParser(delimiters='=', interpolation=None)
    parser.read(ROOT / 'data/capabilities/amt.conf', encoding='utf-8')
    for name in parser.sections():
        low, _, high = name.partition('..')
        yield low.replace('.x', '.0')
        yield (high.replace('.x', '.9') if high != 'x' else '') or low.replace('.x', '.9')
