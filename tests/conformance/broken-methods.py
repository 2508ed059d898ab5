# SPDX-License-Identifier: LGPL-2.1-or-later
"""A method that breaks one rule fails the check of that rule, and no other."""

import os

import conformance
import tap


def failures(fault):
    name = f'method-{fault}'
    paths = f'{conformance.BROKEN}:{os.environ["AMT_PROV_PLUGIN_PATH"]}'
    with tap.Folder() as folder:
        folder.write('capabilities.d/broken.conf',
                     f'[7.x]\nmethod.{name}=yes\nmethod.{name}.note=for this test\n')
        config = conformance.method_config(folder, name)
        return conformance.failures('method', name, '--config', config,
                                    env={'AMT_PROV_CONFIG_DIR': folder.name,
                                         'AMT_PROV_PLUGIN_PATH': paths})


def only(fault, name, *parts):
    found = failures(fault)
    tap.equal(list(found), [name], found)
    tap.contains(found[name], *parts)


def test_sound():
    tap.equal(failures('sound'), {})


def test_twice():
    only('twice', 'open-once', 'answered its operation a second time')


def test_never():
    only('never', 'open-fails', 'a port where nobody listens was not answered')


def test_deaf():
    only('deaf', 'open-cancelled', 'its connection is still open')


def test_default():
    only('default', 'open-context', 'a source on the default main context')


def test_impure():
    only('impure', 'evaluate-pure', 'depend on its arguments only')


def test_mute():
    only('mute', 'evaluate', 'gave no verdict for a machine with release 7.0')


def test_keep():
    only('keep', 'open-released', 'the session is still referenced')


def test_foreign():
    only('foreign', 'open-fails', 'in the domain g-file-error-quark')


def test_plan():
    only('plan', 'plan', 'stands behind a step of a later phase')


if __name__ == '__main__':
    tap.main(globals())
