"""Who may do what: the table, and how `kubectl auth can-i` answers it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from dev.kubectl import Kubectl

SWEEPS = "tradingsweeps.trading.zixly.io"
LEASES = "leases.coordination.k8s.io"
EVENTS = "events.events.k8s.io"


@dataclass(frozen=True)
class Right:
    """One row: a person or a process, what it does, and whether it may."""

    who: str
    verb: str
    what: str
    where: str
    """home, desk, or empty for the whole cluster."""
    may: bool
    subresource: str = ""


def table() -> Iterator[Right]:
    """Return every right that matters, granted and refused."""
    for verb in ("get", "list", "watch", "delete"):
        yield Right("operator", verb, SWEEPS, "", may=True)
    yield Right("operator", "patch", SWEEPS, "desk", may=True, subresource="status")
    yield Right("operator", "create", EVENTS, "desk", may=True)
    yield Right("operator", "create", LEASES, "home", may=True)
    yield Right("operator", "update", f"{LEASES}/tradingsweep-default", "home", may=True)
    yield Right("operator", "update", f"{LEASES}/another", "home", may=False)
    yield Right("operator", "create", LEASES, "desk", may=False)
    for verb in ("create", "update", "patch"):
        yield Right("operator", verb, SWEEPS, "desk", may=False)
    for what in ("secrets", "pods", "configmaps", "namespaces"):
        yield Right("operator", "list", what, "desk", may=False)
    yield Right("operator", "get", "secrets", "home", may=False)
    yield Right("operator", "get", "namespaces/kube-system", "", may=True)
    for who in ("receiver", "tradingapi", "postgres"):
        for what in (SWEEPS, "secrets", "pods", LEASES):
            yield Right(who, "get", what, "home", may=False)
            yield Right(who, "list", what, "desk", may=False)
    for verb in ("get", "list", "watch"):
        yield Right("view", verb, SWEEPS, "desk", may=True)
    yield Right("view", "create", SWEEPS, "desk", may=False)
    for verb in ("get", "create", "update", "patch", "delete"):
        yield Right("edit", verb, SWEEPS, "desk", may=True)
        yield Right("admin", verb, SWEEPS, "desk", may=True)
    for who in ("view", "edit", "admin"):
        for verb in ("update", "patch"):
            yield Right(who, verb, SWEEPS, "desk", may=False, subresource="status")


def differences(kubectl: Kubectl, home: str, desk: str) -> list[str]:
    """Return the rows that the cluster answers otherwise."""
    for role in ("view", "edit", "admin"):
        kubectl.run(
            *("create", "rolebinding", f"e2e-{role}", "-n", desk),
            *(f"--clusterrole={role}", f"--user=e2e-{role}"),
        )
    rows = list(table())
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(lambda right: _may(kubectl, right, home, desk), rows)
    return [
        f"{right.who} {right.verb} {right.what} {right.subresource} in {right.where or 'cluster'}:"
        f" should be {right.may}"
        for right, may in zip(rows, answers, strict=True)
        if may is not right.may
    ]


def of_whole_cluster(kubectl: Kubectl, home: str) -> list[str]:
    """Return what an operator for some namespaces may do outside them; it should be nothing."""
    rows = [
        Right("operator", "list", SWEEPS, "", may=False),
        Right("operator", "get", "namespaces/kube-system", "", may=False),
        Right("operator", "create", EVENTS, "", may=False),
    ]
    return [row.what for row in rows if _may(kubectl, row, home, "default")]


def _may(kubectl: Kubectl, right: Right, home: str, desk: str) -> bool:
    people = right.who in ("view", "edit", "admin")
    user = (
        f"e2e-{right.who}" if people else f"system:serviceaccount:{home}:tradingsweep-{right.who}"
    )
    where = {"home": ["-n", home], "desk": ["-n", desk]}.get(right.where, ["-A"])
    more = [f"--subresource={right.subresource}"] if right.subresource else []
    answer = kubectl.attempt("auth", "can-i", right.verb, right.what, f"--as={user}", *where, *more)
    return answer.stdout.strip() == "yes"
