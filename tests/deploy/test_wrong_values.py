"""Wrong values end `helm install` with words that name the key: nothing is installed half."""

import pytest

from tests.deploy.conftest import Helm

REFUSED = {
    "unknown key": ("postgress: {enabled: false}", "postgress"),
    "unknown key inside": ("operator: {replicaCount: 2}", "replicaCount"),
    "wrong type": ("operator: {replicas: two}", "operator"),
    "no replica": ("operator: {replicas: 0}", "operator"),
    "no receiver": ("receiver: {replicas: 0}", "receiver"),
    "password in values": ("secrets: {postgresPassword: hunter2}", "postgresPassword"),
    "password beside a name": (
        "secrets: {postgresPassword: {name: a, key: b, value: hunter2}}",
        "value",
    ),
    "DSN in values": ("secrets: {dsn: 'postgresql://u:hunter2@db/x'}", "dsn"),
    "URL with a password": ("tradingApi: {url: 'https://user:word@api'}", "url"),
    "URL that is none": ("receiver: {callbackBase: receiver.desk.svc}", "callbackBase"),
    "collector with a password": ("tracing: {endpoint: 'http://u:word@otel:4318'}", "endpoint"),
    "tag latest": ("image: {tag: latest}", "tag"),
    "digest that is none": ("image: {digest: abc}", "digest"),
    "namespace with capitals": ("{watchNamespaces: [Desk], clusterId: x}", "watchNamespaces"),
    "unknown migration mode": ("migration: {mode: later}", "mode"),
    "too many at the API": (
        "operator: {settings: {maxConcurrentSweeps: 100000}}",
        "maxConcurrentSweeps",
    ),
    "a gateway that is no switch": ("gateway: {enabled: later}", "enabled"),
    "unknown setting": ("operator: {settings: {maxSweeps: 3}}", "maxSweeps"),
    "secret as a setting": ("tradingApi: {settings: {keys: [hunter2]}}", "keys"),
    "port that is none": ("receiver: {service: {port: 70000}}", "port"),
    "quantity that is none": ("operator: {resources: {limits: {memory: plenty}}}", "memory"),
    "pull policy": ("image: {pullPolicy: Sometimes}", "pullPolicy"),
    # About two keys at once: the schema cannot say them, the templates do.
    "no database": ("postgres: {enabled: false}", "secrets.dsn.name"),
    "no receiver's DSN": ("secrets: {dsn: {name: ledger}}", "secrets.receiverDsn.name"),
    "no API": ("tradingApi: {enabled: false}", "tradingApi.url"),
    "no cluster id": ("watchNamespaces: [desk-a]", "clusterId"),
    "a gateway": ("gateway: {enabled: true}", "gateway.enabled: this release has no gateway"),
    "a hook without a database": ("migration: {mode: hook}", "migration.mode"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_wrong_values_are_refused_by_the_name_of_their_key(helm: Helm, case: str) -> None:
    """Whoever mistypes a key learns which one, before a pod exists."""
    values, key = REFUSED[case]

    status, output, error = helm.template(values)

    assert status != 0
    assert "" == output
    assert key in error
    assert "hunter2" not in error
