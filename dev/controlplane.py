"""A real Kubernetes API without nodes: etcd and kube-apiserver on free ports of 127.0.0.1."""

import json
import secrets
import ssl
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from dev import audit
from dev.binaries import Binaries, prepared
from dev.certificates import Certificates, issue
from dev.ports import free_port
from dev.processes import Command, Process
from dev.progress import Progress, Quiet

_READY_WITHIN = 60.0
"""Seconds; a quiet machine needs about 4."""
_PROBE_TIMEOUT = 2.0
"""Seconds for one answer."""


class ControlPlane:
    """`with ControlPlane(folder) as cp:` runs an API server until the block ends.

    RBAC is on, the namespaces `default` and `kube-system` exist, service accounts can have tokens.
    There are no controllers: nothing runs pods, collects the garbage of ownerReferences, makes
    `default` service accounts or empties a deleted namespace, which stays in Terminating. A fresh
    namespace for each test costs nothing; take that.
    """

    def __init__(
        self, folder: Path, binaries: Binaries | None = None, progress: Progress | None = None
    ) -> None:
        self._folder = folder
        self._binaries = binaries
        self._progress = progress or Quiet()
        self._stack = ExitStack()
        self._audit_log = folder / "audit.log"
        self._token = secrets.token_urlsafe(32)
        self.kubeconfig = folder / "kubeconfig"
        """Path of a kubeconfig with every right."""
        self.server = ""
        """The API server's URL."""
        self.etcd: Process
        self.apiserver: Process

    def __enter__(self) -> Self:
        """Start both and wait until the API answers.

        Raises:
            ProcessError: one of them did not come up; the message shows the end of its log.
        """
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def writes(
        self,
        *,
        namespace: str | None = None,
        resource: str | None = None,
        subresource: str | None = None,
        name: str | None = None,
        verb: str | None = None,
    ) -> list[audit.Write]:
        """Return the writes that the API server has answered, oldest first; None means any.

        The server notes a write just after its answer has gone: wait with `eventually` for writes
        that were just made.
        """
        wanted = {
            key: value
            for key, value in (
                ("namespace", namespace),
                ("resource", resource),
                ("subresource", subresource),
                ("name", name),
                ("verb", verb),
            )
            if value is not None
        }
        return [
            write
            for write in audit.read(self._audit_log)
            if all(getattr(write, key) == value for key, value in wanted.items())
        ]

    def _start(self, stack: ExitStack) -> None:
        binaries = self._binaries or prepared(self._progress)
        certificates = issue(self._folder / "pki")
        etcd_url = f"https://127.0.0.1:{free_port()}"
        port = free_port()
        self.server = f"https://127.0.0.1:{port}"
        self._write_files(certificates)
        self.etcd = stack.enter_context(
            Process(_etcd(self._folder, binaries.etcd, certificates, etcd_url))
        )
        # It waits for etcd by itself.
        self.apiserver = stack.enter_context(
            Process(self._apiserver(binaries.apiserver, certificates, etcd_url, port))
        )
        self.apiserver.wait_ready(lambda: self._answers(certificates), _READY_WITHIN)

    def _write_files(self, certificates: Certificates) -> None:
        self._write("tokens.csv", f'{self._token},local-admin,local-admin,"system:masters"\n')
        self._write("audit-policy.yaml", audit.POLICY)
        self._write("kubeconfig", json.dumps(self._admin(certificates), indent=2))

    def _write(self, name: str, text: str) -> None:
        path = self._folder / name
        path.touch(mode=0o600)
        path.write_text(text)

    def _admin(self, certificates: Certificates) -> dict[str, object]:
        name = "tradingsweep-local"
        cluster = {"server": self.server, "certificate-authority": str(certificates.authority)}
        context = {"cluster": name, "user": name}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": {"token": self._token}}],
            "contexts": [{"name": name, "context": context}],
            "current-context": name,
        }

    def _apiserver(
        self, program: Path, certificates: Certificates, etcd_url: str, port: int
    ) -> Command:
        arguments = {
            "advertise-address": "127.0.0.1",
            "allow-privileged": "false",
            "anonymous-auth": "false",
            "audit-log-path": self._audit_log,
            "audit-policy-file": self._folder / "audit-policy.yaml",
            "authorization-mode": "RBAC",
            "bind-address": "127.0.0.1",
            "cert-dir": self._folder,
            # The `kubernetes` Service cannot point at a loopback address; nobody asks for it.
            "endpoint-reconciler-type": "none",
            "etcd-cafile": certificates.authority,
            "etcd-certfile": certificates.certificate,
            "etcd-keyfile": certificates.key,
            "etcd-servers": etcd_url,
            "profiling": "false",
            "secure-port": port,
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": certificates.key,
            "service-account-signing-key-file": certificates.key,
            "service-cluster-ip-range": "10.0.0.0/24",
            "tls-cert-file": certificates.certificate,
            "tls-private-key-file": certificates.key,
            "token-auth-file": self._folder / "tokens.csv",
        }
        return Command(
            name="kube-apiserver",
            arguments=[program, *(f"--{key}={value}" for key, value in arguments.items())],
            log=self._folder / "kube-apiserver.log",
            # Its lease says goodbye on TERM; nothing else is lost with a short grace.
            grace=5.0,
        )

    def _answers(self, certificates: Certificates) -> bool:
        # `default` is made after the server calls itself ready, and is the last that tests need.
        return all(
            self._get(path, certificates) for path in ("/readyz", "/api/v1/namespaces/default")
        )

    def _get(self, path: str, certificates: Certificates) -> bool:
        request = urllib.request.Request(  # noqa: S310 (an https URL of our own making)
            self.server + path, headers={"Authorization": f"Bearer {self._token}"}
        )
        context = ssl.create_default_context(cafile=str(certificates.authority))
        # A proxy of the environment has no way to 127.0.0.1.
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        try:
            with opener.open(request, timeout=_PROBE_TIMEOUT) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def _etcd(folder: Path, program: Path, certificates: Certificates, url: str) -> Command:
    peers = f"https://127.0.0.1:{free_port()}"
    files = {
        "cert-file": certificates.certificate,
        "key-file": certificates.key,
        "trusted-ca-file": certificates.authority,
    }
    arguments = {
        "name": "local",
        "data-dir": folder / "etcd",
        "advertise-client-urls": url,
        "listen-client-urls": url,
        "initial-advertise-peer-urls": peers,
        "listen-peer-urls": peers,
        "initial-cluster": f"local={peers}",
        "log-level": "warn",
        # A laptop's disk is slow to sync, and this cluster is gone when its owner is.
        "unsafe-no-fsync": "true",
        **files,
        **{f"peer-{key}": value for key, value in files.items()},
    }
    return Command(
        name="etcd",
        # Anybody on this machine can reach the port: only our certificate may use it.
        arguments=[
            program,
            "--client-cert-auth",
            "--peer-client-cert-auth",
            *(f"--{key}={value}" for key, value in arguments.items()),
        ],
        log=folder / "etcd.log",
        grace=5.0,
    )
