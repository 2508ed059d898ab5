# SPDX-License-Identifier: LGPL-2.1-or-later
"""A store that breaks one rule fails the check of that rule, and no other."""

import conformance
import tap


def failures(fault):
    with tap.Folder() as folder:
        return conformance.failures('store', f'store-{fault}:' + folder.path('store.db'),
                                    '--plugin-path', conformance.BROKEN)


def only(fault, name, *parts):
    found = failures(fault)
    tap.equal(list(found), [name], found)
    tap.contains(found[name], *parts)


def test_sound():
    tap.equal(failures('sound'), {})


def test_absent():
    only('absent', 'condition-absent', 'was made though the record exists')


def test_lease():
    only('lease', 'condition-lease', 'takes another\'s lease before its end: this was made')


def test_race():
    only('race', 'writers', 'condition and its change must be one step')


def test_torn():
    only('torn', 'groups', 'all changes of a group are made or none')


def test_forget():
    only('forget', 'reopen', 'is gone after the store was closed')


def test_late():
    only('late', 'killed', 'when their process was killed')


def test_owner():
    only('owner', 'filters', 'every filter that is set counts')


def test_cursor():
    only('cursor', 'pages', 'behind the cursor')


def test_empty():
    only('empty', 'empty-parts', 'length 0 came back as none')


def test_abort():
    only('abort', 'pages', 'signal 6', 'query() with a cursor ran')


if __name__ == '__main__':
    tap.main(globals())
