"""The operations guide names objects of the chart, and commands that there are."""

import re

import yaml
from typer.testing import CliRunner

from tests.deploy.conftest import Helm
from tests.deploy.test_rendered import ROOT, objects
from tradingsweep.cli import app

WORDS = (ROOT / "docs" / "operations.md").read_text("utf-8")


def test_every_object_that_it_names_is_in_the_trial(helm: Helm) -> None:
    """Under the name of a release that is called as in the guide."""
    _, output, _ = helm.template(yaml.safe_dump({"fullnameOverride": "tradingsweep"}))
    names = {(one["kind"], one["metadata"]["name"]) for one in objects(output)}
    deployments = set(re.findall(r"deploy/(\S+)", WORDS))
    pods = set(re.findall(r"(\S+-postgres)-0", WORDS))

    assert deployments
    assert {("Deployment", name) for name in deployments} <= names
    assert {("StatefulSet", name) for name in pods} <= names


def test_every_command_that_it_names_is_there() -> None:
    """Each says what it does when it is asked."""
    commands = set(re.findall(r"-- tradingsweep (\S+)", WORDS)) | {"release", "adopt"}

    for command in commands:
        assert 0 == CliRunner().invoke(app, [command, "--help"]).exit_code
