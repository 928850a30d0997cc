"""Keys appear nowhere: not in a log, whatever is done with them, and not in an answer."""

import secrets
from pathlib import Path

import httpx

from tests.tradingapi.callback_server import CallbackServer
from tests.tradingapi.server import SEEDS_FORM, serving


def test_no_key_reaches_the_log(tmp_path: Path, callbacks: CallbackServer) -> None:
    """Right, wrong, in the wrong place, in a refused body, as a cookie, in a broken request."""
    key, wrong, signing = (secrets.token_hex(16) for _ in range(3))
    settings = {"dev": "false", "keys": key, "webhook_allow": "127.0.0.1:*"}
    with serving(tmp_path, **settings) as api, httpx.Client(base_url=api.url) as client:
        login = "/api/v1/auth/login"
        answers = [
            client.get("/api/v1/jobs/none", headers={"X-API-Key": key}),
            client.get("/api/v1/jobs/none", headers={"X-API-Key": wrong}),
            client.get(f"/api/v1/jobs/{key}", headers={"X-API-Key": key}),
            client.get("/api/v1/jobs/none", params={"api_key": wrong}),
            client.post(login, json={"api_key": wrong}),
            client.post(login, json={"api_key": key, "more": wrong}),
            client.post(login, content=f'{{"api_key": "{key}"'.encode()),
            client.post(login, json={"api_key": key}),
            client.get("/sse-proxy/jobs/none/stream"),
            api.submit({"webhook_url": f"{callbacks.url}/{signing}"}, api_key=key),
            api.submit({"webhook_url": f"http://u:{signing}@127.0.0.1/"}, api_key=key),
        ]
        session = client.cookies["trading_session"]
        callbacks.next()
        log = api.log

    for secret in (key, wrong, signing, session):
        assert secret not in log
    refusals = [answer.text for answer in answers if answer.status_code >= 400]
    assert 9 == len(refusals)
    assert not any(secret in text for secret in (key, wrong, signing) for text in refusals)


def test_no_key_is_in_the_data_directory(tmp_path: Path) -> None:
    """Sessions and answers are derived; what is stolen with the disk opens nothing."""
    key = secrets.token_hex(16)
    with serving(tmp_path, dev="false", keys=key, webhook_allow="127.0.0.1:*") as api:
        taken = httpx.post(
            f"{api.url}/api/v1/strategy/sweep", headers={"X-API-Key": key}, data=SEEDS_FORM
        )
        httpx.post(f"{api.url}/api/v1/auth/login", json={"api_key": key})

    assert 202 == taken.status_code
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert files
    assert not any(key.encode() in path.read_bytes() for path in files)
