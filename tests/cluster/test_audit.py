"""The list that the audit works with, and the human's word, on real parts."""

import asyncio

from dev.controlplane import ControlPlane
from dev.environment import script
from dev.kubectl import Kubectl
from tests.support.manifests import a_sweep
from tradingsweep.adapters import kube
from tradingsweep.adapters.ledger import Identity, PostgresLedger, connect


async def test_a_list_has_every_page(
    control_plane: ControlPlane, kubectl: Kubectl, crd: str, namespace: str
) -> None:
    """More objects than a page holds, each once."""
    manifests = "\n---\n".join(a_sweep(f"s{n}") for n in range(7))
    kubectl.run("apply", "-n", namespace, "-f", "-", text=manifests)
    async with kube.connect("tests", str(control_plane.kubeconfig)) as cluster:
        cluster.page = 3

        listed = [target async for target in cluster.list_all([namespace])]
        everywhere = [target async for target in cluster.list_all([])]

    assert [f"s{n}" for n in range(7)] == sorted(target.name for target in listed)
    assert {t.uid for t in listed} <= {t.uid for t in everywhere}


async def test_a_human_vouches_for_what_is_missing(database: str) -> None:
    """`tradingsweep audit --confirm` is believed for ten minutes."""
    pool = await connect(database)
    try:
        ledger = PostgresLedger(pool, Identity("c", "s", "http://127.0.0.1:1", "k"))
        assert not await ledger.audit_is_confirmed()

        said = await asyncio.create_subprocess_exec(
            script("tradingsweep"),
            "audit",
            "--confirm",
            env={"TRADINGSWEEP_DSN": database, "PATH": ""},
            stdout=asyncio.subprocess.DEVNULL,
        )
        assert 0 == await said.wait()

        assert await ledger.audit_is_confirmed()
    finally:
        await pool.close()
