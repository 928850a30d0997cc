"""How a request is refused: a status, a sentence, and the fields that broke a rule.

Problem
├── InvalidParameters   400
├── Unauthorized        401
├── NotFound            404
├── TooSlow             408
├── Conflict            409
├── Gone                410
├── TooLarge            413
├── UnsupportedMedia    415
├── KeyReused           422
└── QueueFull           429
"""

from typing import ClassVar

from pydantic import BaseModel


class BrokenRule(BaseModel):
    """One field and the rule that it breaks. Values are not repeated: they may be secret."""

    field: str
    rule: str


class ProblemBody(BaseModel):
    """The body of every answer that is not a success."""

    error: str
    detail: list[BrokenRule] = []


class Problem(Exception):  # noqa: N818  # read as "raise NotFound", and none is the server's error
    """A request that is refused."""

    status: ClassVar[int]

    def __init__(
        self,
        error: str,
        detail: list[BrokenRule] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(error)
        self.body = ProblemBody(error=error, detail=detail or [])
        self.headers = headers or {}


class InvalidParameters(Problem):
    """Fields break rules; each is named."""

    status = 400

    @classmethod
    def of(cls, field: str, rule: str) -> "InvalidParameters":
        """Name one field and its rule."""
        return cls("Invalid parameters", [BrokenRule(field=field, rule=rule)])


class Unauthorized(Problem):
    """No key or session, or a wrong one; which keys exist is not said."""

    status = 401


class NotFound(Problem):
    """There is no such thing here."""

    status = 404


class TooSlow(Problem):
    """The body did not arrive in time. Nothing is wrong with it: it may come again."""

    status = 408


class Conflict(Problem):
    """It is too late for this."""

    status = 409


class Gone(Problem):
    """It was here, and is not kept any more."""

    status = 410


class TooLarge(Problem):
    """The body has more bytes than any valid request."""

    status = 413


class UnsupportedMedia(Problem):
    """The body is neither a form nor JSON."""

    status = 415


class KeyReused(Problem):
    """This idempotency key came with other parameters before."""

    status = 422


class QueueFull(Problem):
    """Too many jobs wait. `Retry-After` says when to come back."""

    status = 429
