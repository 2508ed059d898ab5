# SPDX-License-Identifier: LGPL-2.1-or-later
"""A method that breaks one rule fails the check of that rule, and no other."""

import conformance
import tap

# fault: the check that fails, and what it says
FAULTS = {
    'mute': ('evaluate', 'gave no verdict for a machine with release 7.0'),
    'impure': ('evaluate-pure', 'depend on its arguments only'),
    'plan': ('plan', 'stands behind a step of a later phase'),
    'never': ('open-fails', 'a port where nobody listens was not answered'),
    'foreign': ('open-fails', 'in the domain g-file-error-quark'),
    'twice': ('open-once', 'answered its operation a second time'),
    'default': ('open-context', 'a source on the default main context'),
    'deaf': ('open-cancelled', 'its connection is still open'),
    'keep': ('open-released', 'the session is still referenced'),
    'hoard': ('open-succeeds', 'the channel is still referenced'),
}
# What those that can open a channel open it with.
OPENING = ('sound', 'hoard')
PID, PPS = '0000-037M', 'NKLD-G5DC-RRNQ-E9YZ-ZIJL-7LFL-VJED-69XJ'
MACHINE = ['--pid', PID, '--simulate', f'amt=7.1,mode=psk,pid={PID},pps={PPS}']


def failures(fault):
    name = f'method-{fault}'
    with tap.Folder() as folder:
        folder.write('capabilities.d/broken.conf',
                     f'[7.x]\nmethod.{name}=yes\nmethod.{name}.note=for this test\n')
        config = conformance.method_config(folder, name)
        machine = MACHINE if fault in OPENING else []
        return conformance.failures('method', name, '--config', config, *machine,
                                    env={'AMT_PROV_CONFIG_DIR': folder.name})


def test_sound():
    tap.equal(failures('sound'), {})


conformance.add_tests(globals(), 'method', FAULTS, failures)

if __name__ == '__main__':
    tap.main(globals())
