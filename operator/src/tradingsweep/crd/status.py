"""What the operator says about a sweep: every field of `.status`, with its documentation.

Strings are bounded but, the three values of a condition's status apart, never an enum: a CRD that
is older than the operator must not refuse its patches. Metrics are decimal strings with fixed
places: one float that comes back as an integer breaks `kubectl get --sort-by` for a namespace.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from tradingsweep.crd.wire import Timestamp, WireModel, rule, rules

INITIAL_PHASE = "Queued"
NEVER_OBSERVED = -1
"""`observedGeneration` of a sweep that the operator has not patched yet: kstatus then waits."""

Count = Annotated[int, Field(ge=0)]
Ratio = Annotated[str, Field(max_length=32, pattern=r"^-?[0-9]+\.[0-9]{4}$")]
"""A number with four decimal places, as text."""
Percent = Annotated[str, Field(max_length=32, pattern=r"^-?[0-9]+\.[0-9]{2}$")]
"""A number with two decimal places, as text: 12.50 is 12.5 percent."""
Name = Annotated[str, Field(max_length=64)]
Identifier = Annotated[str, Field(max_length=128)]
Message = Annotated[str, Field(max_length=1024)]


class Progress(WireModel):
    """How far the running job is, by its own account."""

    percent: int = Field(ge=0, le=100, description="How much of the job is done, 0 to 100.")
    message: Message | None = Field(
        default=None, description="The Trading API's words about what it is doing."
    )


class Combinations(WireModel):
    """How many pairs of periods the sweep is made of."""

    requested: Count | None = Field(
        default=None, description="All pairs that the two ranges and the step span."
    )
    valid: Count | None = Field(
        default=None,
        description="The pairs of them whose fast period is the shorter, or whose level "
        "to enter is the lower.",
    )
    tested: Count | None = Field(
        default=None, description="The pairs that the Trading API reports as backtested."
    )


class PairResult(WireModel):
    """One pair of periods and how it did; a metric that is undefined for it is absent."""

    periods: Name = Field(
        description="The fast and the slow period in bars, as 15/30; for RSI the levels to enter "
        "and to exit at."
    )
    score: Ratio | None = Field(
        default=None, description="The Trading API's composite score, by which pairs are ranked."
    )
    sharpe_ratio: Ratio | None = Field(default=None, description="Annualized Sharpe ratio.")
    sortino_ratio: Ratio | None = Field(default=None, description="Annualized Sortino ratio.")
    total_return_pct: Percent | None = Field(
        default=None, description="Return over the whole window, in percent."
    )
    annualized_return: Percent | None = Field(
        default=None, description="Return per year, in percent."
    )
    max_drawdown_pct: Percent | None = Field(
        default=None,
        description="The deepest fall from a peak of the equity, in percent: zero or negative.",
    )
    win_rate_pct: Percent | None = Field(
        default=None, description="Share of closed trades that won, in percent."
    )
    profit_factor: Ratio | None = Field(
        default=None,
        description="Gross profit over gross loss; absent where no trade lost.",
    )
    total_trades: Count | None = Field(default=None, description="Number of closed trades.")
    trades_per_month: Percent | None = Field(
        default=None, description="Closed trades per month, with two decimal places."
    )
    avg_trade_duration: Name | None = Field(
        default=None, description="Mean time from entry to exit, in words, as 5.2 days."
    )


class Results(WireModel):
    """How many results there are, and where."""

    stored: Count | None = Field(default=None, description="Rows that are in the database.")
    returned: Count | None = Field(
        default=None, description="Rows that the Trading API sent, at most spec.storeResults."
    )
    total: Count | None = Field(
        default=None, description="Rows that the Trading API says it has for this run."
    )


class Verdict(WireModel):
    """What the Trading API thinks of the best pair: skill, or luck among many tries.

    It never changes the condition Ready: a lucky sweep still ran.
    """

    name: Name = Field(description="The verdict in a word or two.")
    p_value: Ratio | None = Field(
        default=None,
        description="How often chance alone does as well as the best pair, from 0.0000 to 1.0000.",
    )
    sentence: Message | None = Field(
        default=None, description="The verdict in a sentence, with its numbers."
    )


class LastCompleted(WireModel):
    """The latest run that completed; it stays while a newer one waits or runs."""

    run: Count = Field(description="The number of that run.")
    identity_hash: Identifier | None = Field(
        default=None, description="Its identityHash: which question it answered."
    )
    completed_at: Timestamp | None = Field(default=None, description="When it completed.")
    best: PairResult | None = Field(
        default=None, description="Its best pair; absent where no pair had enough trades."
    )


class Condition(WireModel):
    """One condition, as Kubernetes writes them."""

    type: str = Field(
        max_length=316,
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9./_-]*[A-Za-z0-9])?$",
        description="Ready, Reconciling, Stalled, Complete, Failed or Suspended.",
    )
    status: Literal["True", "False", "Unknown"] = Field(
        description="Whether the condition holds: True, False or Unknown."
    )
    observed_generation: int | None = Field(
        default=None,
        ge=0,
        description="The metadata.generation that the condition was set for.",
    )
    last_transition_time: Timestamp = Field(description="When the status changed last.")
    reason: str = Field(
        min_length=1,
        max_length=128,
        pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
        description="Why, in one word of a closed list that programs may rely on.",
    )
    message: Message = Field(description="Why, for people. Its words may change at any time.")


class TradingSweepStatus(WireModel):
    """How the sweep stands: a projection of the operator's ledger, which only the operator writes.

    The conditions are the contract; phase is derived from them for people who read a table.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "default": {"phase": INITIAL_PHASE, "observedGeneration": NEVER_OBSERVED},
            **rules(
                rule(
                    "!has(oldSelf.recordVersion) || "
                    "(has(self.recordVersion) && self.recordVersion >= oldSelf.recordVersion)",
                    "recordVersion must not fall: this status is older than the one that is there",
                    field_path=".recordVersion",
                )
            ),
        }
    )

    observed_generation: int = Field(
        default=NEVER_OBSERVED,
        ge=-1,
        description="The metadata.generation that this status answers; -1 before the first answer.",
    )
    record_version: Count | None = Field(
        default=None,
        description="The version of the ledger's record that this status shows. It never falls.",
    )
    ledger_id: Identifier | None = Field(
        default=None, description="Which database holds the record."
    )
    phase: Name = Field(
        default=INITIAL_PHASE,
        description="Queued, Submitted, Running, Completed or Failed.",
    )
    run: Count | None = Field(
        default=None, description="The number of this run of the sweep, from 1."
    )
    attempt: Count | None = Field(
        default=None, description="The number of this run's submission to the API, from 1."
    )
    identity_hash: Identifier | None = Field(
        default=None,
        description="A hash of what is asked for; the same question has the same hash.",
    )
    job_id: Identifier | None = Field(
        default=None, description="The Trading API's name for the job."
    )
    sweep_run_id: Identifier | None = Field(
        default=None,
        description="The Trading API's name for the results.",
    )
    queued_at: Timestamp | None = Field(default=None, description="When the run began to wait.")
    submitted_at: Timestamp | None = Field(
        default=None, description="When the run was first submitted to the Trading API."
    )
    started_at: Timestamp | None = Field(
        default=None, description="When the job was first seen to run."
    )
    completed_at: Timestamp | None = Field(
        default=None, description="When the run ended, well or badly."
    )
    duration_seconds: Count | None = Field(
        default=None, description="From submittedAt to completedAt, in whole seconds."
    )
    progress: Progress | None = Field(
        default=None, description="How far the running job is, by its own account."
    )
    combinations: Combinations | None = Field(
        default=None, description="How many pairs of periods the sweep is made of."
    )
    best: PairResult | None = Field(
        default=None,
        description="The pair with the highest score; absent where no pair had enough trades.",
    )
    top_results: tuple[PairResult, ...] = Field(
        default=(),
        max_length=10,
        description="The best pairs, the best first, as many as spec.topResults says.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    results: Results | None = Field(
        default=None, description="How many results there are, and where."
    )
    verdict: Verdict | None = Field(
        default=None,
        description="Whether the best pair is more than luck, where the Trading API says so.",
    )
    last_completed: LastCompleted | None = Field(
        default=None,
        description="The latest run that completed; it stays while a newer one waits or runs.",
    )
    last_handled_run_request: Identifier | None = Field(
        default=None,
        description="The value of the annotation trading.zixly.io/run-requested-at that was "
        "answered last.",
    )
    last_handled_cancel_request: Identifier | None = Field(
        default=None,
        description="The value of the annotation trading.zixly.io/cancel-requested-at that was "
        "answered last.",
    )
    conditions: tuple[Condition, ...] = Field(
        default=(),
        max_length=16,
        description="Ready, Reconciling and Stalled for tools that wait for objects; Complete and "
        "Failed for kubectl wait.",
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
        },
    )
