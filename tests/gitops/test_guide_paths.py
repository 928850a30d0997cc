"""The folders that the guides point kubectl and Flux at."""

import re
from pathlib import Path

import pytest
import yaml

from dev.kubectl import Kubectl, find_kubectl

ROOT = Path(__file__).parents[2]
GUIDES = "\n".join((ROOT / "docs" / name).read_text() for name in ("gitops.md", "install.md"))
FOR_FLUX = {
    one["spec"]["path"].removeprefix("./")
    for block in re.findall(r"^```yaml\n(.*?)^```$", GUIDES, re.MULTILINE | re.DOTALL)
    for one in yaml.safe_load_all(block)
    if one.get("kind") == "Kustomization" and one["spec"]["sourceRef"]["name"] == "tradingsweep"
}
FOR_KUBECTL = set(re.findall(r"kubectl apply [^`\n]*-k (\S+?)[`\s]", GUIDES))


def test_the_guides_name_folders_for_both() -> None:
    """Words that change do not leave the next test without a case."""
    assert FOR_FLUX
    assert FOR_KUBECTL


@pytest.mark.parametrize("folder", sorted(FOR_FLUX | FOR_KUBECTL))
def test_every_folder_of_the_guides_builds(tmp_path: Path, folder: str) -> None:
    """As kubectl and Flux build it: a folder of folders has nothing that says what to take."""
    kubectl = Kubectl(tmp_path / "no-cluster", find_kubectl(), tmp_path / "cache")

    built = list(yaml.safe_load_all(kubectl.run("kustomize", str(ROOT / folder))))

    assert [] != built
