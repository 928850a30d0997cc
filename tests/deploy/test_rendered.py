"""What the chart makes: the same by every helm, and nothing that the checkers refuse."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev import tools
from dev.binaries import KUBERNETES
from dev.chart import CHART
from dev.kubectl import Kubectl
from dev.manifests import INSTALL, rendered
from tests.deploy.conftest import Helm, checked
from tests.deploy.schemas import write_schemas

ROOT = Path(__file__).parents[2]
CLOUD_NATIVE_PG = ROOT / "manifests" / "cloudnative-pg"
MODES = {
    "trial": "{}",
    "production": """
secrets: {dsn: {name: ledger}, receiverDsn: {name: ledger}}
tradingApi: {enabled: false, url: "https://trading.example.com"}
""",
    "CloudNativePG": (CLOUD_NATIVE_PG / "values.yaml").read_text("utf-8"),
    "one namespace": "{watchNamespaces: [desk-a, desk-b], clusterId: one}",
    "everything": """
crds: {keep: false}
serviceMonitor: {enabled: true}
prometheusRule: {enabled: true}
dashboard: {enabled: true}
secrets: {smtpUrl: {name: mail}}
tracing: {endpoint: "http://collector.monitoring.svc:4318"}
operator:
  settings: {maxConcurrentSweeps: 20, allowedEmailDomains: [example.com]}
  extraEnv: [{name: A, value: b}]
  priorityClassName: high
  tolerations: [{key: a, operator: Exists}]
extraObjects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: "{{ .Release.Name }}-more"}}]
""",
}
OVERLAYS = ("base", "overlays/small", "overlays/production")


def objects(text: str) -> list[dict[str, Any]]:
    """Read a stream of objects."""
    return [one for one in yaml.safe_load_all(text) if one]


def test_the_chart_lints(helm: Helm) -> None:
    """Strictly: a warning counts."""
    status, output, error = helm.run("lint", "--strict", CHART)

    assert 0 == status, output + error


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_has_a_test_for_helm_to_run(helm: Helm, mode: str) -> None:
    """`helm test` of a chart that has none succeeds, and has tried nothing."""
    _, output, _ = helm.template(MODES[mode])
    hooks = [one["metadata"].get("annotations", {}).get("helm.sh/hook") for one in objects(output)]

    assert 1 == hooks.count("test")


@pytest.mark.parametrize(
    "values",
    [
        "migration: {resources: {limits: {memory: 1Gi}}}",
        "image: {pullPolicy: Always}",
        "image: {tag: other}",
        "secrets: {postgresPassword: {name: other}}",
        "imagePullSecrets: [{name: other}]",
    ],
)
def test_another_migration_is_another_job(helm: Helm, values: str) -> None:
    """A Job's pod cannot be edited: under the old name the upgrade would be refused."""
    before, after = migration(helm.template()), migration(helm.template(values))

    assert before["spec"]["template"] != after["spec"]["template"]
    assert before["metadata"]["name"] != after["metadata"]["name"]


def test_another_chart_version_is_another_migration(helm: Helm, tmp_path: Path) -> None:
    """Its number is a label of the pod, and so cannot be edited either."""
    older = tmp_path / "tradingsweep"
    shutil.copytree(CHART, older)
    chart = older / "Chart.yaml"
    chart.write_text(chart.read_text().replace("version: 0.1.0", "version: 0.0.9", 1))

    before, after = migration(helm.template(chart=older)), migration(helm.template())

    assert before["metadata"]["name"] != after["metadata"]["name"]


def migration(answer: tuple[int, str, str]) -> dict[str, Any]:
    """Return the Job that migrates."""
    status, output, error = answer
    assert 0 == status, error
    (job,) = (one for one in objects(output) if one["kind"] == "Job")
    return job


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_is_what_its_schemas_say(helm: Helm, tmp_path: Path, mode: str) -> None:
    """Kubernetes' own schemas, and strictly: a field that nobody knows counts."""
    status, output, error = helm.template(MODES[mode])
    assert 0 == status, error
    (tmp_path / "rendered.yaml").write_text(output)
    pattern = write_schemas(objects(output), "v1.36.0", tmp_path)

    status, said = checked(
        tools.KUBECONFORM,
        *("-strict", "-summary", "-kubernetes-version", "1.36.0"),
        # The Prometheus Operator's objects have their schemas elsewhere.
        *("-skip", "ServiceMonitor,PrometheusRule"),
        *("-schema-location", pattern),
        tmp_path / "rendered.yaml",
    )

    assert 0 == status, said


