"""The Kubernetes API server, through the official asynchronous client."""

import json
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from kubernetes.aio import client

# By name: the client loads an API at its first use, when it is too late for the image's bytecode.
from kubernetes.aio.client import ApiextensionsV1Api, CustomObjectsApi, EventsV1Api

from tradingsweep.adapters.kube_access import access
from tradingsweep.adapters.kube_answers import mapping, metadata_of, translated
from tradingsweep.adapters.kube_requests import Asked
from tradingsweep.adapters.lease import KubeLease
from tradingsweep.adapters.sweep_object import sweep_object
from tradingsweep.crd.model import GROUP, KIND, OWNER_MARKS, PLURAL, VERSION
from tradingsweep.domain.facts import SweepObject
from tradingsweep.errors import ClusterForbids, ClusterUnavailable, ConfigurationError
from tradingsweep.reconcile.leadership import LeaseTimes
from tradingsweep.reconcile.ports import Key, KubeEvent

FIELD_MANAGER = "tradingsweep-operator"
CONTROLLER = f"{GROUP}/operator"
TIMEOUT = 15.0
"""Seconds that a request may take."""
PAGE = 100
"""Objects of a list that are parsed at once: a heap hardly gives back what it has grown to."""
MAX_NOTE = 1024
"""Characters of an Event's note: the API server's own limit."""
_GONE, _CONFLICT, _EXISTS, _FORBIDDEN = 404, 409, 409, 403


@asynccontextmanager
async def connect(
    holder: str,
    kubeconfig: str | None = None,
    *,
    marks: Collection[str] = OWNER_MARKS,
    asked: Asked | None = None,
) -> AsyncIterator["KubeCluster"]:
    """Connect as the pod's service account, or as a kubeconfig says (default: the current one).

    Args:
        holder: this process's name among its replicas.
        kubeconfig: its path.
        marks: labels and annotations of which any makes an object somebody else's.
        asked: told of every request.

    Raises:
        ConfigurationError: there is neither.
    """
    settings = await access(kubeconfig, asked)
    async with client.ApiClient(settings) as api:
        yield KubeCluster(api, holder, marks)


