"""What is applied to Argo CD: waves, projects, and the settings that carry our scripts."""

from typing import Any

import yaml

from dev import argocd
from dev.judges import Judges
from tests.support.standings import STANDINGS

RESOURCE = "trading.zixly.io_TradingSweep"


def documents(name: str) -> list[dict[str, Any]]:
    """Return the documents of a file in manifests/argocd/."""
    return [d for d in yaml.safe_load_all((argocd.FOLDER / name).read_text()) if d is not None]


def settings() -> dict[str, str]:
    """Return the data of argocd-cm."""
    (snippet,) = documents("argocd-cm.yaml")
    data: dict[str, str] = snippet["data"]
    return data


def test_the_settings_are_what_the_generator_writes() -> None:
    """`make docs` writes them."""
    assert argocd.snippet() == argocd.SNIPPET.read_text()


def test_the_settings_carry_every_script_unchanged() -> None:
    """What Argo CD runs is what these tests run, character for character."""
    data = settings()
    actions = yaml.safe_load(data[f"resource.customizations.actions.{RESOURCE}"])

    assert argocd.script("health") == data[f"resource.customizations.health.{RESOURCE}"]
    assert argocd.script("actions/discovery") == actions["discovery.lua"]
    assert {name: argocd.script(f"actions/{name}") for name in argocd.ACTIONS} == {
        definition["name"]: definition["action.lua"] for definition in actions["definitions"]
    }


def test_every_script_is_in_the_settings() -> None:
    """A new file that nobody installs is found."""
    files = {path.stem for path in argocd.FOLDER.rglob("*.lua")}

    assert {"health", "discovery", "application-health", *argocd.ACTIONS} == files


def test_a_parent_waits_for_its_applications(judges: Judges) -> None:
    """Waves between Applications work only where Applications have a health."""
    check = settings()["resource.customizations.health.argoproj.io_Application"]
    healthy = {"status": {"health": {"status": "Healthy"}}}

    new, done = judges.lua(check, [{}, healthy])

    assert ("Progressing", "Healthy") == (new["status"], done["status"])


def test_the_operator_comes_before_the_sweeps() -> None:
    """And sweeps that come first all the same do not fail for want of the resource."""
    (operator,), (sweeps,) = documents("operator.yaml"), documents("sweeps.yaml")
    waves = [
        app["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"] for app in (operator, sweeps)
    ]

    assert ["0", "1"] == waves
    options = sweeps["spec"]["syncPolicy"]["syncOptions"]
    assert "SkipDryRunOnMissingResource=true" in options


def test_each_application_is_allowed_by_its_project() -> None:
    """Repository and namespace are named in the project that it belongs to."""
    projects = {
        project["metadata"]["name"]: project["spec"] for project in documents("projects.yaml")
    }
    for app in (*documents("operator.yaml"), *documents("sweeps.yaml")):
        spec, project = app["spec"], projects[app["spec"]["project"]]
        (destination,) = project["destinations"]
        assert spec["source"]["repoURL"] in project["sourceRepos"]
        assert spec["destination"]["server"] == destination["server"]
        assert spec["destination"]["namespace"].startswith(destination["namespace"].rstrip("*"))


def test_desks_may_bring_sweeps_and_nothing_else() -> None:
    """Whoever writes YAML for a desk cannot make roles, pods or CRDs."""
    desks = next(p for p in documents("projects.yaml") if p["metadata"]["name"] == "trading-desks")

    assert [] == desks["spec"]["clusterResourceWhitelist"]
    assert [{"group": "trading.zixly.io", "kind": "TradingSweep"}] == (
        desks["spec"]["namespaceResourceWhitelist"]
    )


def test_the_table_of_standings_gives_the_same_health_through_the_settings(judges: Judges) -> None:
    """The script survives two levels of YAML."""
    check = settings()[f"resource.customizations.health.{RESOURCE}"]

    said = judges.lua(check, [standing.sweep for standing in STANDINGS])

    wanted = [standing.means.argo_cd for standing in STANDINGS]
    assert wanted == [health["status"] for health in said]
