"""Temporary folders of runs that were killed do not pile up."""

import subprocess
import sys
from pathlib import Path

import pytest

from dev.scratch import scratch

OWNER = """
import time
from dev.scratch import scratch
with scratch("test") as folder:
    print(folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the folders of other tests and demos out of these tests."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def test_a_folder_goes_with_its_block() -> None:
    """An ordinary end leaves nothing."""
    with scratch("test") as folder:
        (folder / "file").touch()

    assert not folder.exists()


def test_the_folder_of_a_killed_owner_goes_with_the_next_run() -> None:
    """What SIGKILL left behind is removed by whoever comes next, and a living one's is not."""
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=-1, text=True) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        with scratch("test"):
            assert folder.is_dir()
        owner.kill()

    with scratch("test"):
        assert not folder.exists()
