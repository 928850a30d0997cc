"""When a status may be written: what changes fast is shown at a slow, steady pace.

A quick sweep costs two patches (Submitted and Completed); one that waits or runs costs a few more.
"""

from datetime import timedelta
from typing import Any

from tradingsweep.crd.model import TradingSweepStatus
from tradingsweep.domain.phases import IN_FLIGHT, Phase
from tradingsweep.domain.policy import Delays

_BOOKKEEPING = frozenset({"recordVersion"})
"""A difference in these alone is not worth a write."""


def difference(shown: dict[str, Any], status: TradingSweepStatus) -> dict[str, Any]:
    """Return the merge patch that turns the shown status into this one; empty: nothing to do.

    Members that only the object has are removed: every member of the status is ours.
    """
    wanted = {name: value for name, value in status.to_wire().items() if value != []}
    changed = {name: value for name, value in wanted.items() if shown.get(name) != value}
    changed.update(dict.fromkeys(shown.keys() - wanted.keys(), None))
    if changed.keys() <= _BOOKKEEPING:
        return {}
    # A merge patch keeps members of a nested object that it does not name.
    return {name: _without_leftovers(shown.get(name), value) for name, value in changed.items()} | {
        "recordVersion": wanted.get("recordVersion")
    }


def _without_leftovers(shown: Any, value: Any) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(shown, dict) or not isinstance(value, dict):
        return value
    kept = {name: _without_leftovers(shown.get(name), inner) for name, inner in value.items()}
    return kept | dict.fromkeys(shown.keys() - value.keys(), None)


def wait_before_patch(
    shown: dict[str, Any],
    status: TradingSweepStatus,
    *,
    waited: timedelta,
    since_last: timedelta | None,
    delays: Delays,
) -> timedelta:
    """Say how much longer a patch should wait, in favor of the next one.

    Args:
        shown: the status that the object has.
        status: the one that it should have.
        waited: since the run was queued.
        since_last: since our last patch of this object; None: this process made none.
        delays: the paces.
    """
    phase = Phase(status.phase)
    known = shown.get("observedGeneration", -1)
    if phase not in (Phase.QUEUED, *IN_FLIGHT):
        return timedelta(0)
    if known == -1:
        # Most sweeps get a slot at once: the default that the API server set is true until then.
        return (
            timedelta(0) if phase in IN_FLIGHT else max(timedelta(0), delays.queue_patch - waited)
        )
    if known != status.observed_generation or shown.get("run") != status.run:
        return timedelta(0)
    if phase is Phase.QUEUED and shown.get("phase") == phase:
        return _rest_of(delays.queue_pace, since_last)
    if shown.get("phase") not in IN_FLIGHT:
        return timedelta(0)
    return _rest_of(delays.patch_pace, since_last)


def _rest_of(pace: timedelta, since_last: timedelta | None) -> timedelta:
    return timedelta(0) if since_last is None else max(timedelta(0), pace - since_last)
