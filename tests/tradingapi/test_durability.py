"""A killed server finishes what it accepted, once it runs again."""

from pathlib import Path

import httpx

from tests.tradingapi.callback_server import CallbackServer
from tests.tradingapi.server import KEY, an_api, serving


def test_accepted_jobs_and_their_callbacks_survive_a_sigkill(
    tmp_path: Path, callbacks: CallbackServer
) -> None:
    """One was running and two waited; after the restart all three end and are told once each."""
    form = {"webhook_url": callbacks.url}
    with serving(tmp_path, workers="1", min_job_seconds="600") as api:
        accepted = [api.submit(form, key=f"key-{n}") for n in range(3)]
        ids = [answer.json()["job_id"] for answer in accepted]
        api.wait_for(ids[0], "running")
        api.service.kill()

    with serving(tmp_path, workers="1") as api:
        told = {callbacks.next().body["job_id"] for _ in ids}
        again = api.submit(form, key="key-1")

        assert set(ids) == told
        assert accepted[1].content == again.content
        assert "true" == again.headers["Idempotent-Replayed"]
        assert callbacks.is_quiet(0.5)


def test_a_delivery_survives_a_sigkill(tmp_path: Path, callbacks: CallbackServer) -> None:
    """The receiver was down while the server lived, and takes the callback from the next one."""
    with serving(tmp_path, webhook_time_scale="10") as api:
        callbacks.answers = [(503, {})]
        job_id = api.submit({"webhook_url": callbacks.url}).json()["job_id"]
        callbacks.next()
        api.service.kill()

    with serving(tmp_path):
        assert job_id == callbacks.next().body["job_id"]


def test_results_and_states_survive_a_restart(tmp_path: Path) -> None:
    """Byte for byte but for the time of the question."""
    with serving(tmp_path) as api:
        run_id = api.finish()
        before = api.get(f"/api/v1/sweeps/{run_id}/best").json()
        api.service.kill()
    with serving(tmp_path) as api:
        after = api.get(f"/api/v1/sweeps/{run_id}/best").json()

    assert {**before, "query_timestamp": ""} == {**after, "query_timestamp": ""}


def test_an_orderly_stop_puts_the_running_job_back(tmp_path: Path) -> None:
    """SIGTERM ends between two chunks, in seconds, and exits 0."""
    with serving(tmp_path, min_job_seconds="600") as api:
        job_id = api.submit().json()["job_id"]
        api.wait_for(job_id, "running")
        api.service.stop()
        assert 0 == api.service.process.returncode

    with serving(tmp_path) as api:
        api.wait_for(job_id, "completed")


def test_a_job_that_always_kills_the_server_is_given_up(tmp_path: Path) -> None:
    """Three times is bad luck; the fourth start fails it instead of running it."""
    with serving(tmp_path, min_job_seconds="600") as api:
        job_id = api.submit().json()["job_id"]
        api.wait_for(job_id, "running")
        api.service.kill()
        for _ in range(2):
            api.service.start().wait_ready()
            api.wait_for(job_id, "running")
            api.service.kill()
        api.service.start().wait_ready()

        message = api.wait_for(job_id, "failed")["error_message"]

    assert "The server stopped 3 times during this job" == message


def test_two_servers_do_not_share_a_data_directory(tmp_path: Path) -> None:
    """The second one ends at once and says why."""
    with serving(tmp_path) as api:
        second = an_api(tmp_path)
        with second.service:
            assert 1 == second.service.process.wait(30)
        assert "is in use by another server" in second.log
        assert 200 == httpx.get(f"{api.url}/health", headers=KEY).status_code
