"""The ledger on Postgres: what `reconcile.ports.Ledger` promises, with its SQL beside it.

`view` reads, `write` decides (W1), `admission` gives out slots, `facts` appends (W2), `outbox`
hands out effects, `human` takes commands. `postgres` is what they share: the pool and
the translation of errors.
"""

from tradingsweep.adapters.ledger.confirm import confirm_audit
from tradingsweep.adapters.ledger.human import HeldSweep, Named, adopt, held, say
from tradingsweep.adapters.ledger.postgres import (
    Identity,
    check_schema,
    connect,
    known_schema,
)
from tradingsweep.adapters.ledger.store import PostgresLedger

__all__ = [
    "HeldSweep",
    "Identity",
    "Named",
    "PostgresLedger",
    "adopt",
    "check_schema",
    "confirm_audit",
    "connect",
    "held",
    "known_schema",
    "say",
]