class KubeCluster:
    """Sweeps and Events at the API server; see `reconcile.ports.Cluster`."""

    def __init__(self, api: client.ApiClient, holder: str, marks: Collection[str]) -> None:
        self._marks = marks
        self._objects = CustomObjectsApi(api)
        self._events = EventsV1Api(api)
        self._definitions = ApiextensionsV1Api(api)
        self._api = api
        self.page = PAGE
        """Objects in one page of a list."""
        self._holder = holder

    def lease(self, namespace: str, name: str, times: LeaseTimes) -> KubeLease:
        """Return the Lease of that name."""
        return KubeLease(self._api, namespace, name, times)

    async def cluster_id(self) -> str:
        """Return what tells this cluster from every other: the uid of kube-system.

        Raises:
            ConfigurationError: it may not be read; the message says what to set instead.
        """
        try:
            with translated("reading the namespace kube-system"):
                namespace = await self._namespace("kube-system")
        except ClusterForbids as error:
            raise ConfigurationError(
                f"{error}: grant the operator's role, or set TRADINGSWEEP_CLUSTER_ID"
            ) from error
        return str(metadata_of(namespace.metadata).uid)

    async def _namespace(self, name: str) -> client.V1Namespace:
        """Read a namespace; for this one call the client's API of the core group takes 24 MiB."""
        request = await self._api.param_serialize(
            "GET",
            "/api/v1/namespaces/{name}",
            path_params={"name": name},
            header_params={"Accept": "application/json"},
            auth_settings=["BearerToken"],
        )
        answer = await self._api.call_api(*request, _request_timeout=TIMEOUT)
        await answer.read()  # type: ignore[no-untyped-call]
        found = self._api.response_deserialize(answer, {"200": "V1Namespace"}).data
        if not isinstance(found, client.V1Namespace):
            raise ClusterUnavailable("the API server answered something that is no namespace")
        return found

    async def schema_hash(self) -> str | None:
        """Return the hash that the installed CRD carries; None: it carries none, or is missing."""
        name = f"{PLURAL}.{GROUP}"
        with translated("reading the CRD"):
            try:
                found = await self._definitions.read_custom_resource_definition(
                    name, _request_timeout=TIMEOUT
                )
            except client.ApiException as error:
                if error.status == _GONE:
                    return None
                raise
        return (metadata_of(found.metadata).annotations or {}).get(f"{GROUP}/schema-hash")

    async def spec_schema(self) -> dict[str, Any]:
        """Return the schema of `.spec` as the API server publishes it; empty: it does not yet."""
        published = await self.published_schema()
        return mapping(mapping(published.get("properties", {})).get("spec", {}))

    async def published_schema(self) -> dict[str, Any]:
        """Return the schema of a sweep as the API server publishes it; empty: it does not yet.

        Every account may read it, where reading the CRD is a right over the whole cluster.
        """
        request = await self._api.param_serialize(
            "GET",
            f"/openapi/v3/apis/{GROUP}/{VERSION}",
            header_params={"Accept": "application/json"},
            auth_settings=["BearerToken"],
        )
        with translated("reading the published schema"):
            answer = await self._api.call_api(*request, _request_timeout=TIMEOUT)
            document = json.loads(await answer.read())  # type: ignore[no-untyped-call]
        for schema in document.get("components", {}).get("schemas", {}).values():
            kinds = [one["kind"] for one in schema.get("x-kubernetes-group-version-kind", ())]
            if kinds == [KIND]:
                return mapping(schema)
        return {}

    async def may_list(self, namespaces: Sequence[str]) -> None:
        """Ask for one sweep of each of these namespaces (none: of all).

        Raises:
            ClusterForbids: rights are missing; the message names the namespace.
            ClusterUnavailable: the API server is away, or does not know the resource.
        """
        for namespace in namespaces or ("",):
            await self._page(namespace, None, size=1)

    async def get(self, key: Key) -> SweepObject | None:
        """Read the object; None only where it certainly does not exist."""
        with translated(f"reading {key.namespace}/{key.name}"):
            try:
                body = await self._objects.get_namespaced_custom_object(
                    GROUP, VERSION, key.namespace, PLURAL, key.name, _request_timeout=TIMEOUT
                )
            except client.ApiException as error:
                if error.status == _GONE:
                    return None
                raise
        target = self._read(body)
        return target if target.uid == key.uid else None

    async def list_all(self, namespaces: Sequence[str]) -> AsyncIterator[SweepObject]:
        """List every sweep of these namespaces (none: of all), consistently and a page at a time.

        Raises:
            ClusterUnavailable: also where a page's token ran out: half a list is no list.
        """
        for namespace in namespaces or ("",):
            token: str | None = None
            while True:
                page = await self._page(namespace, token)
                for item in page["items"]:
                    yield self._read(item)
                token = page["metadata"].get("continue")
                if not token:
                    break

    async def _page(
        self, namespace: str, token: str | None, *, size: int | None = None
    ) -> dict[str, Any]:
        limit = size or self.page
        with translated(f"listing the sweeps of {namespace or 'all namespaces'}"):
            if namespace:
                body = await self._objects.list_namespaced_custom_object(
                    GROUP,
                    VERSION,
                    namespace,
                    PLURAL,
                    limit=limit,
                    _continue=token,
                    _request_timeout=TIMEOUT,
                )
            else:
                body = await self._objects.list_cluster_custom_object(
                    GROUP,
                    VERSION,
                    PLURAL,
                    limit=limit,
                    _continue=token,
                    _request_timeout=TIMEOUT,
                )
        return mapping(body)

    async def patch_status(self, target: SweepObject, patch: dict[str, Any]) -> SweepObject | None:
        """Write a merge patch against exactly the version that was looked at.

        The version in the body is the guard: without it the patch would land on a re-created
        object of the same name, and a uid in the body does not prevent that.
        """
        body = {"metadata": {"resourceVersion": target.resource_version}, "status": patch}
        with translated(f"patching {target.namespace}/{target.name}"):
            try:
                answer = await self._objects.patch_namespaced_custom_object_status(
                    GROUP,
                    VERSION,
                    target.namespace,
                    PLURAL,
                    target.name,
                    body,
                    field_manager=FIELD_MANAGER,
                    field_validation="Strict",
                    _content_type="application/merge-patch+json",
                    _request_timeout=TIMEOUT,
                )
            except client.ApiException as error:
                if error.status in (_CONFLICT, _GONE):
                    return None
                raise
        return self._read(answer)

    def _read(self, body: object) -> SweepObject:
        return sweep_object(mapping(body), self._marks)

    async def delete(self, target: SweepObject) -> bool:
        """Delete exactly the version that was looked at; False where it changed meanwhile."""
        guard = client.V1Preconditions(uid=target.uid, resource_version=target.resource_version)
        with translated(f"deleting {target.namespace}/{target.name}"):
            try:
                await self._objects.delete_namespaced_custom_object(
                    GROUP,
                    VERSION,
                    target.namespace,
                    PLURAL,
                    target.name,
                    body=client.V1DeleteOptions(preconditions=guard),
                    _request_timeout=TIMEOUT,
                )
            except client.ApiException as error:
                if error.status == _CONFLICT:
                    return False
                if error.status != _GONE:
                    raise
        return True

    async def emit(self, event: KubeEvent) -> None:
        """Create an Event; one of that name that is there already is the same one."""
        now = datetime.now(UTC)  # noqa: TID251 - the Event's own time; it decides nothing
        body = client.EventsV1Event(
            metadata=client.V1ObjectMeta(name=event.name, namespace=event.key.namespace),
            event_time=now,
            reporting_controller=CONTROLLER,
            reporting_instance=self._holder[:128],
            action="Reconcile",
            type=event.type,
            reason=event.reason,
            note=event.note[:MAX_NOTE],
            regarding=client.V1ObjectReference(
                api_version=f"{GROUP}/{VERSION}",
                kind=KIND,
                namespace=event.key.namespace,
                name=event.key.name,
                uid=event.key.uid,
            ),
        )
        with translated(f"creating the Event {event.name}"):
            try:
                await self._events.create_namespaced_event(
                    event.key.namespace,
                    body,
                    field_manager=FIELD_MANAGER,
                    _request_timeout=TIMEOUT,
                )
            except client.ApiException as error:
                # A namespace that is being deleted takes no Event: nobody is left to read it.
                if error.status not in (_EXISTS, _GONE, _FORBIDDEN):
                    raise
