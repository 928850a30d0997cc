"""Whom a sweep tells by mail how a run ended."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tradingsweep.crd.wire import WireModel, rule, rules

# Without quotes, brackets, white space and control characters: nothing of it can begin another
# header of a mail, or another address.
EMAIL = r"^[A-Za-z0-9.!#$%&*+/=?^_{|}~-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+$"

Email = Annotated[
    str,
    Field(
        min_length=3,
        max_length=254,
        pattern=EMAIL,
        description="An address, as name@domain: 3 to 254 characters.",
        json_schema_extra=rules(
            rule(
                f"self.matches('{EMAIL}')",
                "an address is written as name@domain, with letters, digits and . ! # $ % & * + / "
                "= ? ^ _ { | } ~ - before the @, and a domain of two or more parts after it",
            )
        ),
    ),
]


class NotifiedPhase(StrEnum):
    """An end that is told."""

    COMPLETED = "Completed"
    FAILED = "Failed"


class Notifications(WireModel):
    """Who is told by mail, and about which ends."""

    emails: tuple[Email, ...] = Field(
        min_length=1,
        max_length=10,
        description="Who gets a mail at the end of a run: 1 to 10 different addresses. The "
        "operator's configuration says to which domains it may write; the Event of the run's end "
        "says where it did not.",
        json_schema_extra={"x-kubernetes-list-type": "set"},
    )
    phases: tuple[NotifiedPhase, ...] = Field(
        default=(NotifiedPhase.COMPLETED, NotifiedPhase.FAILED),
        min_length=1,
        max_length=2,
        description="Which ends are told: Completed, Failed, or both. Results that are used again "
        "are not told. Default Completed, Failed.",
        json_schema_extra={"x-kubernetes-list-type": "set"},
    )
