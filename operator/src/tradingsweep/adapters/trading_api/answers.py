"""What an exchange with the Trading API means: pure, and total over every status and body.

The one question that matters after a POST is whether a job may exist. Only three things say no: the
request never left, the API answered that it wants to be asked again later, or it answered the first
send of a key with a refusal. Everything else is unknown, whatever it looks like.
"""

import json
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from tradingsweep.contract import Accepted202, ContractError, parse, plain
from tradingsweep.domain.answers import Accepted, Answer, NotSent, OutcomeUnknown, Refused
from tradingsweep.errors import (
    AnswerRefused,
    CredentialsRejected,
    TradingApiUnavailable,
    TradingSweepError,
)

MAX_RETRY_AFTER = 3600.0
"""Seconds; an API that wants more is asked again after this."""
MIN_SECRET = 4
"""Characters; anything shorter would blank out ordinary words."""

_CREDENTIALS = frozenset({401, 403})
_LATER = frozenset({408, 425, 429})
_KEY_CONFLICT = frozenset({409, 422})


@dataclass(slots=True)
class Exchange:
    """What has come of one request so far. A deadline that strikes in the middle loses nothing."""

    sent: bool = False
    """From here on, the API may have acted on it."""
    stale: bool = False
    """The caller no longer had the right to send it."""
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    """Names in lower case."""
    body: bytes = b""
    failure: str | None = None
    """Why the answer is missing or not whole."""
    flaw: str | None = None
    """Why an answer was not read to its end: it is too big, or compressed."""

    def header(self, name: str) -> str | None:
        """Return the first header of a name."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def ok(self) -> bool:
        """The API answered 200."""
        return self.status == 200


@dataclass(frozen=True, slots=True, repr=False)
class Redactor:
    """Makes texts from outside fit to be shown: one line, no secret, at most 300 characters."""

    secrets: tuple[str, ...]

    def also(self, *secrets: str) -> "Redactor":
        """Return one that knows more secrets."""
        return Redactor((*self.secrets, *secrets))

    def __call__(self, text: str) -> str:
        """Return the text as it may be shown."""
        # Cleaned first: an invisible character inside a secret would hide it from the search.
        # Cut last: a secret at the end would survive in part.
        text = plain(text, limit=None)
        for secret in sorted(self.secrets, key=len, reverse=True):
            if len(secret) >= MIN_SECRET:
                text = text.replace(secret, "***")
        return plain(text)


def secrets_of(key: str, callback_url: str) -> tuple[str, ...]:
    """Return what of an order no text may show: its key, the address, the token in its path."""
    token = urlsplit(callback_url).path.rpartition("/")[2]
    return key, callback_url, token


def answer_to(seen: Exchange, redact: Redactor, *, first: bool, retry_503: bool) -> Answer:
    """Say what an exchange did to a submission, by the table in PROTOCOL.md."""
    status = seen.status
    if status is None:
        return _unanswered(seen, redact)
    if status in (200, 202):
        return _taken(seen, redact)
    if status in _CREDENTIALS:
        return NotSent("CredentialsRejected", words(seen, redact))
    if status in _LATER:
        return NotSent("Throttled", words(seen, redact), retry_after(seen))
    if status == 503 and retry_503:
        return NotSent("TradingAPIUnavailable", words(seen, redact), retry_after(seen))
    if not first:
        conflict, stored = status in _KEY_CONFLICT, _replayed(seen)
        return OutcomeUnknown(words(seen, redact), alert=conflict, stored=stored)
    if 400 <= status < 500:
        return Refused(words(seen, redact))
    return OutcomeUnknown(words(seen, redact))


def _unanswered(seen: Exchange, redact: Redactor) -> Answer:
    failure = redact(seen.failure or "nothing came back")
    if seen.stale:
        return NotSent("Stale", failure)
    if seen.sent:
        return OutcomeUnknown(failure)
    return NotSent("TradingAPIUnavailable", failure)


def _taken(seen: Exchange, redact: Redactor) -> Answer:
    if missing := seen.failure or seen.flaw:
        return OutcomeUnknown(redact(f"{missing} (HTTP {seen.status})"))
    try:
        job_id = parse(Accepted202, seen.body).job_id
    except ContractError as refused:
        return OutcomeUnknown(f"the answer names no job: {refused} (HTTP {seen.status})")
    return Accepted(job_id, replayed=_replayed(seen))


def _replayed(seen: Exchange) -> bool:
    return (seen.header("idempotent-replayed") or "").strip().lower() == "true"


def problem_of(seen: Exchange, redact: Redactor) -> TradingSweepError | None:
    """Say what stands between an exchange and the use of its 200, if anything does."""
    status = seen.status
    if status is None or seen.failure:
        return TradingApiUnavailable(redact(seen.failure or "nothing came back"))
    if status in _CREDENTIALS:
        return CredentialsRejected(words(seen, redact))
    if status in _LATER or not 200 <= status < 500 or 300 <= status < 400:
        return TradingApiUnavailable(words(seen, redact), retry_after=retry_after(seen))
    if seen.flaw or not seen.ok:
        return AnswerRefused(words(seen, redact))
    return None


def words(seen: Exchange, redact: Redactor) -> str:
    """Return the API's own words about what it did, or ours where it has none."""
    if missing := seen.failure or seen.flaw:
        said = f"no reason could be read: {missing}"
    else:
        said = _said(seen) or "the API gave no reason"
    return f"{redact(said)} (HTTP {seen.status})"


def _said(seen: Exchange) -> str | None:
    kind = (seen.header("content-type") or "").partition(";")[0].strip().lower()
    if kind == "text/plain":
        return plain(seen.body.decode("utf-8", "replace"), limit=None) or None
    try:
        answer = json.loads(seen.body.decode("utf-8"))
    except (ValueError, RecursionError):
        return f"the API answered {plain(kind, 40)}, not JSON" if seen.body and kind else None
    return _text_in(answer)


def _text_in(answer: object) -> str | None:
    """Find the reason in the shapes that APIs give it: a text, a member, a list of broken rules."""
    if isinstance(answer, str):
        return plain(answer, limit=None) or None
    if isinstance(answer, list):
        broken = [text for item in answer[:5] if (text := _broken_rule(item))]
        return "; ".join(broken) or None
    if isinstance(answer, dict):
        for member in ("detail", "error_message", "message", "error", "title"):
            if text := _text_in(answer.get(member)):
                return text
    return None


def _broken_rule(item: object) -> str | None:
    """Read `{"field": "step", "rule": "…"}`, or FastAPI's `{"loc": ["body", "step"], "msg": …}`."""
    if not isinstance(item, dict):
        return None
    rule = item.get("rule", item.get("msg"))
    loc = item.get("loc")
    path = [part for part in loc if part != "body"] if isinstance(loc, list) else []
    field = item.get("field", ".".join(str(part) for part in path))
    if not isinstance(rule, str):
        return None
    return f"{field}: {rule}" if field else rule


def retry_after(seen: Exchange) -> float | None:
    """Return the seconds that the API asked us to wait: RFC 9110, 10.2.3, seconds or a date."""
    asked = (seen.header("retry-after") or "").strip()
    if asked.isascii() and asked.isdigit():
        return min(float(asked), MAX_RETRY_AFTER)
    then = _instant(asked)
    if then is None:
        return None
    # Against the API's own clock where it shows it: ours may be another.
    now = _instant(seen.header("date") or "")
    return min(max(then - (time.time() if now is None else now), 0.0), MAX_RETRY_AFTER)


def _instant(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
