"""Bad input: refused with a status that fits, the field and the rule; the server lives on."""

from typing import Any

import httpx
import pytest

from tests.tradingapi.server import KEY, SEEDS_FORM, Api
from tests.tradingapi.test_submission import JSON_BODY, post_json

SUBMIT = "/api/v1/strategy/sweep"

WRONG_FIELDS = [
    ("ticker", ""),
    ("ticker", "BT"),
    ("ticker", "B" * 21),
    ("ticker", "btc-usd"),
    ("ticker", "../../etc"),
    ("ticker", "BTC/USD"),
    ("ticker", "BTC\nUSD"),
    ("ticker", "BTC-USD\n"),
    ("ticker", ".."),
    ("ticker", "BTC\x00USD"),
    ("fast_range", "[20, 10]"),
    ("fast_range", "[10]"),
    ("fast_range", "[10, 20, 30]"),
    ("fast_range", "[0, 20]"),
    ("fast_range", "[10, 501]"),
    ("fast_range", "[10.5, 20]"),
    ("fast_range", "[true, 20]"),
    ("fast_range", "[" * 20_000),
    ("fast_range", "ten to twenty"),
    ("fast_range", '{"min": 10, "max": 20}'),
    ("fast_range", "[20, 25]"),
    ("fast_range", "[10, 30]"),
    ("slow_range", "-5-30"),
    ("step", "0"),
    ("step", "51"),
    ("step", "five"),
    ("step", "9" * 5_000),
    ("min_trades", "9"),
    ("min_trades", "1001"),
    ("strategy_type", "VWAP"),
    ("strategy_type", "sma"),
    ("config_path", "/etc/passwd"),
    ("webhook_url", "ftp://example.com/x"),
    ("webhook_url", "http://user:secret@example.com/"),
    ("webhook_url", "http:///nowhere"),
    ("webhook_url", "http://[::1"),
    ("webhook_url", "http://example.com:99999/"),
    ("webhook_url", "http://example.com/a b"),
    ("webhook_url", "http://example.com/" + "x" * 2_048),
    ("webhook_url", "callback"),
    ("interval", "7m"),
    ("start", "yesterday"),
    ("start", "2020-01-01T00:00:00"),
    ("start", "0001-01-01T00:00:00+14:00"),
    ("end", "9999-12-31"),
    ("end", "2024-02-30"),
    ("fee_bps", "-1"),
    ("fee_bps", "nan"),
    ("slippage_bps", "inf"),
    ("fill", "lookahead"),
    ("signal_period", "9"),
    ("signal_range", "[5, 9]"),
    ("search", "annealing"),
    ("max_trials", "10"),
    ("seed", "1"),
    ("surprise", "1"),
]


@pytest.mark.parametrize(
    ("field", "value"), WRONG_FIELDS, ids=[f"{f}={v[:20]!r}" for f, v in WRONG_FIELDS]
)
def test_a_wrong_field_is_named_with_its_rule(api: Api, field: str, value: str) -> None:
    """400 with the field and a rule, and the value is not repeated."""
    answer = api.submit({field: value})
    body = answer.json()

    assert (400, "Invalid parameters") == (answer.status_code, body["error"])
    assert field in {broken["field"].partition(".")[0] for broken in body["detail"]}
    assert all(broken["rule"] for broken in body["detail"])
    assert "secret" not in answer.text


@pytest.mark.parametrize("field", sorted(set(SEEDS_FORM) - {"config_path"}))
def test_a_missing_field_is_named(api: Api, field: str) -> None:
    """Every required field, one after the other."""
    form = {name: value for name, value in SEEDS_FORM.items() if name != field}
    answer = httpx.post(api.url + SUBMIT, headers=KEY, data=form)

    assert 400 == answer.status_code
    assert [{"field": field, "rule": "Field required"}] == answer.json()["detail"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"step": "5"}, "step"),
        ({"step": True}, "step"),
        ({"fast_range": [10, True]}, "fast_range.1"),
        ({"fast_range": {"min": 10, "max": 20}}, "fast_range"),
        ({"ticker": None}, "ticker"),
        ({"start": "2024-01-01", "end": "2023-01-01"}, "start"),
    ],
)
def test_json_is_not_guessed_at(api: Api, changes: dict[str, Any], field: str) -> None:
    """A text is no number, and true is not 1."""
    answer = post_json(api, {**JSON_BODY, **changes})

    assert 400 == answer.status_code
    assert field in {broken["field"] for broken in answer.json()["detail"]}


