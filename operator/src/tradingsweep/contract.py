"""The documents that cross the wire to and from the Trading API, as the seed shows them.

What comes in is untrusted: `parse` takes bytes and returns a checked document or raises
`ContractError`, whatever the bytes are. Members that we do not know are ignored, because an API may
grow; a member that we use is never guessed.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from typing import Annotated, Any, Literal, NoReturn, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

MAX_WORDS = 300
"""Characters of a text that we repeat."""
MAX_SENTENCE = 1000
"""Characters of a verdict's sentence: a status holds it whole."""

_IDENTIFIER = re.compile(r"[A-Za-z0-9._-]{1,128}")
_MOST_TRADES = 2**31 - 1
"""What the ledger's integer column holds."""


class ContractError(Exception):
    """The bytes are not the document that was expected; the message names the member and the rule.

    It never repeats what was sent: that may hold a secret.
    """


def is_identifier(text: str) -> bool:
    """Tell whether a text can be a job's or a sweep run's id, and so stand in a path."""
    return _IDENTIFIER.fullmatch(text) is not None and text not in {".", ".."}


def plain(text: str, limit: int | None = MAX_WORDS) -> str:
    """Return a text in one line, without control and invisible characters, cut to `limit`.

    A word that holds the address of a callback becomes `***`: an API that could not deliver one
    likes to say where, and the token in it is what makes a callback ours.
    """
    spaced = " ".join(text.split())
    clean = "".join(c for c in spaced if not unicodedata.category(c).startswith("C"))
    seen = " ".join("***" if _names_a_callback(word) else word for word in clean.split(" "))
    return seen if limit is None or len(seen) <= limit else seen[: limit - 1] + "…"


def _names_a_callback(word: str) -> bool:
    return "sweep-callback/" in (lower := word.lower()) or "sweep-callback%2f" in lower


def _identifier(text: str) -> str:
    if not is_identifier(text):
        raise ValueError("must be 1 to 128 of A-Z, a-z, 0-9, '.', '_', '-', and not '.' or '..'")
    return text


def _sentence(text: str) -> str:
    return plain(text, MAX_SENTENCE)


Identifier = Annotated[str, AfterValidator(_identifier)]
Words = Annotated[str, AfterValidator(plain)]
Count = Annotated[int, Field(ge=0, le=_MOST_TRADES)]
Period = Annotated[int, Field(ge=1, le=_MOST_TRADES)]
Feature = Annotated[str, Field(max_length=64)]
Percent = Annotated[float, Field(ge=0, le=100)]


class Document(BaseModel):
    """What all of them have in common."""

    # Strict: a number that comes as a string says that the sender is not what we think it is.
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, allow_inf_nan=False)


class Accepted202(Document):
    """The answer to a submission: what counts in it is the job's id."""

    job_id: Identifier


class ResultData(Document):
    """What a completed callback says about its results."""

    sweep_run_id: Identifier | None = None
    total_combinations: Count | None = None
    execution_time_seconds: Annotated[float, Field(ge=0)] | None = None


class Callback(Document):
    """The end of a job, as the API calls it back: one of the seed's two shapes."""

    event_type: Literal["sweep.completed", "sweep.failed"]
    job_id: Identifier
    status: Literal["completed", "failed"]
    sweep_run_id: Identifier | None = None
    ticker: Words | None = None
    error_message: Words | None = None
    result_data: ResultData | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.event_type != f"sweep.{self.status}":
            raise ValueError("event_type and status must say the same")
        inner = self.result_data.sweep_run_id if self.result_data else None
        if inner is not None and self.sweep_run_id not in (None, inner):
            raise ValueError("sweep_run_id and result_data.sweep_run_id must be the same")
        return self

    @property
    def results_id(self) -> str | None:
        """Under which sweep_run_id the results are to be had, if the callback says so."""
        inner = self.result_data.sweep_run_id if self.result_data else None
        return self.sweep_run_id or inner


class Levels(Document):
    """What the two numbers of a pair mean for RSI."""

    rsi_period: Period
    enter_above: Period
    exit_above: Period


class BestRow(Document):
    """One parameter pair and its metrics.

    Every metric must be there. Null is an answer only where a metric can be undefined: no trade, no
    losing trade, no down bar.
    """

    ticker: str
    strategy_type: str
    fast_period: Period
    slow_period: Period
    score: float
    sharpe_ratio: float | None
    sortino_ratio: float | None
    total_return_pct: float
    annualized_return: float | None
    max_drawdown_pct: float
    win_rate_pct: float | None
    profit_factor: float | None
    total_trades: Count
    trades_per_month: float | None
    avg_trade_duration: Words | None
    params: Levels | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        told, pair = self.params, (self.fast_period, self.slow_period)
        if told and (told.enter_above, told.exit_above) != pair:
            raise ValueError("params must name the levels that the periods name")
        return self


