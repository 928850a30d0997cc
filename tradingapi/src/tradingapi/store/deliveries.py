"""Callbacks that are to be delivered: rows, so that a restart forgets none."""

from dataclasses import dataclass, field

from tradingapi.store.database import Database


@dataclass(frozen=True)
class Delivery:
    """One callback. Its URL holds a secret, so it is kept out of `repr`."""

    job_id: str
    url: str = field(repr=False)
    body: str
    created_at: float
    tries: int


class DeliveryStore:
    """Every statement about deliveries. All methods block; call them from threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recover(self, now: float) -> None:
        """Make everything pending due: what a dead process had taken is nobody's."""
        with self._database.write() as db:
            db.execute("UPDATE deliveries SET next_at = ? WHERE state = 'pending'", (now,))

    def take(self, now: float, lease: float, limit: int) -> list[Delivery]:
        """Take deliveries whose time has come; for `lease` seconds nobody else will.

        The try is counted now: one that ends in a crash was a try.
        """
        with self._database.write(durable=False) as db:
            rows = db.execute(
                "UPDATE deliveries SET tries = tries + 1, next_at = ? WHERE job_id IN ("
                " SELECT job_id FROM deliveries WHERE state = 'pending' AND next_at <= ?"
                " ORDER BY next_at LIMIT ?) RETURNING job_id, url, body, created_at, tries",
                (now + lease, now, limit),
            ).fetchall()
        return [Delivery(**row) for row in rows]

    def next_at(self) -> float | None:
        """Return when the next delivery is due; None if there is none."""
        with self._database.read() as db:
            row = db.execute("SELECT min(next_at) FROM deliveries WHERE state = 'pending'")
            return row.fetchone()[0]  # type: ignore[no-any-return]  # REAL or NULL by the schema

    def postpone(self, job_id: str, next_at: float) -> None:
        """Set the time of the next try."""
        with self._database.write(durable=False) as db:
            db.execute("UPDATE deliveries SET next_at = ? WHERE job_id = ?", (next_at, job_id))

    def close(self, job_id: str, *, delivered: bool) -> None:
        """End a delivery: it arrived, or it is given up. One that is forgotten arrives again."""
        state = "delivered" if delivered else "given_up"
        with self._database.write(durable=False) as db:
            db.execute("UPDATE deliveries SET state = ? WHERE job_id = ?", (state, job_id))