@pytest.mark.parametrize(
    ("content_type", "raw", "status"),
    [
        ("application/json", b"", 400),
        ("application/json", b"{", 400),
        ("application/json", b"[1]", 400),
        ("application/json", b'{"ticker": NaN}', 400),
        ("application/json", b"[" * 60_000, 400),
        ("application/json", b"\xff\xfe", 400),
        ("application/x-www-form-urlencoded", b"", 400),
        ("application/x-www-form-urlencoded", b"ticker=\xff", 400),
        ("application/x-www-form-urlencoded", b"ticker=%ff", 400),
        ("application/x-www-form-urlencoded", b"a=1&" * 500, 400),
        ("application/x-www-form-urlencoded", b"x" * 70_000, 413),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("text/html", b"<p>", 415),
        ("", b"ticker=BTC-USD", 415),
    ],
)
def test_a_body_that_is_no_request_is_refused(
    api: Api, content_type: str, raw: bytes, status: int
) -> None:
    """With JSON that says why, whatever came in."""
    headers = {**KEY, "Content-Type": content_type}
    answer = httpx.post(api.url + SUBMIT, headers=headers, content=raw)

    assert status == answer.status_code
    assert answer.json()["error"]


@pytest.mark.parametrize("key", ["", "dev-key", "dev-key-00000000000000000000000é", None])
def test_a_wrong_or_missing_key_is_refused_without_naming_keys(api: Api, key: str | None) -> None:
    """401 as JSON on every endpoint that needs one."""
    headers = [] if key is None else [(b"X-API-Key", key.encode())]
    with httpx.Client(base_url=api.url) as client:
        answers = [
            client.post(SUBMIT, headers=headers, data=SEEDS_FORM),
            client.get("/api/v1/sweeps/run_x/best", headers=headers),
            client.get("/api/v1/jobs/x", headers=headers),
            client.post("/api/v1/jobs/x/cancel", headers=headers),
            client.post("/api/v1/auth/login", json={"api_key": key or "no"}),
        ]

    assert {401} == {answer.status_code for answer in answers}
    assert all("dev-key" not in answer.text for answer in answers)


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "tab\there"])
def test_a_strange_idempotency_key_is_refused(api: Api, key: str) -> None:
    """It is stored and compared: visible ASCII only."""
    answer = api.submit(key=key)

    assert (400, "Idempotency-Key") == (answer.status_code, answer.json()["detail"][0]["field"])


def test_a_grid_beyond_the_limit_is_refused(api: Api) -> None:
    """The largest that fields allow is 249,001 combinations; the server takes 125,000."""
    answer = api.submit({"fast_range": "1-499", "slow_range": "2-500", "step": "1"})

    assert 400 == answer.status_code
    assert "125000" in answer.json()["detail"][0]["rule"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("DELETE", SUBMIT, 405),
        ("GET", "/api/v1/jobs/%00", 404),
        ("GET", "/api/v1/jobs/..%2f..%2fetc", 404),
        ("GET", "/api/v1/sweeps/run_unknown/best", 404),
        ("GET", "/api/v1/sweeps/run_x/best?limit=0", 400),
        ("GET", "/api/v1/sweeps/run_x/best?limit=10001", 400),
        ("GET", "/api/v1/sweeps/run_x/best?limit=ten", 400),
        ("GET", "/api/v1/sweeps/run_x/best?include_excluded=perhaps", 400),
    ],
)
def test_a_wrong_address_or_query_is_a_json_answer(
    api: Api, method: str, path: str, status: int
) -> None:
    """Never HTML, never a 5xx."""
    answer = httpx.request(method, api.url + path, headers=KEY)

    assert status == answer.status_code
    assert answer.json()["error"]
