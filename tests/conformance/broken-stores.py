# SPDX-License-Identifier: LGPL-2.1-or-later
"""A store that breaks one rule fails the check of that rule, and no other."""

import conformance
import tap

# fault: the check that fails, and what it says
FAULTS = {
    'absent': ('condition-absent', 'was made though the record exists'),
    'delete': ('condition-revision', 'a delete at revision 1 was made'),
    'lease': ('condition-lease', 'takes another\'s lease before its end: this was made'),
    'race': ('writers', 'condition and its change must be one step'),
    'torn': ('groups', 'all changes of a group are made or none'),
    'order': ('group-order', 'in the order of their numbers'),
    'forget': ('reopen', 'is gone after the store was closed'),
    'late': ('killed', 'when their process was killed'),
    'owner': ('filters', 'every filter that is set counts'),
    'cursor': ('pages', 'behind the cursor'),
    'abort': ('pages', 'signal 6 (Aborted) while query() with a cursor ran'),
    'empty': ('empty-parts', 'length 0 came back as none'),
    'sealed': ('put', 'sealed bytes came back changed'),
    'kind': ('kinds', 'gave a record of kind'),
    'gone': ('delete', 'removing a record that is not there any more was not made'),
    'back': ('sequence', 'sequences grow over all kinds'),
    'again': ('sequence-kept', 'was given again'),
    'small': ('big', 'the body is too big'),
    'single': ('second-connection', 'the store does not open: somebody has opened it'),
    'calm': ('bad-location', 'where there can be no store, succeeded'),
    'spoil': ('corrupt', 'opening a file that is no store changed it'),
    'rest': ('cleared', 'records are left'),
}


def failures(fault):
    with tap.Folder() as folder:
        config = tap.site_config(folder, plugins=f'store-{fault};sqlite;psk')
        return conformance.failures('store', f'store-{fault}:' + folder.path('checked.db'),
                                    '--config', config)


def test_sound():
    tap.equal(failures('sound'), {})


conformance.add_tests(globals(), 'store', FAULTS, failures)

if __name__ == '__main__':
    tap.main(globals())
