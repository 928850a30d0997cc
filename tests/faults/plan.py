"""A plan: what is applied, what people do to it, and who is killed where. One seed decides it all.

A run is named `SEED-API-PLAN-PART`, such as `4711-keys-3-1`. A plan has 36 cells in three parts of
12: each part kills once at each effect, at another moment. The seed decides the plan and not the
scheduling, so a run is repeated under its name as often as it takes.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.effects import Cell, Effect, Kill, Moment
from tests.faults.world import SURFACES, Surface

PLANS, PARTS = 10, 3

_NAME = re.compile(r"(\d+)-(keys|seed)-(\d+)-(\d+)")


@dataclass(frozen=True)
class Name:
    """Which run."""

    seed: int
    surface: Surface
    plan: int
    part: int

    def text(self) -> str:
        """Write it."""
        return f"{self.seed}-{self.surface.name}-{self.plan}-{self.part}"

    @classmethod
    def read(cls, text: str) -> "Name":
        """Read what `text` wrote.

        Raises:
            ValueError: it is no name of a run.
        """
        found = _NAME.fullmatch(text)
        if found is None:
            raise ValueError(f"a run is named SEED-keys|seed-PLAN-PART, not {text!r}")
        seed, surface, plan, part = found.groups()
        return cls(int(seed), SURFACES[surface], int(plan), int(part))


@dataclass(frozen=True)
class Step:
    """Something that a person does to a sweep."""

    when: tuple[str, ...]
    """As soon as it shows one of these phases; `Gone` and any end count for all of them."""
    after: float
    """Seconds later."""
    patch: dict[str, Any] | None
    """Merged into the object; None: it is deleted."""


@dataclass(frozen=True)
class Planned:
    """One sweep: its spec, what is done to it, and where it must end."""

    name: str
    spec: dict[str, Any]
    ends: str
    """Completed, Failed, or Gone."""
    steps: tuple[Step, ...] = ()
    effects: frozenset[Effect] = frozenset()
    """Those that it certainly has, if nobody is killed."""
    attempts: int = 1
    """How many attempts its run fails in; 0 where it does not fail."""


@dataclass(frozen=True)
class Plan:
    """Everything that a run does."""

    name: Name
    sweeps: Sequence[Planned]
    kills: Sequence[Kill]
    pauses: Sequence[float] = field(default=())
    """Seconds before each sweep is applied."""


_E = Effect
_ALL = frozenset({_E.SWEEP_ROWS, _E.INTENT, _E.POST, _E.JOB_ID, _E.STATUS_SUBMITTED})
_DONE = _ALL | {_E.INBOX, _E.STORED, _E.STATUS_FINAL, _E.EVENT}
_FAILS = _ALL | {_E.INBOX, _E.FAILED, _E.STATUS_FINAL, _E.EVENT}
_AT_THE_API = ("Submitted", "Running")

UNKNOWN = {"ticker": "NOPRICES"}
"""The API takes the job, and the job fails: nobody has prices."""


def make(name: Name, kills: Sequence[Cell] | None = None) -> Plan:
    """Make the plan of a run; `kills` replaces the cells of its part."""
    dice = random.Random(f"{name.seed}-{name.surface.name}-{name.plan}-{name.part}")  # noqa: S311 - no secret
    sweeps = _sweeps(dice, name.surface)
    cells = _cells(name) if kills is None else kills
    chosen = [kill for cell in cells if (kill := _kill(dice, cell, sweeps)) is not None]
    dice.shuffle(sweeps)
    return Plan(name, sweeps, chosen, [dice.uniform(0, 0.1) for _ in sweeps])


def _cells(name: Name) -> list[Cell]:
    moments = tuple(Moment)
    return [Cell(effect, moments[(effect + name.part) % len(moments)]) for effect in Effect]


def _kill(dice: random.Random, cell: Cell, sweeps: list[Planned]) -> Kill | None:
    fit = [sweep for sweep in sweeps if cell.effect in sweep.effects]
    # Without cancel there is no request to cancel.
    return Kill(cell, dice.choice(fit).name) if fit else None


def _sweeps(dice: random.Random, surface: Surface) -> list[Planned]:
    """Make 20 sweeps of eight kinds."""
    cancels = frozenset({_E.CANCEL}) if surface.keeps_keys else frozenset[Effect]()
    kinds = [
        *(Planned(f"plain-{n}", {}, "Completed", effects=_DONE) for n in range(5)),
        *(Planned(f"poor-{n}", {"minTrades": 1000}, "Completed", effects=_DONE) for n in range(2)),
        *(Planned(f"failing-{n}", UNKNOWN, "Failed", effects=_FAILS) for n in range(2)),
        *(_backoff(n) for n in range(2)),
        *(_edited(dice, n, cancels) for n in range(2)),
        *(_suspended(dice, n, cancels) for n in range(2)),
        *(_deleted(dice, n, cancels) for n in range(3)),
        *(_ttl(n) for n in range(2)),
    ]
    return [_varied(dice, sweep) for sweep in kinds]


def _varied(dice: random.Random, sweep: Planned) -> Planned:
    """Give each sweep a grid and a place in line of its own."""
    spec = {"priority": dice.randrange(3), "fastRange": {"min": 10, "max": dice.choice((15, 20))}}
    return Planned(
        sweep.name, {**spec, **sweep.spec}, sweep.ends, sweep.steps, sweep.effects, sweep.attempts
    )


def _backoff(n: int) -> Planned:
    spec = {**UNKNOWN, "backoffLimit": 1}
    return Planned(f"backoff-{n}", spec, "Failed", effects=_FAILS, attempts=2)


def _edited(dice: random.Random, n: int, cancels: frozenset[Effect]) -> Planned:
    change = {"spec": {"slowRange": {"min": 25, "max": 40}}}
    step = Step(_AT_THE_API, dice.uniform(0, 0.3), change)
    return Planned(f"edited-{n}", {}, "Completed", (step,), _DONE | cancels)


def _suspended(dice: random.Random, n: int, cancels: frozenset[Effect]) -> Planned:
    hold = Step(_AT_THE_API, dice.uniform(0, 0.3), {"spec": {"suspend": True}})
    go_on = Step(("Queued",), dice.uniform(0, 1), {"spec": {"suspend": False}})
    return Planned(f"suspended-{n}", {}, "Completed", (hold, go_on), _DONE | cancels)


def _deleted(dice: random.Random, n: int, cancels: frozenset[Effect]) -> Planned:
    step = Step(_AT_THE_API, dice.uniform(0, 0.3), None)
    return Planned(f"deleted-{n}", {}, "Gone", (step,), _ALL | cancels)


def _ttl(n: int) -> Planned:
    spec = {"ttlSecondsAfterFinished": 0}
    return Planned(f"ttl-{n}", spec, "Gone", effects=_DONE - {_E.STATUS_FINAL} | {_E.DELETE})
