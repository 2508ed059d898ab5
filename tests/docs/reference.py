#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `gi-docgen check` does not look at: reference.py GIR OVERVIEW. Prints TAP."""

import re
import sys
import xml.etree.ElementTree as ElementTree

from points import report

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'
DATED = {CORE + kind for kind in ('class', 'interface', 'record', 'enumeration', 'bitfield', 'constant', 'function',
                                  'method', 'constructor')} | {GLIB + 'signal'}


def documented(node):
    return node.find(CORE + 'doc') is not None


def virtual_functions(namespace):
    """Every vfunc, its parameters and its return value have words for a plugin author."""
    for owner in namespace:
        for function in owner.iter(CORE + 'virtual-method'):
            name = f'{owner.get("name")}.{function.get("name")}'
            if not documented(function):
                yield f'vfunc {name} has no doc block'
            for parameter in function.iter(CORE + 'parameter'):
                if not documented(parameter):
                    yield f'parameter {parameter.get("name")} of vfunc {name} is not documented'
            result = function.find(CORE + 'return-value')
            if result.find(CORE + 'type[@name="none"]') is None and not documented(result):
                yield f'the return value of vfunc {name} is not documented'


def since(namespace):
    for node in namespace.iter():
        if node.tag not in DATED:
            continue
        hidden = node.get(GLIB + 'is-gtype-struct-for') and node.get('name').endswith('Class')
        if not (node.get('version') or hidden or node.get('moved-to')):
            yield f'{node.get(C + "identifier") or node.get("name")} does not say since when it is there'


def listed_once(namespace, overview):
    """The overview leads to every class, once."""
    found = re.findall(r'\[(?:class|iface|struct|error)@AmtProv\.(\w+)\]', overview)
    wanted = [node.get('name') for node in namespace
              if node.tag in (CORE + 'class', CORE + 'interface') or
              (node.tag == CORE + 'record' and node.get(GLIB + 'is-gtype-struct-for') is None)]
    wanted += [node.get('name') for node in namespace.iter(CORE + 'enumeration')
               if node.get(GLIB + 'error-domain')]
    for name in sorted(set(wanted) | set(found)):
        if found.count(name) != wanted.count(name):
            yield f'{name} stands {found.count(name)} times in the overview'


def main(gir, overview):
    namespace = ElementTree.parse(gir).getroot().find(CORE + 'namespace')
    with open(overview, encoding='utf-8') as file:
        pages = file.read()
    return report({
        'every vfunc is documented for plugin authors': list(virtual_functions(namespace)),
        'everything says since when it is there': list(since(namespace)),
        'the overview leads to every class': list(listed_once(namespace, pages)),
    })


sys.exit(main(*sys.argv[1:]))
