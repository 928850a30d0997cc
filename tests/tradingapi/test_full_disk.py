"""A full disk: refused with 503 or failed in words, nothing half done, and all well afterwards."""

import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.eventually import eventually
from tests.tradingapi.callback_server import CallbackServer
from tests.tradingapi.server import Api, serving


@contextmanager
def full_disk(api: Api) -> Iterator[None]:
    """Let no write of the server to a file succeed, its log's included."""
    pid = api.service.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def test_a_submission_is_refused_for_now_and_reading_goes_on(tmp_path: Path) -> None:
    """503 with Retry-After, neither job nor key is stored, and later the same POST is taken."""
    with serving(tmp_path) as api:
        run_id = api.finish()
        with full_disk(api):
            refused = api.submit(key="k")
            read = api.get(f"/api/v1/sweeps/{run_id}/results")
            health = api.get("/health")
        taken = api.submit(key="k")
        api.wait_for(taken.json()["job_id"], "completed")

    assert (503, "5") == (refused.status_code, refused.headers["Retry-After"])
    assert "The store is away; try again" == refused.json()["error"]
    assert (200, 200) == (read.status_code, health.status_code)
    assert (202, False) == (taken.status_code, "Idempotent-Replayed" in taken.headers)


def test_a_job_that_cannot_be_stored_is_done_again(
    tmp_path: Path, callbacks: CallbackServer
) -> None:
    """It runs, its end fits nowhere; with room again it ends once and is told once."""
    with serving(tmp_path, min_job_seconds="1") as api:
        job_id = api.submit({"webhook_url": callbacks.url}).json()["job_id"]
        api.wait_for(job_id, "running")
        with full_disk(api):
            eventually(lambda: api.job(job_id)["percent"], 100, within=20)
            assert callbacks.is_quiet(1.0)
            assert "running" == api.job(job_id)["status"]
        api.wait_for(job_id, "completed")

        assert job_id == callbacks.next().body["job_id"]
        assert callbacks.is_quiet(0.5)


def test_a_result_that_cannot_be_written_fails_its_job_in_words(tmp_path: Path) -> None:
    """The database has room, the results' folder is lost; the next job is well again."""
    folder = tmp_path / "data" / "results"
    with serving(tmp_path) as api:
        shutil.rmtree(folder)
        failed = api.submit().json()["job_id"]
        message = api.wait_for(failed, "failed")["error_message"]
        folder.mkdir()

        api.finish()

    assert "The result could not be stored: No such file or directory" == message
