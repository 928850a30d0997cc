"""The Trading API, as the core sees it: six questions, each with a closed set of answers.

Lives with exactly the documented surface; what an API can do beyond it, `health` says. Every wait
has an end, every answer a size, and no text that leaves here holds a secret.
"""

from collections.abc import AsyncGenerator, Callable
from typing import TypeVar
from urllib.parse import quote, urlencode

from pydantic import SecretStr

from tradingsweep.adapters.trading_api.answers import (
    Exchange,
    Redactor,
    answer_to,
    problem_of,
    secrets_of,
)
from tradingsweep.adapters.trading_api.endpoints import Heard, nobody
from tradingsweep.adapters.trading_api.follow import Follower
from tradingsweep.adapters.trading_api.http import MAX_ANSWER, Call, Wire, checked_address, trust
from tradingsweep.adapters.trading_api.stream import news_in
from tradingsweep.contract import (
    BestPage,
    ContractError,
    Document,
    HealthBody,
    JobStatus,
    checked_report,
    is_identifier,
    parse,
)
from tradingsweep.domain.answers import (
    Answer,
    Health,
    News,
    NoSuchJob,
    Opinion,
    Order,
    Result,
    ResultPage,
)
from tradingsweep.errors import AnswerRefused, ConfigurationError, TradingApiUnavailable

MAX_PAGE = 16 * 1024 * 1024
"""Bytes of a page of results: 10,000 rows are 3.3 MB."""
MAX_STREAMS = 16
"""Streams open at once; a further one waits for a connection."""

_Document = TypeVar("_Document", bound=Document)


