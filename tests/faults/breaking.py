"""`make test-faults-mutants`: every mutant turns its trial red, and the product itself does not.

MUTANT=name tries one alone.
"""

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.bars import Bar, at_least, exactly, report
from tests.faults.lanes import ground
from tests.faults.trials import TRIALS, Trial, conduct
from tests.support.ground import Ground

AT_LEAST = 16
TRIES = 3
"""How often a mutant is tried: a trial decides what happens, and not who of two is faster."""


def main() -> int:
    """Conduct every trial with its mutant and without; returns the exit status."""
    only = os.environ.get("MUTANT")
    chosen = [trial for trial in TRIALS if only in (None, "", trial.mutant)]
    red = green = 0
    with tempfile.TemporaryDirectory(prefix="faults-mutants-") as place, ground() as standing:
        for trial in chosen:
            whole = conduct(standing, _new(place, trial.mutant, "whole"), trial, mutant="")
            broken = _broken(standing, place, trial)
            green += not whole
            red += bool(broken)
            print(f"{trial.mutant}: {'red' if broken else 'NOT NOTICED'}", flush=True)
            print(f"    {broken[0] if broken else ''}")
            for wrong in whole:
                print(f"    without it, too: {wrong}")
    bars: list[Bar] = [
        exactly("mutants that turn the harness red", red, f"of {len(chosen)}", len(chosen)),
        exactly("trials that the product itself survives", green, "", len(chosen)),
    ]
    if not only:
        bars.append(at_least("mutants", len(chosen), "", AT_LEAST))
    return 0 if report("faults-mutants", bars) else 1


def _broken(standing: Ground, place: str, trial: Trial) -> list[str]:
    """Return what the harness says of a mutant; [] is nothing, each time."""
    for number in range(TRIES):
        folder = _new(place, trial.mutant, f"broken-{number}")
        if wrong := conduct(standing, folder, trial, mutant=trial.mutant):
            return wrong
    return []


def _new(place: str, mutant: str, kind: str) -> Path:
    folder = Path(place) / f"{mutant}-{kind}"
    folder.mkdir()
    return folder


if __name__ == "__main__":
    sys.exit(main())
