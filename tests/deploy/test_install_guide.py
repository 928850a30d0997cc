"""The installation guide names what there is: images, keys of the chart, Services, ports."""

import re
from typing import Any

import yaml

from dev.images import IMAGES
from tests.deploy.conftest import Helm
from tests.deploy.test_rendered import ROOT, objects

WORDS = (ROOT / "docs" / "install.md").read_text("utf-8")
CHART = ROOT / "helm" / "tradingsweep"


def test_the_images_are_those_that_are_built() -> None:
    """Loaded into kind and pushed under these names, they are what chart and manifests want."""
    named = set(re.findall(r"\b(tradingsweep|tradingapi|[a-z-]+):0\.1\.0", WORDS))

    assert {image.named("").rstrip(":") for image in IMAGES} == named


def test_the_version_is_the_charts() -> None:
    """An image that was built under another tag would not be found."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))

    assert {chart["appVersion"]} == set(re.findall(r"TAG=([\d.]+)", WORDS))


def test_every_block_of_values_is_taken_by_the_chart(helm: Helm) -> None:
    """Keys that are not the chart's are refused by its schema; so are those behind --set."""
    blocks = re.findall(r"```yaml\n(.*?)```", WORDS, re.DOTALL)
    said: dict[str, Any] = {}
    for path in re.findall(r"--set ([A-Za-z.]+)=", WORDS):
        *folders, leaf = path.split(".")
        here = said
        for folder in folders:
            here = here.setdefault(folder, {})
        here[leaf] = "registry.example.com/image"

    for values in [*blocks, yaml.safe_dump(said)]:
        status, _, error = helm.template(values)
        assert 0 == status, error


def test_the_receiver_is_where_an_ingress_is_to_find_it(helm: Helm) -> None:
    """Its Service, under the name and the port that the guide gives."""
    _, output, _ = helm.template("")
    (service,) = (
        one
        for one in objects(output)
        if one["kind"] == "Service" and one["metadata"]["name"].endswith("tradingsweep-receiver")
    )

    assert f"`tradingsweep-receiver`, port {service['spec']['ports'][0]['port']}" in WORDS
