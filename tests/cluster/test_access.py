"""How the operator reaches the API server."""

from pathlib import Path

import pytest

from dev.controlplane import ControlPlane
from tradingsweep.adapters.kube import connect
from tradingsweep.adapters.kube_access import proxy_to


async def test_a_netrc_is_nobodys_business(
    control_plane: ControlPlane, crd: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password that is meant for other servers is neither read nor sent."""
    assert crd
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password wrong\n")
    monkeypatch.setenv("NETRC", str(netrc))

    async with connect("tester", str(control_plane.kubeconfig)) as cluster:
        await cluster.may_list([])


def test_a_proxy_of_the_environment_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """As kubectl does; NO_PROXY leaves out what is near."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "localhost,.near.example")

    assert "http://proxy.example:3128" == proxy_to("https://api.far.example:6443")
    assert proxy_to("https://api.near.example:6443") is None
