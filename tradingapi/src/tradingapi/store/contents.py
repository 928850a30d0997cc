"""What was found, once for each question: its summary, and the report on it.

The rows are in a file of that name.
"""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from tradingapi.store.database import Database


@dataclass(frozen=True)
class Content:
    """One result, however many runs have it."""

    name: str
    """The fingerprint of the question."""
    summary: dict[str, Any]
    """What its rows have in common, as it goes over the wire."""
    pairs: int
    qualified: int
    """How many of them have enough trades to be ranked."""
    data_sha256: str
    """The bars that it was measured on."""
    size: int
    """Bytes of its file and of its report."""
    created_at: float


class ContentStore:
    """Every statement about results. All methods block; call them from threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> Content | None:
        """Find a result."""
        with self._database.read() as db:
            row = db.execute("SELECT * FROM contents WHERE content = ?", (name,)).fetchone()
        return None if row is None else _content(row)

    def report(self, name: str) -> str | None:
        """Find the report on a result, as JSON; old versions wrote none."""
        with self._database.read() as db:
            row = db.execute("SELECT body FROM reports WHERE content = ?", (name,)).fetchone()
        return None if row is None else str(row["body"])

    def touch(self, used: dict[str, float]) -> None:
        """Remember when results were last wanted: what is used is pruned last."""
        with self._database.write() as db:
            db.executemany(
                "UPDATE contents SET used_at = max(used_at, ?) WHERE content = ?",
                [(at, name) for name, at in used.items()],
            )

    def names(self) -> set[str]:
        """List all results."""
        with self._database.read() as db:
            return {str(row[0]) for row in db.execute("SELECT content FROM contents")}

    def forget(self, name: str) -> None:
        """Drop a result; its file is the caller's."""
        with self._database.write() as db:
            db.execute("DELETE FROM reports WHERE content = ?", (name,))
            db.execute("DELETE FROM contents WHERE content = ?", (name,))

    def to_prune(self, most_bytes: int, used_before: float, spare_after: float) -> list[str]:
        """List the results that are too old, and the least used of those that are too much.

        None is listed that was used after `spare_after`: somebody reads it.
        """
        with self._database.read() as db:
            rows = db.execute("SELECT content, bytes, used_at FROM contents ORDER BY used_at DESC")
            kept, doomed = 0, []
            for row in rows:
                kept += row["bytes"]
                beyond = kept > most_bytes or row["used_at"] < used_before
                if beyond and row["used_at"] < spare_after:
                    doomed.append(str(row["content"]))
        return doomed


def remember(
    db: sqlite3.Connection, content: Content, now: float, report: str | None = None
) -> None:
    """Store a result within a transaction; one that is there already is used again.

    `report` is what it says about itself; None where it was stored with the result before.
    """
    db.execute(
        "INSERT INTO contents VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (content) DO UPDATE SET used_at = excluded.used_at",
        (
            content.name,
            json.dumps(content.summary, allow_nan=False),
            content.pairs,
            content.qualified,
            content.data_sha256,
            content.size,
            content.created_at,
            now,
        ),
    )
    if report is not None:
        db.execute("INSERT OR REPLACE INTO reports VALUES (?, ?)", (content.name, report))


def _content(row: sqlite3.Row) -> Content:
    return Content(
        name=row["content"],
        summary=json.loads(row["summary"]),
        pairs=row["pairs"],
        qualified=row["qualified"],
        data_sha256=row["data_sha256"],
        size=row["bytes"],
        created_at=row["created_at"],
    )
