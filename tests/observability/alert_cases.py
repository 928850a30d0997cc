"""For each alert: samples a minute apart that make it fire, and some that must not.

Values are written as promtool reads them: `0+1x60` is 61 samples from 0 in steps of 1, `_` is none.
"""

from dataclasses import dataclass
from typing import Any

from dev import alerts
from tradingsweep.adapters.metrics import families as f

J = alerts.OPERATOR


@dataclass(frozen=True)
class Case:
    """One story."""

    alert: str
    says: str
    series: dict[str, str]
    fires_at: str | None = None
    """A moment at which it fires; None: it never does."""
    quiet_at: str = "12h"
    """A moment at which it does not."""

    def test(self) -> dict[str, Any]:
        """Return it as promtool reads it."""
        asked = f'count(ALERTS{{alertname="{self.alert}", alertstate="firing"}})'
        moments: dict[str, list[dict[str, Any]]] = {self.quiet_at: []}
        if self.fires_at:
            moments[self.fires_at] = [{"labels": "{}", "value": 1}]
        return {
            "name": f"{self.alert}: {self.says}",
            "interval": "1m",
            "input_series": [{"series": n, "values": v} for n, v in self.series.items()],
            "promql_expr_test": [
                {"expr": asked, "eval_time": moment, "exp_samples": samples}
                for moment, samples in moments.items()
            ],
        }


def _one(family: f.Family, labels: str = "") -> str:
    return f"{family.name}{{{', '.join(filter(None, (J, labels)))}}}"


def _ended(status: str) -> str:
    return _one(f.JOBS_COMPLETED, f'status="{status}", ticker="BTC-USD"')


def _bucket(le: str) -> str:
    return f'{f.DURATION.name}_bucket{{{J}, status="completed", ticker="BTC-USD", le="{le}"}}'


_COUNT = f'{f.DURATION.name}_count{{{J}, status="completed", ticker="BTC-USD"}}'
_ERRORS = _one(f.RECONCILES, 'result="error"')
_UNSIGNED = _one(f.SIGNATURE_FAILURES, 'reason="kid"')
_DEAD_IN, _DEAD_OUT = _one(f.INBOX, 'state="dead"'), _one(f.OUTBOX, 'kind="mail", state="dead"')

