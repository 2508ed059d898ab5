# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a check of the manual prints (TAP), and its exit code."""


def report(points):
    """Points by name, each with its problems."""
    print(f'1..{len(points)}')
    for number, (name, problems) in enumerate(points.items(), 1):
        for problem in problems:
            print(f'# {problem}')
        print(f'{"not ok" if problems else "ok"} {number} - {name}')
    return 1 if any(points.values()) else 0