class BestVerdict(Document):
    """What the API thinks of the best pair, where it has an opinion."""

    name: Annotated[Words, Field(min_length=1, max_length=64)]
    p_value: Annotated[float, Field(ge=0, le=1)] | None = None
    sentence: Annotated[str, AfterValidator(_sentence)] = ""


class BestPage(Document):
    """The best pairs of a sweep run. One bad metric refuses the whole page."""

    sweep_run_id: Identifier
    ticker: str
    results: list[BestRow]
    total_results: Count
    returned: Count
    excluded_by_min_trades: Count | None = None
    max_trades_seen: Count | None = None
    synthetic: bool = False
    verdict: BestVerdict | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.returned != len(self.results):
            raise ValueError("returned must be the number of results")
        if self.total_results < self.returned:
            raise ValueError("total_results must not be below returned")
        if any(row.ticker != self.ticker for row in self.results):
            raise ValueError("each result must be of the page's ticker")
        if len({row.params and row.params.rsi_period for row in self.results}) > 1:
            raise ValueError("each result must be of the same rsi_period")
        if len({(row.fast_period, row.slow_period) for row in self.results}) < len(self.results):
            raise ValueError("no pair of periods may come twice")
        return self


class StreamEvent(Document):
    """One event of a job's stream: progress, the end, or an error."""

    percent: Percent | None = None
    message: Words | None = None
    done: bool | None = None
    error: bool | None = None
    status: Words | None = None
    sweep_run_id: Identifier | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.done and not self.error and self.percent is None:
            raise ValueError("one of percent, done and error must be there")
        return self


class JobStatus(Document):
    """A job as `GET /api/v1/jobs/{job_id}` shows it."""

    job_id: Identifier
    status: Literal["queued", "running", "completed", "failed", "cancelled"]
    percent: Percent | None = None
    sweep_run_id: Identifier | None = None
    error_message: Words | None = None


class HealthBody(Document):
    """The API's health, and what it can do beyond the documented surface."""

    status: Words
    features: Annotated[list[Feature], Field(max_length=64)] | None = None


_D = TypeVar("_D", bound=Document)


def parse(document: type[_D], body: bytes) -> _D:
    """Return the bytes as a document.

    Raises:
        ContractError: they are not UTF-8, not one JSON object, or break a rule of the document.
    """
    try:
        return document.model_validate(_read(body))
    except ValidationError as refused:
        raise ContractError(_first_of(refused)) from None


def parse_callback(body: bytes) -> Callback:
    """Return a callback's body as a `Callback`; raises as `parse` does."""
    return parse(Callback, body)


def checked_report(body: bytes) -> str:
    """Return an API's report as JSON that Postgres takes as jsonb; raises as `parse` does."""
    try:
        text = json.dumps(_read(body), allow_nan=False, ensure_ascii=False)
        text.encode("utf-8")
    except (ValueError, RecursionError):
        raise ContractError("the report holds what cannot be stored") from None
    if "\\u0000" in text or _names_a_callback(text):
        raise ContractError("the report holds a character or an address that is not to be stored")
    return text


def _read(body: bytes) -> dict[str, Any]:
    if not body.strip():
        raise ContractError("the body is empty")
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_members, parse_constant=_no_constant
        )
    except UnicodeDecodeError:
        raise ContractError("the body is not UTF-8") from None
    except RecursionError:
        raise ContractError("the body is nested too deeply") from None
    except ValueError:
        raise ContractError("the body is not JSON") from None
    if not isinstance(value, dict):
        raise ContractError("the body must be a JSON object")
    return value


def _members(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        # Two readers would see two documents: one of them is not the one that was checked.
        raise ContractError("a member comes twice")
    return members


def _no_constant(_name: str) -> NoReturn:
    raise ContractError("NaN and Infinity are not numbers of JSON")


def _first_of(refused: ValidationError) -> str:
    error = refused.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in error["loc"])
    rule = error["msg"].removeprefix("Value error, ")
    more = refused.error_count() - 1
    return f"{where or 'the body'}: {rule}" + (f" (and {more} more)" if more else "")
