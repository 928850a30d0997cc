"""`make repro SEED=4711-keys-3-1`: repeat one run of a plan until it is red, up to 20 times.

The seed decides the plan, not the scheduling: what was red once may need some tries.
"""

import os
import sys

from tests.faults.lanes import KEPT, ground
from tests.faults.plan import Name, make
from tests.faults.run import run

TIMES = 20


def main() -> int:
    """Repeat the run that SEED names; returns 1 as soon as it is red."""
    try:
        name = Name.read(os.environ.get("SEED", ""))
    except ValueError as error:
        print(f"SEED: {error}", file=sys.stderr)
        return 2
    with ground() as standing:
        for time in range(1, TIMES + 1):
            outcome = run(standing, make(name), KEPT / f"{name.text()}-repro-{os.getpid()}-{time}")
            print(f"{time} of {TIMES}: {'RED' if outcome.wrong else 'green'}", flush=True)
            if outcome.wrong:
                print("\n".join(outcome.wrong), f"\nits history is {outcome.folder}")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
