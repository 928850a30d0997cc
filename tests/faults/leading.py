"""Leadership taken away: operators that all lead, and none of whom the ledger deposes."""

from typing import Final

from tests.faults.instruments import put_in_place
from tradingsweep.adapters.ledger import admission, outbox

EVERYBODY_LEADS: Final = "FAULTS_EVERYBODY_LEADS"
"""In the environment of an operator: whoever has a Lease of its own goes on for ever."""


def everybody_leads() -> None:
    """Let admission and outbox of this process take any epoch for the last one."""

    async def leads(*_: object) -> bool:
        return True

    put_in_place(admission, leads=leads)
    put_in_place(outbox, leads=leads)
