"""What a mail about the end of a run says: the subject, and the same words as text and as HTML."""

from dataclasses import dataclass
from html import escape
from typing import Any

_METRICS = (
    ("score", "Score", ""),
    ("sharpeRatio", "Sharpe ratio", ""),
    ("sortinoRatio", "Sortino ratio", ""),
    ("totalReturnPct", "Total return", " %"),
    ("annualizedReturn", "Annualized return", " %"),
    ("maxDrawdownPct", "Max drawdown", " %"),
    ("winRatePct", "Win rate", " %"),
    ("profitFactor", "Profit factor", ""),
    ("totalTrades", "Trades", ""),
    ("tradesPerMonth", "Trades per month", ""),
    ("avgTradeDuration", "Average trade", ""),
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail without its addresses."""

    subject: str
    text: str
    html: str


def letter(notice: dict[str, Any]) -> Letter:
    """Write the mail of a notice (`domain.notices`)."""
    parts = [_intro(notice), _asked(notice)]
    parts += [_pair(number, best) for number, best in enumerate(notice["best"], start=1)]
    parts.append(_where(notice))
    return Letter(
        _subject(notice),
        "\n\n".join(_as_text(*part) for part in parts) + "\n",
        f"<html><body>{''.join(_as_html(*part) for part in parts)}</body></html>\n",
    )


Rows = list[tuple[str, str]]


def _subject(notice: dict[str, Any]) -> str:
    best = notice["best"]
    end = f": {best[0]['periods']}, score {best[0].get('score', '-')}" if best else ""
    if notice["phase"] == "Failed":
        end = f": {notice['reason']}"
    text = f"{notice['parameters'].get('ticker', '')} sweep {_name(notice)} {_ended(notice)}{end}"
    # A subject is one line, whatever is in it.
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _intro(notice: dict[str, Any]) -> tuple[str, Rows]:
    made_up = " The prices are synthetic." if notice["synthetic"] else ""
    return f"The sweep {_name(notice)} {_ended(notice)}: {notice['message']}.{made_up}", []


def _asked(notice: dict[str, Any]) -> tuple[str, Rows]:
    rows = [(name.replace("_", " "), str(value)) for name, value in notice["parameters"].items()]
    return "What was asked", rows


def _pair(number: int, best: dict[str, Any]) -> tuple[str, Rows]:
    title = f"Best: {best['periods']}" if number == 1 else f"{number}. {best['periods']}"
    return title, [(label, f"{best[key]}{unit}") for key, label, unit in _METRICS if key in best]


def _where(notice: dict[str, Any]) -> tuple[str, Rows]:
    rows = [
        ("Run", str(notice["run"])),
        ("Job", notice["job_id"] or "-"),
        ("Sweep run", notice["sweep_run_id"] or "-"),
        ("Pairs", "-" if notice["total"] is None else str(notice["total"])),
        ("Ended", notice["ended_at"]),
        (
            "Look at it",
            f"kubectl get tradingsweep -n {notice['namespace']} {notice['name']} -o yaml",
        ),
    ]
    return "Where it is", rows


def _name(notice: dict[str, Any]) -> str:
    return f"{notice['namespace']}/{notice['name']}"


def _ended(notice: dict[str, Any]) -> str:
    return "completed" if notice["phase"] == "Completed" else "failed"


def _as_text(title: str, rows: Rows) -> str:
    width = max((len(label) for label, _ in rows), default=0)
    return "\n".join([title, *(f"  {label:<{width}}  {value}" for label, value in rows)])


def _as_html(title: str, rows: Rows) -> str:
    """Write a part as HTML; every word is escaped, for the API's own are among them."""
    if not rows:
        return f"<p>{escape(title)}</p>"
    cells = "".join(
        f'<tr><th align="left">{escape(label)}</th><td>{escape(value)}</td></tr>'
        for label, value in rows
    )
    return f"<h3>{escape(title)}</h3><table>{cells}</table>"
