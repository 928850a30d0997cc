"""`make test-faults`: the crash matrix, at an API with keys and at the seed's, over all plans.

SEED chooses another matrix (the one that was used is printed), LONG=1 runs 200 plans, LANES (2) run
side by side. A cell that its run did not hit is tried again in another one; a cell counts only
where a history shows that it was hit.
"""

import os
import secrets
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Event

from rich.console import Console

from benchmarks.bars import Bar, at_most, exactly, report
from tests.faults.effects import CELLS, Cell, Effect, Moment
from tests.faults.lanes import at_work, outcomes
from tests.faults.plan import PARTS, PLANS, Name
from tests.faults.run import CONVERGED_WITHIN, Outcome
from tests.faults.world import SURFACES, Surface

LONG_PLANS = 200
MINUTES = 20
MOST_ROUNDS = 6
"""How often the parts with cells that were not hit are run again, each time with other dice."""
_LOOK_EVERY = 1.0


def main() -> int:
    """Run the matrix, list its cells, write the bars; returns the exit status."""
    seed = int(os.environ.get("SEED") or secrets.randbelow(10**6))
    plans = int(os.environ.get("PLANS") or (LONG_PLANS if os.environ.get("LONG") else PLANS))
    print(f"SEED={seed}: {plans} plans at each of two APIs", flush=True)
    began = time.monotonic()
    done = list(_rounds(seed, plans))
    minutes = (time.monotonic() - began) / 60
    _list(done, plans)
    return 0 if report("faults", _bars(done, plans, minutes)) else 1


def _rounds(seed: int, plans: int) -> Iterable[Outcome]:
    """Run every part of every plan, and again those of which cells were not hit."""
    todo = [
        Name(seed, surface, plan, part)
        for plan in range(plans)
        for part in range(PARTS)
        for surface in SURFACES.values()
    ]
    hit: dict[tuple[str, int], set[Cell]] = defaultdict(set)
    for again in range(MOST_ROUNDS):
        # A further round of a part is a run of its own name: its dice fall otherwise.
        names = [Name(n.seed + again * 10**6, n.surface, n.plan, n.part) for n in todo]
        for outcome in _run(names):
            name = Name.read(outcome.name)
            hit[name.surface.name, name.plan].update(outcome.hit)
            yield outcome
        todo = [n for n in todo if _cells(n) - hit[n.surface.name, n.plan]]


def _cells(name: Name) -> set[Cell]:
    """Say which cells a part of a plan is there for."""
    moments = tuple(Moment)
    return {
        cell
        for cell in possible(name.surface)
        if cell.moment is moments[(cell.effect + name.part) % len(moments)]
    }


def possible(surface: Surface) -> list[Cell]:
    """Say which cells there are: without cancel there is no request to cancel."""
    return [c for c in CELLS if surface.keeps_keys or c.effect is not Effect.CANCEL]


def _run(names: Sequence[Name]) -> Iterable[Outcome]:
    lanes = int(os.environ.get("LANES") or 2)
    told: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="faults-lanes-") as place:
        folder = Path(place)
        with at_work([name.text() for name in names], lanes, folder) as processes:
            while len(told) < len(names):
                Event().wait(_LOOK_EVERY)
                ended = [p for p in processes if not p.is_running]
                for outcome in outcomes(folder):
                    if outcome.name not in told:
                        told.add(outcome.name)
                        _tell(outcome)
                        yield outcome
                for process in ended:
                    if process.returncode != 0:
                        raise process.error(f"ended with {process.returncode}")
                if len(ended) == len(processes):
                    return


def _tell(outcome: Outcome) -> None:
    verdict = "green" if not outcome.wrong else "RED"
    print(
        f"{outcome.name}: {verdict}, {len(outcome.hit)} kills, rest {outcome.recovered_in:.1f} s",
        flush=True,
    )
    for wrong in outcome.wrong:
        print(f"    {wrong}")
    if outcome.wrong:
        print(f"    its history is {outcome.folder}; repeat it: make repro SEED={outcome.name}")


def _hits(done: Iterable[Outcome], surface: Surface) -> Counter[Cell]:
    """Count in how many plans each cell was hit."""
    cells: dict[int, set[Cell]] = defaultdict(set)
    for outcome in done:
        name = Name.read(outcome.name)
        if name.surface == surface:
            cells[name.plan].update(outcome.hit)
    return Counter(cell for hit in cells.values() for cell in hit)


def _list(done: Sequence[Outcome], plans: int) -> None:
    """List every cell, with the plans in which it was hit."""
    console = Console()
    for surface in SURFACES.values():
        hits = _hits(done, surface)
        console.print(f"\n[bold]{surface.name}[/bold]: plans of {plans} in which a cell was hit")
        for effect in Effect:
            cells = [Cell(effect, moment) for moment in Moment]
            if cells[0] in possible(surface):
                shown = "  ".join(f"{c.moment} {hits[c]}" for c in cells)
                console.print(
                    f"  {effect.value:2} {effect.name.lower():18} {shown}", highlight=False
                )


def _bars(done: Sequence[Outcome], plans: int, minutes: float) -> list[Bar]:
    bars: list[Bar] = []
    for surface in SURFACES.values():
        ours = [o for o in done if Name.read(o.name).surface == surface]
        wrong = Counter(words.split(":")[0].split(" ")[0] for o in ours for words in o.wrong)
        where = "an API with keys" if surface.keeps_keys else "the seed's API"
        cells = len(possible(surface)) * plans
        bars += [
            exactly(
                f"cells hit, {where}", sum(_hits(ours, surface).values()), f"of {cells}", cells
            ),
            exactly(f"runs that are red, {where}", sum(bool(o.wrong) for o in ours), "", 0),
            exactly(f"doubled jobs, {where}", wrong["I1"], "", 0),
            exactly(f"results lost or doubled, {where}", wrong["I3"] + wrong["lost"], "", 0),
            exactly(f"sweeps stuck, {where}", wrong["stuck"] + wrong["not"], "", 0),
            at_most(
                f"from the last fault to rest, worst, {where}",
                max((o.recovered_in for o in ours), default=0),
                "s",
                CONVERGED_WITHIN,
            ),
        ]
        if not surface.keeps_keys:
            bars.append(
                Bar(
                    f"submissions replaced with a job, {where}",
                    sum(o.doubled for o in ours),
                    "",
                    "shown",
                    met=True,
                )
            )
    if plans <= PLANS:
        bars.append(at_most(f"the matrix of {plans} plans", minutes, "min", MINUTES))
    return bars


if __name__ == "__main__":
    sys.exit(main())
