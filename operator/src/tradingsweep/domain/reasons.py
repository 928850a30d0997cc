"""The closed list of reasons: what programs may rely on in a condition, an Event or a metric."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a sweep stands where it stands."""

    # It waits.
    WAITING = "WaitingForSlot"
    """Every slot at the Trading API is taken, or others are first."""
    API_UNAVAILABLE = "TradingAPIUnavailable"
    """The Trading API cannot be reached, or asked us to come back later."""
    CREDENTIALS_REJECTED = "CredentialsRejected"
    """The Trading API does not accept the operator's key."""

    NEWER_SPEC = "NewerSpec"
    """An Event's reason: the spec asks for what only a newer operator can do."""

    SUSPENDED = "Suspended"
    """spec.suspend holds it."""
    CANNOT_CANCEL = "CannotCancel"
    """It should be held, but the Trading API cannot cancel: it runs to its end."""

    # It is at the API.
    SUBMITTING = "Submitting"
    """A slot is taken and the request is on its way."""
    SUBMITTED = "Submitted"
    """The Trading API has the job."""
    OUTCOME_UNKNOWN = "SubmissionOutcomeUnknown"
    """The request left and no answer came: it is not known whether a job exists."""
    RUNNING = "Running"
    """The Trading API works on it."""
    COLLECTING = "CollectingResults"
    """The job ended and its results are being fetched."""
    NEXT_ATTEMPT = "NextAttempt"
    """The run is to be submitted anew."""
    RETRY_SCHEDULED = "RetryScheduled"
    """An Event's reason: an attempt failed, and another one is planned."""

    # A human must decide.
    LEDGER_ROLLED_BACK = "LedgerRolledBack"
    """Its status knows more than the ledger: the database was restored to an earlier moment."""
    OBJECT_RESTORED = "ObjectRestored"
    """The object is older than the ledger knows it, or was deleted and is there again."""

    # It ended well.
    COMPLETED = "Completed"
    """The results are stored."""
    NO_QUALIFIED_RESULT = "NoQualifiedResult"
    """The sweep ran, and no pair had enough trades to be ranked."""

    REUSED = "Reused"
    """A finished run of this namespace had asked the same question: its results are used."""

    # It ended badly.
    INVALID_PARAMETERS = "InvalidParameters"
    """The Trading API refuses the parameters."""
    TOO_MANY_COMBINATIONS = "TooManyCombinations"
    """The sweep has more pairs than the operator allows."""
    JOB_FAILED = "JobFailed"
    """The Trading API says that the job failed."""
    RESULTS_UNAVAILABLE = "ResultsUnavailable"
    """The job ended, and its results are not to be had."""
    JOB_LOST = "ExternalJobLost"
    """The Trading API does not know the job any more."""
    DEADLINE_EXCEEDED = "DeadlineExceeded"
    """The run took longer than spec.activeDeadlineSeconds."""

    CANCELLED = "Cancelled"
    """Somebody asked for it, by the annotation trading.zixly.io/cancel-requested-at."""

    # It is gone.
    DELETED = "Deleted"
    """The object was deleted; this reason is seen only in the ledger."""
