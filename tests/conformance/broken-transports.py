# SPDX-License-Identifier: LGPL-2.1-or-later
"""A transport that breaks one rule fails the check of that rule, and no other."""

import conformance
import tap

# fault: the check that fails, and what it says
FAULTS = {
    'schemes': ('schemes', 'gave another list when it was asked again'),
    'oneway': ('stream', 'returned fewer'),
    'endless': ('stream-end', 'the stream has no end'),
    'lax': ('bad-uri', 'succeeded: there is nothing to open'),
    'never': ('open-fails', 'a port where nobody listens was not answered'),
    'twice': ('open-once', 'answered its operation a second time'),
    'default': ('open-context', 'a source on the default main context'),
    'deaf': ('open-cancelled', 'its connection is still open'),
    'unclosed': ('open-released', 'the machine is still connected'),
}


def failures(fault):
    name = f'transport-{fault}'
    with tap.Folder() as folder:
        config = conformance.transport_config(folder, name)
        return conformance.failures('transport', name, '--config', config)


def test_sound():
    tap.equal(failures('sound'), {})


conformance.add_tests(globals(), 'transport', FAULTS, failures)

if __name__ == '__main__':
    tap.main(globals())
