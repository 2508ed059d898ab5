# SPDX-License-Identifier: LGPL-2.1-or-later
"""amtprov installed into a prefix, and the examples that are built against it, as their users do."""

import os
import pathlib
import subprocess

EXAMPLES = pathlib.Path(os.environ['AMTPROV_EXAMPLES'])
# Kept between runs: nothing is compiled twice.
FOLDER = pathlib.Path(os.environ['AMTPROV_EXAMPLES_BUILD'])
PREFIX = FOLDER / 'prefix'


def run(*command, **environment):
    done = subprocess.run(list(map(str, command)), env={**os.environ, **environment}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise AssertionError(f'{command}\n{done.stdout[-4000:]}')
    return done.stdout.strip()


def build(source, folder, *options, **environment):
    if not (folder / 'build.ninja').exists():
        run('meson', 'setup', folder, source, *options, **environment)
    run('ninja', '-C', folder, 'install', **environment)


def install():
    build(os.environ['AMTPROV_SOURCE'], FOLDER / 'amtprov', f'--prefix={PREFIX}', '--libdir=lib',
          '-Dtests=false', '-Dsimulator=false', '-Dintrospection=false', '-Doptimization=0')


def pkg_config():
    return {'PKG_CONFIG_PATH': str(PREFIX / 'lib/pkgconfig')}


def build_example(name):
    build(EXAMPLES / name, FOLDER / name, f'--prefix={PREFIX}', '--werror', **pkg_config())


def environment():
    """Of what is installed; nothing of the build tree is found by it."""
    found = {key: value for key, value in os.environ.items()
             if not key.startswith(('AMT_PROV_', 'GI_TYPELIB'))}
    return {**found, 'LD_LIBRARY_PATH': str(PREFIX / 'lib')}
