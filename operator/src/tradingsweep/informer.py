"""kopf as the informer: events in, keys out. It decides, patches and waits for nothing.

No other kind of handler is used: each one that detects changes costs the object an annotation and a
patch per change, and its deferred patch overwrites what a callback wrote meanwhile.

It runs in a thread and an event loop of its own: at its end kopf cancels every task that was
started since it began, and ours are to finish what they have sent.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Collection, Sequence
from typing import Any

import kopf
from kopf._core.reactor.inventory import ResourceMemories, ResourceMemory
from typing_extensions import override

from tradingsweep.adapters.sweep_object import sweep_object
from tradingsweep.crd.model import GROUP, OWNER_MARKS, PLURAL, VERSION
from tradingsweep.domain.facts import SweepObject
from tradingsweep.reconcile.ports import Key

INACTIVITY = 70.0
"""Seconds without a bookmark after which a watch is taken for dead."""

CHUNK = 100
"""Objects that one answer of the first list holds: all in one would be parsed at once, and what a
heap has grown to it hardly gives back."""

Seen = Callable[[Key, SweepObject | None, str], None]
"""Takes a key, its newest version (None where the watch says that it was deleted), and which kind
of event it was: added, modified, deleted, or listed, of one that was there before the watch."""


class Forgetful(ResourceMemories):
    """What kopf remembers of an object is for handlers that we do not have: over 1 KiB for each."""

    @override
    async def recall(self, *arguments: Any, **named: Any) -> ResourceMemory:
        """Return a memory that nobody keeps."""
        return await super().recall(*arguments, **{**named, "ephemeral": True})


class Informer:
    """Watches sweeps from `start` until `stop`."""

    def __init__(
        self, namespaces: Sequence[str], seen: Seen, *, marks: Collection[str] = OWNER_MARKS
    ) -> None:
        """Take what to watch and whom to tell.

        Args:
            namespaces: which ones to watch; none: all.
            seen: called in the event loop that `start` was called in.
            marks: labels and annotations of which any makes an object somebody else's.
        """
        _say_less()
        self._namespaces, self._seen, self._marks = list(namespaces), seen, marks
        self._stop, self._ready = threading.Event(), threading.Event()

    @property
    def is_ready(self) -> bool:
        """Whether the watch has begun."""
        return self._ready.is_set()

    async def run(self) -> None:
        """Watch until `stop` is called, or until kopf gives up."""
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(asyncio.run, self._watch(loop))

    def stop(self) -> None:
        """End the watch; `run` returns soon."""
        self._stop.set()

    async def _watch(self, listener: asyncio.AbstractEventLoop) -> None:
        async def take(event: kopf.RawEvent, **_: Any) -> None:  # noqa: ANN401 - kopf's own
            key, target = _read(event, self._marks)
            if not self._stop.is_set():
                kind = (event["type"] or "listed").lower()
                listener.call_soon_threadsafe(self._seen, key, target, kind)

        registry = kopf.OperatorRegistry()
        kopf.on.login(registry=registry)(_login)
        kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)(take)
        await kopf.operator(
            registry=registry,
            settings=_settings(),
            memories=Forgetful(),
            standalone=True,
            clusterwide=not self._namespaces,
            namespaces=self._namespaces,
            stop_flag=self._stop,
            ready_flag=self._ready,
        )


def _read(event: kopf.RawEvent, marks: Collection[str]) -> tuple[Key, SweepObject | None]:
    body: dict[str, Any] = {**event["object"]}
    metadata = body["metadata"]
    key = Key(metadata["uid"], metadata["namespace"], metadata["name"])
    if event["type"] == "DELETED":
        return key, None
    return key, sweep_object(body, marks)


def _say_less() -> None:
    """Leave out what kopf says at every start, and that it has told us of an event, each time."""
    for name in ("kopf.objects", "kopf.activities", "kopf._core.engines.activities"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("kopf._core.reactor.running").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """Signals are the main thread's matter here: the informer has a thread of its own."""
    return "OS signals are ignored" not in record.getMessage()


def _login(**arguments: Any) -> kopf.ConnectionInfo | None:  # noqa: ANN401 - kopf's own
    found = kopf.login_with_service_account(**arguments)
    return found or kopf.login_with_kubeconfig(**arguments)


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    # Namespaces and CRDs are not watched: smaller rights, and the set of namespaces is fixed.
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.watching.inactivity_timeout = INACTIVITY
    settings.watching.connect_timeout = 10.0
    settings.watching.chunk_size = CHUNK
    # With kopf's own limit a new object would wait until an idle worker gives up its place.
    settings.queueing.worker_limit = None
    settings.queueing.idle_timeout = 0.1
    settings.persistence.finalizer = f"{GROUP}/finalizer"
    return settings
