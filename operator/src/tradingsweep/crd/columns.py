"""What `kubectl get tradingsweeps` shows, and what it can select by."""

from typing import Final

from pydantic import JsonValue

SELECTABLE_FIELDS: Final = (".spec.ticker", ".status.phase")


def _column(
    name: str, kind: str, path: str, description: str, *, wide: bool = False
) -> dict[str, JsonValue]:
    """Describe a column; a wide one is shown by `-o wide` only."""
    column: dict[str, JsonValue] = {
        "name": name,
        "type": kind,
        "jsonPath": path,
        "description": description,
    }
    return column | {"priority": 1} if wide else column


PRINTER_COLUMNS: Final = (
    _column("Ticker", "string", ".spec.ticker", "The instrument."),
    _column("Strategy", "string", ".spec.strategyType", "The rule that buys and sells."),
    _column("Phase", "string", ".status.phase", "Queued, Submitted, Running, Completed or Failed."),
    _column(
        "Progress",
        "integer",
        ".status.progress.percent",
        "How much of the job is done, in percent.",
    ),
    _column(
        "Best",
        "string",
        ".status.best.periods",
        "The fast and the slow period of the best pair in bars, or its levels.",
    ),
    _column("Score", "string", ".status.best.score", "The best pair's composite score."),
    _column(
        "Sharpe", "string", ".status.best.sharpeRatio", "The best pair's annualized Sharpe ratio."
    ),
    _column(
        "Verdict", "string", ".status.verdict.name", "Whether the best pair is more than luck."
    ),
    _column("Age", "date", ".metadata.creationTimestamp", "How long ago the sweep was created."),
    _column("Job", "string", ".status.jobID", "The Trading API's name for the job.", wide=True),
    _column(
        "Combinations",
        "integer",
        ".status.combinations.valid",
        "How many pairs are backtested.",
        wide=True,
    ),
    _column(
        "Duration",
        "integer",
        ".status.durationSeconds",
        "From the first submission to the end, in seconds.",
        wide=True,
    ),
    _column(
        "Reason",
        "string",
        '.status.conditions[?(@.type=="Ready")].reason',
        "Why the sweep is ready, or is not.",
        wide=True,
    ),
)
