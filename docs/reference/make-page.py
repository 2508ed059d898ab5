#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Turns a Markdown file of the project into a page of the reference: make-page.py IN OUT PAGE…

gi-docgen wants a title on top and one word after a fence. Links to other pages stay links; a link to a file that is
no page becomes its text.
"""

import pathlib
import re
import sys


def link(match, pages):
    text, target = match.groups()
    path, _, anchor = target.partition('#')
    name = pathlib.PurePath(path)
    if path == '' or '://' in target:
        return match.group(0)
    if name.name in pages:
        return f'[{text}]({name.stem}.html{"#" + anchor if anchor else ""})'
    if name.suffix in ('.svg', '.png'):
        return f'[{text}]({name.name})'
    return text


def main(source, output, *pages):
    text = pathlib.Path(source).read_text(encoding='utf-8')
    title = re.match(r'# (.+)\n', text).group(1)
    parts = re.split(r'(^```.*?^```$)', text, flags=re.M | re.S)
    for number, part in enumerate(parts):
        if number % 2:
            parts[number] = re.sub(r'\A```(\S*).*', r'```\1', part)
        else:
            parts[number] = re.sub(r'\[([^\]]+)\]\(([^)\s]+)\)', lambda match: link(match, pages), part)
    pathlib.Path(output).write_text(f'Title: {title}\n\n{"".join(parts)}', encoding='utf-8')


main(*sys.argv[1:])
