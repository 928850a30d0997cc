"""kubectl as the tests call it."""

from pathlib import Path

from dev.kubectl import Kubectl


def test_a_resource_without_conditions_is_waited_for(tmp_path: Path) -> None:
    """Between its creation and its first conditions kubectl refuses to wait: it is asked again."""
    refusals = tmp_path / "refusals"
    program = tmp_path / "kubectl"
    program.write_text(f"#!/bin/sh\necho no >> {refusals}\n[ $(wc -l < {refusals}) -gt 2 ]\n")
    program.chmod(0o700)

    Kubectl(tmp_path / "kubeconfig", program, tmp_path).wait_established(tmp_path)

    assert 3 == len(refusals.read_text().splitlines())
