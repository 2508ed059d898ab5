#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The guide to verdicts has the texts of the program, and all that block a machine. Prints TAP."""

import pathlib
import re
import sys

from points import report

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GUIDE = ROOT / 'docs/guides/verdicts.md'
STRINGS = r'((?:"(?:\\.|[^"\\\n])*"\s*)+)'
# How code says that a machine is blocked, or a method or plugin is not usable: the text is the next string.
BLOCKING = re.compile(r'(?:\brefuse \((?:g_steal_pointer \(&self\),\s*)?'
                      r'|\b(?:blocked|fail_blocked|turn_away|amt_prov_plugin_refuse) \([^;"]*?|\bAMT_PROV_ERROR_BLOCKED,\s*)' + STRINGS)
# What a printf format puts in, and what the guide writes instead.
DIRECTIVE = re.compile(r'%[a-z0-9]*[sdu]')


def literals(text, pattern=STRINGS):
    """Strings of C, with those that stand side by side joined."""
    for match in re.finditer(pattern, text):
        joined = ''.join(re.findall(r'"((?:\\.|[^"\\\n])*)"', match.group(1)))
        yield DIRECTIVE.sub('…', joined.replace(r'\"', '"'))


def sources():
    for folder in ('core/base', 'core/channel', 'core/engine', 'core/site', 'plugins'):
        for path in sorted((ROOT / folder).rglob('*.c')):
            yield path.relative_to(ROOT), path.read_text(encoding='utf-8')


def reasons():
    for line in GUIDE.read_text(encoding='utf-8').splitlines():
        if line.startswith('| `'):
            yield from re.findall(r'`([^`]+)`', line.split(' |')[0])


def covers(reason, literal):
    """A reason may end early, with `…` for the rest."""
    pattern = re.escape(reason).replace('…', '.*')
    return re.fullmatch(pattern, literal) is not None


def foreign_reasons():
    known = [literal for _, text in sources() for literal in literals(text)]
    for reason in reasons():
        if not any(covers(reason, literal) for literal in known):
            yield f'no code says: {reason}'


def missing_reasons():
    listed = list(reasons())
    for path, text in sources():
        for literal in literals(text, BLOCKING):
            # The text of another error, or the sum of the verdicts.
            whole = literal in ('…', '…: …', 'no method fits: …')
            if not whole and not any(covers(reason, literal) for reason in listed):
                yield f'{path}: the guide does not have: {literal}'


def main():
    return report({
        'every reason of the guide is a text of the program': list(foreign_reasons()),
        'every text that blocks is in the guide': list(missing_reasons()),
        'there are reasons to compare': [] if len(list(reasons())) > 30 else ['too few'],
    })


sys.exit(main())
