"""Is the winner luck? What a sweep's answer says about itself, unasked.

It stands on the engine and asks it again: on permuted prices, on halves of the window, a bar
later, at other costs. `docs/honesty.md` has every formula, its source, and what it cannot tell.
"""

from tradingapi.honesty.backtester import Backtester, BlockSums, Run, Surface
from tradingapi.honesty.by_engine import SweepEngine
from tradingapi.honesty.checks import Checks, Options
from tradingapi.honesty.report import HonestyReport, Preset, effort, report, warm_up
from tradingapi.honesty.stamp import Reproduction, Stamp, read_stamp, reproduce
from tradingapi.honesty.verdict import VERDICT_VERSION, Verdict, VerdictName
from tradingapi.honesty.walk_forward import Training
from tradingapi.honesty.watch import ReportCancelledError

__all__ = [
    "VERDICT_VERSION",
    "Backtester",
    "BlockSums",
    "Checks",
    "HonestyReport",
    "Options",
    "Preset",
    "ReportCancelledError",
    "Reproduction",
    "Run",
    "Stamp",
    "Surface",
    "SweepEngine",
    "Training",
    "Verdict",
    "VerdictName",
    "effort",
    "read_stamp",
    "report",
    "reproduce",
    "warm_up",
]
