"""Who is told by mail how a run ended, and what: frozen in the decision that ends it."""

from dataclasses import replace
from typing import Any

from tradingsweep.crd.notifications import NotifiedPhase
from tradingsweep.domain.changes import Change, Mail
from tradingsweep.domain.facts import Facts
from tradingsweep.domain.phases import Event
from tradingsweep.domain.summary import pair

MOST_SHOWN = 3
"""Pairs in a mail."""
MOST_DOMAINS_NAMED = 3
_PHASES = {Event.STORED: NotifiedPhase.COMPLETED, Event.GAVE_UP: NotifiedPhase.FAILED}


def notified(facts: Facts, change: Change) -> Change:
    """Add the mails that a change calls for: one an address, where it ends a run.

    Results that are used again end nothing: the change that opens their run has another event.
    """
    phase = _PHASES.get(change.event) if change.event else None
    if phase is None or facts.object is None:
        return change
    asked = facts.object.spec.notifications
    addresses = asked.emails if asked else facts.policy.mail.default
    if asked is not None and phase not in asked.phases:
        return change
    domains = facts.policy.mail.domains
    allowed = [address for address in addresses if _domain(address) in domains]
    refused = sorted({_domain(a) for a in addresses} - domains)
    told = _notice(facts, change, phase)
    return replace(
        change,
        mails=tuple(Mail(address, told) for address in allowed),
        announce=tuple(
            replace(said, note=said.note + _refusal(refused)) for said in change.announce
        ),
    )


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _refusal(domains: list[str]) -> str:
    """Say it where the author of the sweep looks, without an address and without another write."""
    if not domains:
        return ""
    named = ", ".join(domains[:MOST_DOMAINS_NAMED])
    more = " and others" if len(domains) > MOST_DOMAINS_NAMED else ""
    return f" (no mail to {named}{more}: this operator may not write there)"


def _notice(facts: Facts, change: Change, phase: NotifiedPhase) -> dict[str, Any]:
    """Return what a mail says, as JSON: a mail that is sent twice says the same twice."""
    target, run, page = facts.object, facts.view.run, change.results
    ended = next((s for s in facts.view.submissions for m in change.moves if m.key == s.key), None)
    return {
        "namespace": target.namespace if target else "",
        "name": target.name if target else "",
        "phase": phase.value,
        "reason": change.reason.value if change.reason else "",
        "message": change.message,
        "parameters": run.parameters if run else {},
        "run": run.run_no if run else 0,
        "job_id": ended.job_ids[0] if ended and ended.job_ids else None,
        "sweep_run_id": page.sweep_run_id if page else None,
        "best": [pair(one).to_wire() for one in page.results[:MOST_SHOWN]] if page else [],
        "total": page.total if page else None,
        "synthetic": page.synthetic if page else False,
        "ended_at": facts.now.isoformat(timespec="seconds"),
    }
