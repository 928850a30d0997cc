"""What is in the images, and what is not."""

import json

import pytest

from benchmarks.bars import Bar
from dev.image.sbom import spelled
from dev.images import IMAGES, Image, ImageError, docker, sbom
from tests.e2e.conftest import NEW

INSTALLED = """
import importlib.metadata as m, json
print(json.dumps([(one.metadata["Name"], one.version) for one in m.distributions()]))
"""

pytestmark = pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.target)


def python(image: Image, program: str) -> str:
    """Run a program in a container, as its own user and without a network."""
    arguments = ("--rm", "--network=none", "--entrypoint", "python", image.named(NEW), "-c")
    return docker("run", *arguments, program)


def test_nobody_is_root_and_nothing_can_be_installed(built: list[Bar], image: Image) -> None:
    """Not only where a pod's own settings see to it."""
    assert "65532 65532" == python(image, "import os; print(os.getuid(), os.getgid())")
    for name in ("pip", "ensurepip"):
        with pytest.raises(ImageError, match="ModuleNotFoundError"):
            python(image, f"import {name}")


def test_an_image_says_what_it_is(built: list[Bar], image: Image) -> None:
    """By the labels that registries and scanners read; the revision is the commit's."""
    said = docker("image", "inspect", "-f", "{{json .Config.Labels}}", image.named(NEW))
    labels = {
        key.removeprefix("org.opencontainers.image."): value
        for key, value in json.loads(said).items()
    }

    assert {"title", "description", "licenses", "version", "revision"} <= set(labels)
    assert "Apache-2.0" == labels["licenses"]
    assert 40 == len(labels["revision"])


def test_an_images_list_is_what_is_installed_in_it(built: list[Bar], image: Image) -> None:
    """Every package with its version, and none beside."""
    listed = json.loads(sbom(image, image.named(NEW)))
    installed = {(spelled(name), version) for name, version in json.loads(python(image, INSTALLED))}

    parts = [listed["metadata"]["component"], *listed["components"]]
    assert installed == {(spelled(one["name"]), one["version"]) for one in parts}
