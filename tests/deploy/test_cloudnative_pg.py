"""A ledger on CloudNativePG: cluster, Secrets, chart and words name the same things."""

import re
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.deploy.conftest import Helm
from tests.deploy.test_rendered import CLOUD_NATIVE_PG, ROOT, objects
from tradingsweep.adapters.installation import RECEIVER_ROLE

VALUES = (CLOUD_NATIVE_PG / "values.yaml").read_text("utf-8")
WORDS = (ROOT / "docs" / "install.md").read_text("utf-8")


def cluster() -> dict[str, Any]:
    """Read the Cluster."""
    found: dict[str, Any] = yaml.safe_load((CLOUD_NATIVE_PG / "cluster.yaml").read_text("utf-8"))
    return found


def written() -> dict[str, str]:
    """Return what the words put into the receiver's Secret."""
    begin = WORDS.index("kubectl create secret generic tradingsweep-callbacks")
    command = WORDS[begin : WORDS.index("$ kubectl apply", begin)]
    return dict(re.findall(r'--from-literal=([a-z]+)="?([^\s"]+)', command))


def test_the_chart_takes_the_owners_secret_that_cloudnative_pg_writes(helm: Helm) -> None:
    """It is named after the cluster; no pod gets another DSN, and no Postgres comes along."""
    status, output, error = helm.template(VALUES)
    assert 0 == status, error
    wanted = {"name": f"{cluster()['metadata']['name']}-app", "key": "uri"}

    for name in ("operator", "migration"):
        assert wanted == secret_of(output, name, "TRADINGSWEEP_DSN")
    assert [] == [
        one
        for one in objects(output)
        if one["kind"] == "StatefulSet" and one["metadata"]["name"].endswith("postgres")
    ]


def test_the_receiver_gets_a_login_of_its_own(helm: Helm) -> None:
    """The Secret that it reads is the one whose password CloudNativePG gives to its role."""
    _, output, _ = helm.template(VALUES)
    (login,) = (one for one in cluster()["spec"]["managed"]["roles"] if one["login"])

    found = secret_of(output, "receiver", "TRADINGSWEEP_DSN")

    assert {"name": login["passwordSecret"]["name"], "key": "dsn"} == found


def test_the_words_make_a_secret_for_that_login_and_that_cluster() -> None:
    """User, service and database of the DSN are the cluster's; one password stands in both keys."""
    spec, secret = cluster()["spec"], written()
    place = urlsplit(secret["dsn"])
    (login,) = (one for one in spec["managed"]["roles"] if one["login"])

    assert login["name"] == secret["username"] == place.username
    assert secret["password"] == place.password
    assert f"{cluster()['metadata']['name']}-rw" == place.hostname
    assert spec["bootstrap"]["initdb"]["database"] == place.path.removeprefix("/")


def test_the_receivers_login_has_the_role_of_the_migrations() -> None:
    """The owner may make neither: both are the cluster's, and nobody else has more."""
    roles = {one["name"]: one for one in cluster()["spec"]["managed"]["roles"]}
    (login,) = (one for one in roles.values() if one["login"])

    assert [RECEIVER_ROLE] == login["inRoles"]
    assert {RECEIVER_ROLE, login["name"]} == set(roles)
    assert not any(
        one.get(power) for one in roles.values() for power in ("superuser", "createrole")
    )


def secret_of(output: str, component: str, variable: str) -> dict[str, str]:
    """Return where a component's main container has a variable from."""
    (pod,) = (
        one["spec"]["template"]["spec"]
        for one in objects(output)
        if one["kind"] in ("Deployment", "Job")
        and one["metadata"]["labels"]["app.kubernetes.io/component"] == component
    )
    (found,) = (one for one in pod["containers"][0]["env"] if one["name"] == variable)
    selected: dict[str, str] = found["valueFrom"]["secretKeyRef"]
    return selected