class TradingApiClient:
    """Asks one Trading API, from any number of tasks of one event loop.

    Args:
        base_url: where it is, `http(s)://host[:port][/path]`.
        api_key: sent as `X-API-Key`, and to log in.
        post_timeout: seconds for a whole submission, from the connection to the last byte.
        read_timeout: seconds for any other whole exchange.
        retry_503: this API answers 503 only where it has certainly not taken the job.
        max_connections: for submissions, and as many again for all else but streams.
        heard: told of every request's route, status and time.

    Raises:
        ConfigurationError: the address or the key cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        api_key: SecretStr,
        *,
        post_timeout: float = 30.0,
        read_timeout: float = 10.0,
        retry_503: bool = False,
        max_connections: int = 8,
        heard: Heard = nobody,
    ) -> None:
        base = checked_address(base_url)
        tls = trust(base)
        self._key = _checked_key(api_key)
        self._redact = Redactor((self._key,))
        self._post_timeout = post_timeout
        self._read_timeout = read_timeout
        self._retry_503 = retry_503
        self._posts = Wire(base, tls, connections=max_connections, reuse=False, heard=heard)
        self._reads = Wire(base, tls, connections=max_connections, heard=heard)
        streams = Wire(base, tls, connections=MAX_STREAMS, reuse=False, heard=heard)
        self._follower = Follower(streams, self._key, self._redact, read_timeout)

    async def health(self) -> Health:
        """Ask whether the API is there, and what it can do.

        Raises:
            TradingApiUnavailable: it is not, or does not call itself healthy.
        """
        seen = await self._reads.exchange(Call("GET", "/health"), self._read_timeout)
        body = self._document(HealthBody, seen)
        if body.status != "healthy":
            raise TradingApiUnavailable(self._redact(f"it calls itself {body.status}"))
        return Health(frozenset(body.features or ()))

    async def submit(self, order: Order, *, first: bool, may_send: Callable[[], bool]) -> Answer:
        """POST an order once, on a connection of its own, and say what that did.

        `first` is False where an earlier POST of this key may have arrived. `may_send` is asked
        when the connection stands and nothing has left. Never raises for what happens outside.
        """
        # Sorted: a repeated key must come with the same bytes, and jsonb forgets an order.
        form = sorted({**order.form, "webhook_url": order.callback_url}.items())
        headers = {
            "X-API-Key": self._key,
            "Idempotency-Key": order.key,
            "Content-Type": "application/x-www-form-urlencoded",
            "Connection": "close",
        }
        if order.traceparent is not None:
            headers["traceparent"] = order.traceparent
        call = Call("POST", "/api/v1/strategy/sweep", headers, urlencode(form).encode())
        seen = await self._posts.exchange(call, self._post_timeout, may_send=may_send)
        redact = self._redact.also(*secrets_of(order.key, order.callback_url))
        return answer_to(seen, redact, first=first, retry_503=self._retry_503)

    async def best(self, sweep_run_id: str, ticker: str, limit: int) -> ResultPage:
        """Fetch the best pairs of a finished run. The API may return more than `limit`, or fewer.

        Raises:
            TradingApiUnavailable: the API is away; nothing was learned.
            AnswerRefused: the results are not to be had, or the page breaks a rule.
        """
        if not is_identifier(sweep_run_id):
            raise AnswerRefused("no API gives a sweep_run_id like this one")
        query = urlencode({"ticker": ticker, "limit": limit})
        path = f"/api/v1/sweeps/{quote(sweep_run_id, safe='')}/best?{query}"
        seen = await self._ask("GET", path, cap=MAX_PAGE)
        if problem := problem_of(seen, self._redact):
            raise problem
        try:
            page = parse(BestPage, seen.body)
        except ContractError as refused:
            raise AnswerRefused(f"the page of results is refused: {refused}") from None
        if page.sweep_run_id != sweep_run_id or page.ticker != ticker:
            raise AnswerRefused("the page of results is of another sweep_run_id or ticker")
        return _results(page)

    async def report(self, sweep_run_id: str) -> str:
        """Fetch what an API with `report` found out about a run's results, as JSON.

        Raises:
            TradingApiUnavailable: the API is away; nothing was learned.
            AnswerRefused: there is no report, it is over 256 KiB, or it cannot be stored.
        """
        if not is_identifier(sweep_run_id):
            raise AnswerRefused("no API gives a sweep_run_id like this one")
        seen = await self._ask("GET", f"/api/v1/sweeps/{quote(sweep_run_id, safe='')}/report")
        if problem := problem_of(seen, self._redact):
            raise problem
        try:
            return checked_report(seen.body)
        except ContractError as refused:
            raise AnswerRefused(str(refused)) from None

    def follow(self, job_id: str, within: float) -> AsyncGenerator[News, None]:
        """Listen to a job's stream for at most `within` seconds, a login included.

        Ends after the news that the job has ended, when the stream ends, or when the time is up.
        Iterate under `contextlib.aclosing`: then a `break` closes the connection at once.

        Raises:
            TradingApiUnavailable: the stream did not begin, broke off, or is no stream of events.
        """
        return self._follower.follow(job_id, within)

    async def status(self, job_id: str) -> News | None:
        """Ask an API with `job-status` how a job is; None while it is queued.

        Raises:
            TradingApiUnavailable: nothing was learned.
        """
        if not is_identifier(job_id):
            return NoSuchJob()
        seen = await self._ask("GET", f"/api/v1/jobs/{quote(job_id, safe='')}")
        if seen.status == 404:
            return NoSuchJob()
        status = self._document(JobStatus, seen)
        if status.job_id != job_id:
            raise TradingApiUnavailable("it answered about another job")
        return news_in(status, self._redact)

    async def cancel(self, job_id: str) -> bool:
        """Ask an API with `cancel` to end a job; False if it has ended (409) or is unknown (404).

        Raises:
            TradingApiUnavailable: it may have been asked or not; asking again does no harm.
        """
        if not is_identifier(job_id):
            return False
        seen = await self._ask("POST", f"/api/v1/jobs/{quote(job_id, safe='')}/cancel")
        # The status alone counts: no body of a 202 changes what it says.
        if seen.status in (200, 202, 204):
            return True
        if seen.status in (404, 409):
            return False
        raise self._away(seen)

    async def aclose(self) -> None:
        """Close every connection; what is still asked ends in `TradingApiUnavailable`."""
        for wire in (self._posts, self._reads, self._follower):
            await wire.aclose()

    async def _ask(self, method: str, path: str, *, cap: int = MAX_ANSWER) -> Exchange:
        call = Call(method, path, {"X-API-Key": self._key})
        return await self._reads.exchange(call, self._read_timeout, cap=cap)

    def _document(self, document: type[_Document], seen: Exchange) -> _Document:
        if not seen.ok or seen.failure or seen.flaw:
            raise self._away(seen)
        try:
            return parse(document, seen.body)
        except ContractError as refused:
            raise TradingApiUnavailable(f"its answer is refused: {refused}") from None

    def _away(self, seen: Exchange) -> TradingApiUnavailable:
        """Return the problem of a question whose only use is an answer."""
        problem = problem_of(seen, self._redact)
        if isinstance(problem, TradingApiUnavailable):
            return problem
        return TradingApiUnavailable(str(problem))


def _checked_key(api_key: SecretStr) -> str:
    key = api_key.get_secret_value()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(
            "the Trading API's key must be printable ASCII without spaces and line breaks"
        )
    return key


def _results(page: BestPage) -> ResultPage:
    rows = (
        Result(**row.model_dump(exclude={"ticker", "strategy_type", "params"}))
        # Stable: ties keep the API's own order.
        for row in sorted(page.results, key=lambda row: -row.score)
    )
    told = page.results[0].params if page.results else None
    return ResultPage(
        sweep_run_id=page.sweep_run_id,
        rsi_period=told.rsi_period if told else None,
        results=tuple(rows),
        total=page.total_results,
        excluded_by_min_trades=page.excluded_by_min_trades,
        max_trades_seen=page.max_trades_seen,
        synthetic=page.synthetic,
        verdict=Opinion(**page.verdict.model_dump()) if page.verdict else None,
    )