CASES = (
    Case("TradingSweepOperatorDown", "nobody leads, then somebody does",
         {_one(f.LEADER): "0x20 1x800"}, fires_at="10m"),
    Case("TradingSweepOperatorDown", "the process is gone and comes back",
         {_one(f.LEADER): "1x5 _x20 1x800"}, fires_at="20m"),
    Case("TradingSweepOperatorDown", "a change of leaders takes a minute",
         {_one(f.LEADER): "1x10 0 1x800"}, quiet_at="12m"),
    Case("TradingSweepOperatorDown", "another release's leader is no help",
         {f'{f.LEADER.name}{{job="other-operator", namespace="other"}}': "1x800",
          _one(f.LEADER): "0x20 1x800"}, fires_at="10m"),
    Case("TradingSweepReceiverDown", "no scrape succeeds, then one does",
         {f"up{{{alerts.RECEIVER}}}": "0x20 1x800"}, fires_at="10m"),
    Case("TradingSweepReceiverDown", "its pods are gone, another release's are there",
         {f"up{{{alerts.RECEIVER}}}": "1x5 _x20 1x800",
          'up{job="other-receiver", namespace="other"}': "1x800"}, fires_at="20m"),
    Case("TradingSweepReceiverDown", "one of two is there",
         {f'up{{{alerts.RECEIVER}, pod="a"}}': "0x800",
          f'up{{{alerts.RECEIVER}, pod="b"}}': "1x800"}, quiet_at="1h"),
    Case("TradingSweepTwoLeaders", "each of two namespaces has one",
         {f'{f.LEADER.name}{{job="tradingsweep-operator", namespace="{desk}"}}': "1x800"
          for desk in ("desk-a", "desk-b")}, quiet_at="1h"),
    Case("TradingSweepTwoLeaders", "two processes lead for five minutes",
         {f'{f.LEADER.name}{{{J}, pod="a"}}': "1x5 0x800",
          f'{f.LEADER.name}{{{J}, pod="b"}}': "1x800"}, fires_at="4m"),
    Case("TradingSweepTwoLeaders", "one of two leads",
         {f'{f.LEADER.name}{{{J}, pod="a"}}': "0x800",
          f'{f.LEADER.name}{{{J}, pod="b"}}': "1x800"}, quiet_at="1h"),
    Case("TradingSweepLedgerDown", "Postgres is away for ten minutes",
         {_one(f.LEDGER_UP): "0x10 1x800"}, fires_at="5m"),
    Case("TradingSweepLedgerDown", "one of two processes does not reach it",
         {f'{f.LEDGER_UP.name}{{{J}, pod="a"}}': "0x800",
          f'{f.LEDGER_UP.name}{{{J}, pod="b"}}': "1x800"}, quiet_at="1h"),
    Case("TradingSweepApiDown", "the API is away for half an hour",
         {_one(f.API_UP): "0x30 1x800"}, fires_at="20m"),
    Case("TradingSweepApiDown", "it is restarted",
         {_one(f.API_UP): "1x10 0x3 1x800"}, quiet_at="13m"),
    Case("TradingSweepCredentialsRejected", "the key is rejected, then replaced",
         {_one(f.API_CREDENTIALS): "0x10 1x800"}, fires_at="5m"),
    Case("TradingSweepCredentialsRejected", "the key is fine",
         {_one(f.API_CREDENTIALS): "1x800"}),
    Case("TradingSweepQueueStuck", "two hours of waiting and nothing ends",
         {_one(f.OLDEST_WAITING): "0+60x120 0x800", _ended("completed"): "5x1000"},
         fires_at="110m"),
    Case("TradingSweepQueueStuck", "a long queue that moves",
         {_one(f.OLDEST_WAITING): "0+60x800", _ended("completed"): "0+1x800"}),
    Case("TradingSweepFailuresBurnFast", "all fail for an hour, then none",
         {_ended("failed"): "0+1x60 60x800", _ended("completed"): "0x60 0+1x800"}, fires_at="50m"),
    Case("TradingSweepFailuresBurnFast", "one of ten fails",
         {_ended("failed"): "0+1x800", _ended("completed"): "0+9x800"}),
    Case("TradingSweepFailuresBurnFast", "the only two of a quiet day fail",
         {_ended("failed"): "0x600 1x30 2x200", _ended("completed"): "0x900"}, quiet_at="650m"),
    Case("TradingSweepFailuresBurnFast", "the counter begins anew after a restore",
         {_ended("failed"): "500x300 0x600", _ended("completed"): "5000+1x300 0+1x600"},
         quiet_at="302m"),
    Case("TradingSweepFailuresBurnSlowly", "a fifth fails for hours, then none",
         {_ended("failed"): "0+1x300 300x900", _ended("completed"): "0+4x1200"}, fires_at="290m",
         quiet_at="19h"),
    Case("TradingSweepFailuresBurnSlowly", "one of a hundred fails",
         {_ended("failed"): "0+1x800", _ended("completed"): "0+99x800"}),
    Case("TradingSweepsTakeLong", "half of them take longer, then none",
         {_COUNT: "0+2x300 600+2x900", _bucket("1800.0"): "0+1x300 300+2x900"}, fires_at="200m",
         quiet_at="19h"),
    Case("TradingSweepsTakeLong", "all are quick",
         {_COUNT: "0+2x800", _bucket("1800.0"): "0+2x800"}),
    Case("TradingSweepHeld", "one is held and let go",
         {_one(f.HELD, 'reason="LedgerRolledBack"'): "1x20 0x800"}, fires_at="10m"),
    Case("TradingSweepHeld", "none was ever held", {_one(f.LEADER): "1x800"}),
    Case("TradingSweepInboxStuck", "callbacks lie for ten minutes",
         {_one(f.INBOX_OLDEST): "0+60x10 0x800"}, fires_at="9m"),
    Case("TradingSweepInboxStuck", "they lie for two seconds",
         {_one(f.INBOX_OLDEST): "2x800"}),
    Case("TradingSweepSetAside", "a mail died, and was dealt with",
         {_DEAD_IN: "0x800", _DEAD_OUT: "1x30 0x800"}, fires_at="20m"),
    Case("TradingSweepSetAside", "nothing died", {_DEAD_IN: "0x800", _DEAD_OUT: "0x800"}),
    Case("TradingSweepBadSignatures", "two a minute for half an hour",
         {_UNSIGNED: "0+2x30 60x800"}, fires_at="25m"),
    Case("TradingSweepBadSignatures", "a scanner knocks once",
         {_UNSIGNED: "0x10 3x800"}, quiet_at="20m"),
    Case("TradingSweepBadSignatures", "the receiver is restarted",
         {_UNSIGNED: "900x60 0x800"}, quiet_at="65m"),
    Case("TradingSweepPassesRaise", "one pass a minute raises",
         {_ERRORS: "0+1x30 30x800"}, fires_at="25m"),
    Case("TradingSweepPassesRaise", "the operator is restarted",
         {_ERRORS: "50x60 0x800"}, quiet_at="65m"),
    Case("TradingSweepPassStuck", "a pass hangs for twenty minutes",
         {_one(f.LONGEST): "0+60x20 0x800"}, fires_at="15m"),
    Case("TradingSweepPassStuck", "passes take a second", {_one(f.LONGEST): "1x800"}),
)  # fmt: skip
