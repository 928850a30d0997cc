"""The whole system as a test sees it: kubectl, the ledger, the API's own book, the processes."""

import json
import os
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from dev.audit import Write
from dev.controlplane import ControlPlane
from dev.environment import script
from dev.kubectl import Kubectl
from dev.stack import Stack
from tests.support import api_ledger
from tests.support.api_ledger import ApiJob
from tests.support.eventually import eventually
from tests.support.gate import Gate
from tests.support.manifests import a_sweep
from tests.support.objects import Objects

PATIENCE = 90.0
"""Seconds for what takes one or two on an idle machine, and the first job some more."""
ENDED = ("Completed", "Failed")


@dataclass(frozen=True)
class System:
    """A system that runs; names are those of sweeps in its first namespace, if not said else."""

    kubectl: Kubectl
    objects: Objects
    control_plane: ControlPlane
    stack: Stack
    namespaces: tuple[str, ...]
    way: Gate | None = None

    @property
    def gate(self) -> Gate:
        """The gate between operator and Trading API, where the settings asked for one."""
        assert self.way is not None
        return self.way

    @property
    def namespace(self) -> str:
        """Where most sweeps are."""
        return self.namespaces[0]

    def apply(self, name: str, *, namespace: str = "", **spec: Any) -> None:
        """`kubectl apply` a small good sweep with these members of its spec."""
        where = namespace or self.namespace
        self.kubectl.run("apply", "-n", where, "-f", "-", text=a_sweep(name, **spec))

    def edit(self, name: str, **spec: Any) -> None:
        """`kubectl patch` some members of a spec."""
        patch = json.dumps({"spec": spec})
        where = ("-n", self.namespace, "--type=merge", "-p", patch)
        self.kubectl.run("patch", "tradingsweep", name, *where)

    def delete(self, name: str) -> None:
        """`kubectl delete`, which returns when the object is gone."""
        self.kubectl.run("delete", "tradingsweep", name, "-n", self.namespace, "--timeout=10s")

    def status(self, name: str, *, namespace: str = "") -> dict[str, Any]:
        """Return `.status` as the API server has it."""
        found = self.objects.sweep(namespace or self.namespace, name)
        assert found is not None, f"there is no sweep {name}"
        status: dict[str, Any] = found["status"]
        return status

    def phase(self, name: str) -> str:
        """Return `.status.phase`."""
        return str(self.status(name)["phase"])

    def conditions(self, name: str) -> dict[str, dict[str, Any]]:
        """Return the conditions by type."""
        return {c["type"]: c for c in self.status(name).get("conditions", ())}

    def standing(self, name: str) -> tuple[str, str]:
        """Return phase and the reason of Ready."""
        status = self.status(name)
        conditions = {c["type"]: c for c in status.get("conditions", ())}
        return status["phase"], conditions.get("Ready", {"reason": ""})["reason"]

    def wait_for(self, name: str, *phases: str, within: float = PATIENCE) -> dict[str, Any]:
        """Wait until a sweep shows one of these phases, and return its status.

        Raises:
            ProcessError: a process of the system has ended; the message shows its log.
        """
        try:
            return eventually(
                lambda: self.status(name), lambda s: s["phase"] in phases, within=within
            )
        except AssertionError:
            self.stack.check()
            raise

    def wait_until_completed(self, name: str, within: float = PATIENCE) -> dict[str, Any]:
        """Wait until a sweep has ended, which must be well; return its status."""
        status = self.wait_for(name, *ENDED, within=within)
        assert "Completed" == status["phase"], status
        return status

    def rows(self, query: str, *arguments: object) -> list[DictRow]:
        """Ask the ledger."""
        with psycopg.connect(self.stack.wiring.dsn, autocommit=True, connect_timeout=5) as ledger:
            return ledger.cursor(row_factory=dict_row).execute(query, arguments).fetchall()

    def recorded(self, name: str) -> DictRow:
        """Return the ledger's row of the newest sweep of a name, before any status shows it."""
        (row,) = self.rows(
            "SELECT * FROM sweeps WHERE namespace = %s AND name = %s"
            " ORDER BY created_at DESC LIMIT 1",
            self.namespace,
            name,
        )
        return row

    def let_pass(self, seconds: float) -> None:
        """Wait until the ledger's clock, which is the operator's, has gone on so far."""
        began = self.now()
        passed = timedelta(seconds=seconds)
        eventually(self.now, lambda now: now - began > passed, within=seconds + PATIENCE)

    def submissions(self, name: str) -> list[DictRow]:
        """Return every submission for sweeps of a name, oldest first."""
        return self.rows(
            "SELECT s.* FROM submissions AS s JOIN sweeps AS w ON w.uid = s.sweep_uid"
            " WHERE w.namespace = %s AND w.name = %s ORDER BY s.run_no, s.n",
            self.namespace,
            name,
        )

    def results(self, name: str) -> list[DictRow]:
        """Return every stored result of sweeps of a name: by run, then the best first."""
        return self.rows(
            "SELECT r.*, j.run_no FROM trading_sweep_results AS r"
            " JOIN pipeline_jobs AS j ON j.id = r.job_id JOIN sweeps AS w ON w.uid = j.sweep_uid"
            " WHERE w.namespace = %s AND w.name = %s ORDER BY j.run_no, r.rank",
            self.namespace,
            name,
        )

    def reports(self, name: str) -> list[DictRow]:
        """Return every stored report on results of sweeps of a name, by run."""
        return self.rows(
            "SELECT r.*, j.run_no FROM trading_sweep_reports AS r"
            " JOIN pipeline_jobs AS j ON j.id = r.job_id JOIN sweeps AS w ON w.uid = j.sweep_uid"
            " WHERE w.namespace = %s AND w.name = %s ORDER BY j.run_no",
            self.namespace,
            name,
        )

    def jobs(self, *names: str) -> list[ApiJob]:
        """Return the API's jobs in the order of acceptance; those of some sweeps, or all."""
        found = api_ledger.jobs(self.stack.folder / "tradingapi-data")
        if not names:
            return found
        keys = {s["key"] for name in names for s in self.submissions(name)}
        return [job for job in found if job.submission_key in keys]

    def patches(self, name: str) -> list[Write]:
        """Return the status patches that the API server accepted."""
        writes = self.control_plane.writes(
            namespace=self.namespace, resource="tradingsweeps", subresource="status", name=name
        )
        return [write for write in writes if write.code < 300]

    def now(self) -> datetime:
        """Return the ledger's time, which is the operator's."""
        now: datetime = self.rows("SELECT now() AS now")[0]["now"]
        return now

    def command(self, *arguments: str) -> tuple[int, str]:
        """Run a `tradingsweep` command on the ledger as a human would; its status and output."""
        environment = {**os.environ, "TRADINGSWEEP_DSN": self.stack.wiring.dsn}
        answer = subprocess.run(
            [script("tradingsweep"), *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return answer.returncode, answer.stdout

    def restart_operator(self) -> None:
        """Start an operator that was killed or stopped, and wait until it works."""
        self.stack.operator.start().wait_ready()
