"""The list of what an image holds names what is installed in it, and nothing else."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from dev.image.sbom import Held, only

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
LEFT_OUT = {"formulaic", "interface-meta", "narwhals", "patsy", "scipy", "statsmodels", "wrapt"}


def uv(command: str, environment: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of the Dockerfile with its variables, for an environment that is not there."""
    variables = {"UV_PROJECT_ENVIRONMENT": str(environment), "UV_FROZEN": "1", "UV_NO_DEV": "1"}
    return subprocess.run(
        [os.environ.get("UV", "uv"), *shlex.split(command)[1:]],
        cwd=ROOT,
        env={**os.environ, **variables, "UV_PREVIEW_FEATURES": "sbom-export"},
        capture_output=True,
        text=True,
        check=True,
    )


def asked(verb: str, package: str) -> str:
    """Return the last command of the Dockerfile that does this for a package."""
    found: list[str] = re.findall(rf"uv {verb} --package {package}\b[^|&\n]*", DOCKERFILE)
    return found[-1]


def installed(package: str, environment: Path) -> Held:
    """Return what uv would install into the image, beside the package itself."""
    said = uv(f"{asked('sync', package)} --dry-run", environment).stderr
    return {
        (name, version) for name, version in re.findall(r"^ \+ (\S+)==(\S+)", said, re.MULTILINE)
    }


@pytest.mark.parametrize("package", ["tradingsweep", "tradingapi"])
def test_the_list_is_what_the_dockerfile_installs(tmp_path: Path, package: str) -> None:
    """Neither packages of other platforms nor those that the image leaves out are in it."""
    everything = json.loads(uv(asked("export", package), tmp_path / "none").stdout)
    held = installed(package, tmp_path / "none")

    listed = only(everything, held)["components"]

    assert len(listed) > 20
    assert held == {(one["name"], one["version"]) for one in listed}
    assert set() == LEFT_OUT & {one["name"] for one in listed}


def test_what_is_not_in_the_lock_is_not_passed_over() -> None:
    """The build of an image ends there."""
    bom = {
        "metadata": {"component": {"name": "ours", "version": "1", "bom-ref": "ours"}},
        "components": [],
        "dependencies": [],
    }

    with pytest.raises(ValueError, match="'stowaway', '2'"):
        only(bom, {("ours", "1"), ("stowaway", "2")})


def test_no_edge_leads_to_what_is_not_held() -> None:
    """A reader of the list finds every name that it mentions."""
    own = {"name": "ours", "version": "1", "bom-ref": "ours"}
    held, gone = ({"name": n, "version": "1", "bom-ref": n} for n in ("held", "gone"))
    bom = {
        "metadata": {"component": own},
        "components": [held, gone],
        "dependencies": [
            {"ref": "ours", "dependsOn": ["held", "gone"]},
            {"ref": "gone", "dependsOn": ["held"]},
            {"ref": "held"},
        ],
    }

    found = only(bom, {("ours", "1"), ("held", "1")})

    assert [
        {"ref": "ours", "dependsOn": ["held"]},
        {"ref": "held", "dependsOn": []},
    ] == found["dependencies"]
