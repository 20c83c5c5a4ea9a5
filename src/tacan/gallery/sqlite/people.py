"""The people of a gallery and its log, in its SQLite database."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from tacan.gallery.person_records import (
    Decision,
    Judgement,
    Linking,
    LogEntry,
    PeopleChange,
    Person,
)
from tacan.gallery.sqlite.connections import connect_appender, transaction
from tacan.gallery.sqlite.migrations import MIGRATIONS, schema_version
from tacan.gallery.timestamps import from_microseconds, to_microseconds

__all__ = ["SqlitePeople", "add_to_log", "forget_people_without_tracklets"]

Access = Callable[[], AbstractContextManager[sqlite3.Connection]]

_LOG = "INSERT INTO audit_log (time_us, who, action, detail) VALUES (?, ?, ?, ?)"


class SqlitePeople:
    """A `PeopleStore` in the SQLite file `path`, entered in a transaction that writes or reads."""

    def __init__(self, writing: Access, reading: Access, path: Path) -> None:
        self._writing = writing
        self._reading = reading
        self._path = path

    def persons(self) -> tuple[Person, ...]:
        members: dict[int, list[int]] = defaultdict(list)
        with self._reading() as database:
            for tracklet, person in database.execute(
                "SELECT tracklet_id, person_id FROM tracklet_persons ORDER BY tracklet_id"
            ):
                members[person].append(tracklet)
            found = database.execute("SELECT id, name, note, anchor_id FROM persons ORDER BY id")
            return tuple(
                Person(number, tuple(members[number]), name, note, anchor)
                for number, name, note, anchor in found
                if number in members
            )

    def decisions(self) -> tuple[Decision, ...]:
        judgements: dict[int, list[Judgement]] = defaultdict(list)
        unsure: dict[int, list[tuple[int, int]]] = defaultdict(list)
        before: dict[int, dict[int, int]] = defaultdict(dict)
        with self._reading() as database:
            for number, one, other, same in database.execute(
                """SELECT decision_id, one_id, other_id, same FROM judgements
                ORDER BY decision_id, one_id, other_id"""
            ):
                judgements[number].append(Judgement(one, other, bool(same)))
            for number, one, other in database.execute(
                """SELECT decision_id, one_id, other_id FROM unsure_pairs
                ORDER BY decision_id, one_id, other_id"""
            ):
                unsure[number].append((one, other))
            for number, tracklet, person in database.execute(
                "SELECT decision_id, tracklet_id, person_id FROM persons_before"
            ):
                before[number][tracklet] = person
            found = database.execute(
                """SELECT id, time_us, who, kind, person_id, name_before, note_before
                FROM decisions ORDER BY id"""
            )
            return tuple(
                Decision(
                    id=number,
                    time=_time(time),
                    who=who,
                    kind=kind,
                    judgements=tuple(judgements[number]),
                    unsure=tuple(unsure[number]),
                    person=person,
                    name_before=name,
                    note_before=note,
                    persons_before=before[number],
                )
                for number, time, who, kind, person, name, note in found
            )

    def linking(self) -> Linking | None:
        stored = self._setting("linking")
        return None if stored is None else Linking(**json.loads(stored))

    def change(self, change: PeopleChange, entry: LogEntry) -> None:
        with self._writing() as database:
            if change.decision is not None:
                _add_decision(database, change.decision)
            for person, tracklets in change.groups:
                number = person
                if number is None:
                    new = "INSERT INTO persons DEFAULT VALUES RETURNING id"
                    number = database.execute(new).fetchone()[0]
                database.executemany(
                    """INSERT INTO tracklet_persons VALUES (?, ?)
                    ON CONFLICT (tracklet_id) DO UPDATE SET person_id = excluded.person_id""",
                    [(tracklet, number) for tracklet in tracklets],
                )
            database.executemany(
                "UPDATE persons SET name = ?, note = ?, anchor_id = ? WHERE id = ?",
                [(*named, person) for person, named in change.names.items()],
            )
            if change.undo is not None:
                database.execute("DELETE FROM decisions WHERE id = ?", (change.undo,))
            if change.linking is not None:
                _set(database, "linking", json.dumps(asdict(change.linking)))
            forget_people_without_tracklets(database)
            database.execute(_LOG, _log_values(entry))

    def log(self) -> tuple[LogEntry, ...]:
        with self._reading() as database:
            found = database.execute(
                "SELECT time_us, who, action, detail FROM audit_log ORDER BY id"
            )
            return tuple(LogEntry(_time(time), *rest) for time, *rest in found)

    def append(self, entry: LogEntry) -> bool:
        try:
            with closing(connect_appender(self._path)) as connection:
                if schema_version(connection) != len(MIGRATIONS):
                    return False
                with transaction(connection, "IMMEDIATE"):
                    add_to_log(connection, entry)
        except sqlite3.Error:
            return False
        return True

    def retention_days(self) -> int | None:
        stored = self._setting("retention_days")
        return None if stored is None else int(stored)

    def set_retention(self, days: int | None, entry: LogEntry) -> None:
        with self._writing() as database:
            _set(database, "retention_days", None if days is None else str(days))
            database.execute(_LOG, _log_values(entry))

    def _setting(self, name: str) -> str | None:
        with self._reading() as database:
            query = "SELECT value FROM metadata WHERE name = ?"
            found = database.execute(query, (name,)).fetchone()
            return None if found is None else found[0]


def add_to_log(database: sqlite3.Connection, entry: LogEntry) -> None:
    """Adds a line to the log, within a transaction."""
    database.execute(_LOG, _log_values(entry))


def forget_people_without_tracklets(database: sqlite3.Connection) -> None:
    """Removes decisions on tracklets that were all deleted, then people who have no tracklets,
    and whom no decision could bring back, then decisions that name such people."""
    database.execute(
        """DELETE FROM decisions WHERE kind <> 'name'
        AND id NOT IN (SELECT decision_id FROM judgements)
        AND id NOT IN (SELECT decision_id FROM unsure_pairs)"""
    )
    database.execute(
        """DELETE FROM persons WHERE id NOT IN (SELECT person_id FROM tracklet_persons)
        AND id NOT IN (SELECT person_id FROM persons_before)"""
    )
    database.execute(
        """DELETE FROM decisions WHERE person_id IS NOT NULL
        AND person_id NOT IN (SELECT id FROM persons)"""
    )


def _add_decision(database: sqlite3.Connection, decision: Decision) -> None:
    number = database.execute(
        """INSERT INTO decisions (time_us, who, kind, person_id, name_before, note_before)
        VALUES (?, ?, ?, ?, ?, ?) RETURNING id""",
        (
            *(to_microseconds(decision.time), decision.who, decision.kind),
            *(decision.person, decision.name_before, decision.note_before),
        ),
    ).fetchone()[0]
    database.executemany(
        """INSERT INTO judgements VALUES (?, ?, ?, ?)
        ON CONFLICT (decision_id, one_id, other_id) DO UPDATE SET same = excluded.same""",
        [(number, each.one, each.other, int(each.same)) for each in decision.judgements],
    )
    database.executemany(
        "INSERT INTO unsure_pairs VALUES (?, ?, ?)",
        [(number, one, other) for one, other in decision.unsure],
    )
    database.executemany(
        "INSERT INTO persons_before VALUES (?, ?, ?)",
        [(number, tracklet, person) for tracklet, person in decision.persons_before.items()],
    )


def _set(database: sqlite3.Connection, name: str, value: str | None) -> None:
    if value is None:
        database.execute("DELETE FROM metadata WHERE name = ?", (name,))
    else:
        database.execute(
            """INSERT INTO metadata VALUES (?, ?)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value""",
            (name, value),
        )


def _log_values(entry: LogEntry) -> tuple[int, str, str, str]:
    return to_microseconds(entry.time), entry.who, entry.action, entry.detail


def _time(microseconds: int) -> datetime:
    time = from_microseconds(microseconds)
    if time is None:
        raise ValueError(f"{microseconds} microseconds is no time")
    return time