def test_the_samples_are_what_the_crd_says(tmp_path: Path) -> None:
    """Our own schema, as kubeconform reads it."""
    crd = yaml.safe_load((ROOT / "crds" / "tradingsweeps.yaml").read_text())
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    (tmp_path / "tradingsweep.json").write_text(json.dumps(schema))

    status, said = checked(
        tools.KUBECONFORM,
        *("-strict", "-schema-location", f"{tmp_path}/{{{{.ResourceKind}}}}.json"),
        *sorted((ROOT / "manifests" / "samples").glob("*.yaml")),
    )

    assert 0 == status, said


@pytest.mark.parametrize("mode", ["trial", "production", "one namespace"])
def test_kube_score_finds_nothing_critical(helm: Helm, tmp_path: Path, mode: str) -> None:
    """Beside two opinions that are not ours: no limit of processor time, and no pull each time."""
    _, output, _ = helm.template(MODES[mode])
    (tmp_path / "rendered.yaml").write_text(output)

    status, said = checked(
        tools.KUBE_SCORE,
        *(
            "score",
            "--ignore-container-cpu-limit",
            "--enable-optional-test",
            "container-ports-check",
        ),
        *("--ignore-test", "container-image-pull-policy"),
        tmp_path / "rendered.yaml",
    )

    assert 0 == status, said
    assert "CRITICAL" not in said


def test_the_charts_own_suite_passes() -> None:
    """helm-unittest, on the files beside the templates."""
    status, said = checked(tools.HELM_UNITTEST, CHART)

    assert 0 == status, said


def test_install_yaml_is_what_the_chart_makes(helm: Helm) -> None:
    """`make manifests` writes it; every helm makes the same objects, with its own blank lines."""
    assert objects(INSTALL.read_text("utf-8")) == objects(rendered(helm.program))


@pytest.mark.parametrize("folder", OVERLAYS)
def test_the_api_server_takes_every_kustomization(kubectl: Kubectl, folder: str) -> None:
    """As `kubectl apply -k` would send it, with unknown and doubled fields refused."""
    built = kubectl.run("kustomize", str(ROOT / "manifests" / folder))
    home, *rest = objects(built)
    assert "Namespace" == home["kind"]
    kubectl.run("apply", "-f", "-", text=yaml.safe_dump(home))

    kubectl.run(
        *("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-"),
        text=yaml.safe_dump_all(rest),
    )


def test_production_has_nothing_of_a_trial(kubectl: Kubectl) -> None:
    """Neither its Postgres nor its Trading API, and each process has the DSN of its own."""
    found = objects(kubectl.run("kustomize", str(ROOT / "manifests/overlays/production")))

    assert [] == [one for one in found if one["kind"] == "StatefulSet"]
    assert "-postgres:5432" not in json.dumps(found)


def test_no_pod_breaks_the_restricted_standard(kubectl: Kubectl, helm: Helm) -> None:
    """The API server's own admission says so, in words, where a namespace asks to be warned."""
    namespace = "restricted"
    kubectl.attempt("create", "namespace", namespace)
    label = f"pod-security.kubernetes.io/warn={namespace}"
    kubectl.run("label", "namespace", namespace, label, "--overwrite")
    where = ("-n", namespace, "--kube-version", KUBERNETES)
    _, output, _ = helm.run("template", "release", CHART, *where)
    pods = [one for one in objects(output) if one["kind"] in ("Deployment", "StatefulSet", "Job")]

    answer = kubectl.attempt(
        "apply", "--server-side", "--dry-run=server", "-f", "-", text=yaml.safe_dump_all(pods)
    )

    assert (0, "") == (answer.returncode, answer.stderr)
