"""A kind cluster is deleted, however its owner ends; scripts stand for kind and Docker here."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dev.kind import NoKindError, kind_cluster
from dev.processes import ProcessError
from tests.support.eventually import eventually

OWNER = """
import sys, time
from pathlib import Path
from dev.kind import kind_cluster
with kind_cluster(Path(sys.argv[1])):
    print("up", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which the script that stands for kind notes its arguments."""
    noted = tmp_path / "calls"
    noted.touch()
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, body in (("docker", "exit 0"), ("kind", f'echo "$@" >>{noted}')):
        (programs / name).write_text(f"#!/bin/sh\n{body}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("KIND_NODE_IMAGE", "node:test")
    monkeypatch.delenv("KIND_CONFIG", raising=False)
    return noted


def verbs(calls: Path) -> list[str]:
    """The first words of the calls so far."""
    return [line.split()[0] for line in calls.read_text().splitlines()]


def names(calls: Path) -> set[str]:
    """The clusters that were named so far."""
    words = [line.split() for line in calls.read_text().splitlines()]
    return {line[line.index("--name") + 1] for line in words}


def test_the_cluster_goes_with_its_block(calls: Path, tmp_path: Path) -> None:
    """One cluster of our own name is made from the image asked for, and deleted."""
    with kind_cluster(tmp_path) as kubeconfig:
        assert ["create"] == verbs(calls)
        assert f"--kubeconfig {kubeconfig} --image node:test" in calls.read_text()

    assert ["create", "delete"] == verbs(calls)
    assert 1 == len(names(calls))


def test_the_cluster_goes_when_its_owner_is_killed(calls: Path, tmp_path: Path) -> None:
    """Its nodes are the engine's children, and end all the same."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        assert "up\n" == owner.stdout.readline()
        owner.send_signal(signal.SIGKILL)

    eventually(lambda: verbs(calls), ["create", "delete"], within=10)


def test_a_cluster_that_could_not_be_made_is_cleaned_away(calls: Path, tmp_path: Path) -> None:
    """The words of kind are in the error, and its half-made nodes are gone."""
    script = calls.with_name("bin") / "kind"
    script.write_text(f'{script.read_text()}[ "$1" = create ] && echo no space left && exit 1\n')

    with pytest.raises(ProcessError, match="no space left"), kind_cluster(tmp_path):
        pass

    assert ["create", "delete"] == verbs(calls)


def test_without_kind_the_message_says_what_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks for kind and has none is told, before anything starts."""
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NoKindError, match="needs kind on PATH"), kind_cluster(tmp_path):
        pass
