"""The samples, and how each must end."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tradingsweep.domain.readiness import Readiness, readiness

FOLDER = Path(__file__).parents[1] / "manifests" / "samples"
REFUSED = FOLDER / "refused"


@dataclass(frozen=True)
class Ending:
    """How a sweep stands when it has finished."""

    phase: str
    reason: str
    """Of the Ready condition."""
    words: str = ""
    """A part of its message."""


EXPECTED = {
    "btc-sma": Ending("Completed", "Completed"),
    "sp500-sma": Ending("Completed", "Completed"),
    "too-few-trades": Ending("Completed", "NoQualifiedResult"),
    "unknown-ticker": Ending("Failed", "JobFailed", "NOPRICES"),
}
"""Name of a sample → its ending."""

REFUSALS = {"fast-not-below-slow": "fastRange.min"}
"""Name of a sample that the API server refuses → what its words name."""


def has_finished(sweep: dict[str, Any]) -> bool:
    """Whether a sweep will not go on by itself."""
    return readiness(sweep) in {Readiness.CURRENT, Readiness.FAILED}


def disappointment(sweep: dict[str, Any]) -> str | None:
    """Return what is wrong with a sample's ending, or None."""
    name = sweep["metadata"]["name"]
    wanted, seen = EXPECTED[name], _ending(sweep)
    if (seen.phase, seen.reason) == (wanted.phase, wanted.reason) and wanted.words in seen.words:
        return None
    return (
        f"{name} should end {wanted.phase} ({wanted.reason}), and is"
        f" {seen.phase} ({seen.reason}): {seen.words}"
    )


def _ending(sweep: dict[str, Any]) -> Ending:
    status = sweep.get("status", {})
    conditions = {condition["type"]: condition for condition in status.get("conditions", ())}
    ready = conditions.get("Ready", {"reason": "", "message": ""})
    return Ending(status.get("phase", ""), ready["reason"], ready["message"])
