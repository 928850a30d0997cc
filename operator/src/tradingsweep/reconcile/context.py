"""What a pass works with: the ports, the policy, and what this process remembers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tradingsweep.domain.answers import Health
from tradingsweep.domain.facts import SweepObject
from tradingsweep.domain.policy import Policy
from tradingsweep.reconcile.follow import Follower
from tradingsweep.reconcile.measures import Measures, Result, Unmeasured
from tradingsweep.reconcile.newer import NewestSchema
from tradingsweep.reconcile.objects import Objects
from tradingsweep.reconcile.places import Places
from tradingsweep.reconcile.ports import Cluster, Key, Ledger, TradingApi
from tradingsweep.reconcile.queue import Bell, KeyedQueue
from tradingsweep.reconcile.tracing import Traces, Untraced


@dataclass(slots=True)
class Context:
    """Everything that the loops of one operator share."""

    cluster: Cluster
    ledger: Ledger
    api: TradingApi
    follower: Follower
    policy: Policy
    epoch: int
    callback_url: Callable[[str], str]
    """From a submission's key to the address that the API calls back."""
    may_act: Callable[[], bool]
    """Whether this process still leads."""
    clock: Callable[[], float]
    """Seconds that go on while the machine sleeps."""
    queue: KeyedQueue[Key]
    objects: Objects = field(default_factory=Objects)
    admission: Bell = field(default_factory=Bell)
    outbox: Bell = field(default_factory=Bell)
    mails: Bell = field(default_factory=Bell)
    measures: Measures = field(default_factory=Unmeasured)
    """Who counts passes."""
    traces: Traces = field(default_factory=Untraced)
    """Who traces them."""
    posted: dict[str, datetime] = field(default_factory=dict)
    """Submissions that this process has begun to POST, with the intent that it was for."""
    passes: set[asyncio.Task[Result]] = field(default_factory=set)
    """Passes that have begun: they are waited for at the end."""
    surplus: frozenset[str] = frozenset()
    """Sweeps beyond the history that is kept, as the last look for them found."""
    patched: dict[str, float] = field(default_factory=dict)
    """When this process last patched an object, on its clock."""
    places: Places = field(default_factory=Places)
    """Who is where in the line."""
    newest: NewestSchema = field(default_factory=NewestSchema)
    """The CRD's, which may be newer than this program."""
    missing: set[str] = field(default_factory=set)
    """Sweeps whose objects an audit did not find; the pass that records that is a repair."""
    features: frozenset[str] | None = None
    """What the API can do, where the operator was told; None: what the API says itself."""

    def hear(self, target: SweepObject) -> bool:
        """Take over how an object looks now, and queue a look; False where it tells nothing new.

        What has finished hardly needs the look, so it waits in the patient lane.
        """
        if not self.objects.put(target):
            return False
        key = Key(target.uid, target.namespace, target.name)
        if target.seems_finished:
            self.queue.add_patient(key)
        else:
            self.queue.add(key)
        return True

    def learn(self, health: Health) -> None:
        """Take over what the API says that it can do, where the operator was told nothing else."""
        if self.features is not None:
            health = Health(self.features)
        self.policy = self.policy.with_features(health)
        self.ledger.api_keeps_keys(keeps=self.policy.keeps_keys)
