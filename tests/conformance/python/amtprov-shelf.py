# SPDX-License-Identifier: LGPL-2.1-or-later
"""A store in Python, as small as the contract lets it be: one table, one commit for each apply()."""

import sqlite3

import gi

gi.require_version('AmtProv', '1')
from gi.repository import AmtProv, GLib, GObject  # noqa: E402

TABLE = '''CREATE TABLE IF NOT EXISTS records (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER, key TEXT, owner TEXT, state TEXT,
    due INTEGER, revision INTEGER, body BLOB, sealed BLOB, UNIQUE (kind, key))'''


def to_values(record):
    body, sealed = record.get_body(), record.get_sealed()
    return {'kind': record.get_kind(), 'key': record.get_key(), 'owner': record.get_owner(),
            'state': record.get_state(), 'due': record.get_due(),
            'body': body and body.get_data_as_bytes().get_data(),
            'sealed': sealed and (sealed.get_data() or b'')}


def to_record(row):
    record = AmtProv.Record.new(AmtProv.Kind(row['kind']), row['key'])
    record.set_sequence(row['sequence'])
    record.set_revision(row['revision'])
    record.set_owner(row['owner'])
    record.set_state(row['state'])
    record.set_due(row['due'])
    if row['body'] is not None:
        record.set_body(GLib.Variant.new_from_bytes(GLib.VariantType('a{sv}'),
                                                    GLib.Bytes.new(row['body']), False))
    if row['sealed'] is not None:
        record.set_sealed(GLib.Bytes.new(row['sealed']))
    return record


def holds(change, row):
    """Whether the condition of a change lets it be made, on the row that is there or None."""
    condition, record = change.get_condition(), change.get_record()
    if condition == AmtProv.Condition.ABSENT:
        return row is None
    if condition == AmtProv.Condition.REVISION:
        return row is not None and row['revision'] == record.get_revision()
    if condition == AmtProv.Condition.LEASE:
        return row is None or row['owner'] == record.get_owner() or row['due'] < change.get_now()
    return True


class Refused(Exception):
    """A condition does not hold."""


class Shelf(GObject.Object, AmtProv.Store):
    def do_open(self, location):
        try:
            self.db = sqlite3.connect(location, timeout=60, isolation_level=None)
            self.db.row_factory = sqlite3.Row
            self.db.execute('PRAGMA journal_mode=WAL')
            self.db.execute('PRAGMA synchronous=FULL')
            self.db.execute(TABLE)
        except sqlite3.Error as error:
            raise GLib.Error(f'{location} cannot be opened as a shelf: {error}',
                             GLib.quark_to_string(AmtProv.error_quark()), AmtProv.Error.STORE)
        return True

    def do_apply(self, changes):
        groups = {}
        for change in changes:
            groups.setdefault(change.get_group(), []).append(change)
        written = []
        self.db.execute('BEGIN IMMEDIATE')
        for number in sorted(groups):
            self.db.execute('SAVEPOINT of_group')
            try:
                made = [(change, self.make(change)) for change in groups[number]]
            except Refused:
                self.db.execute('ROLLBACK TO of_group')
                made = [(change, None) for change in groups[number]]
            self.db.execute('RELEASE of_group')
            written += made
        self.db.execute('COMMIT')
        for change, row in written:
            self.report(change, row)
        return True

    def make(self, change):
        """What the record has become."""
        values = to_values(change.get_record())
        row = self.find(values)
        if not holds(change, row):
            raise Refused()
        if change.get_verb() == AmtProv.Verb.DELETE:
            self.db.execute('DELETE FROM records WHERE kind = :kind AND key = :key', values)
            return {}
        if row is None:
            cursor = self.db.execute(
                'INSERT INTO records (kind, key, owner, state, due, revision, body, sealed)'
                ' VALUES (:kind, :key, :owner, :state, :due, 1, :body, :sealed)', values)
            self.db.execute('UPDATE records SET key = sequence WHERE sequence = ? AND key IS NULL',
                            [cursor.lastrowid])
            return self.db.execute('SELECT * FROM records WHERE sequence = ?',
                                   [cursor.lastrowid]).fetchone()
        self.db.execute('UPDATE records SET owner = :owner, state = :state, due = :due, body = :body,'
                        ' sealed = :sealed, revision = revision + 1'
                        ' WHERE kind = :kind AND key = :key', values)
        return self.find(values)

    def find(self, values):
        return self.db.execute('SELECT * FROM records WHERE kind = :kind AND key = :key',
                               values).fetchone()

    @staticmethod
    def report(change, row):
        change.set_applied(row is not None)
        if row:
            record = change.get_record()
            record.set_key(row['key'])
            record.set_sequence(row['sequence'])
            record.set_revision(row['revision'])

    def do_query(self, query):
        wanted = {'kind': query.get_kind(), 'key': query.get_key(), 'owner': query.get_owner(),
                  'state': query.get_state()}
        wanted = {name: value for name, value in wanted.items() if value is not None}
        conditions = ' AND '.join(f'{name} = :{name}' for name in wanted)
        rows = self.db.execute(f'SELECT * FROM records WHERE {conditions} AND sequence > :after'
                               ' ORDER BY sequence LIMIT :limit',
                               {**wanted, 'after': query.get_after(), 'limit': query.get_limit() or -1})
        return [to_record(row) for row in rows]
