"""Sweeps of RSI that the API server refuses, and the words that their authors must read."""

from tests.crd.wrong_sweeps import AT_LEAST_1, OBJECT, REQUIRED, Wrong, wrong

AN_RSI: dict[str, str | None] = {
    "strategyType": "RSI",
    "fastRange": None,
    "slowRange": None,
    "rsi": "{enter: {min: 20, max: 40}, exit: {min: 60, max: 80}}",
}
"""What makes a good sweep one of RSI."""


def rsi(name: str, *words: str, levels: str | None, **change: str | None) -> Wrong:
    """Describe a wrong sweep of RSI in one line."""
    return wrong(name, *words, **{**AN_RSI, "rsi": levels, **change})


USUAL = "{enter: {min: 20, max: 40}, exit: {min: 60, max: 80}}"
LEVELS = (
    rsi("missing", "spec.rsi", REQUIRED, "rsi is required for strategyType RSI", levels=None),
    rsi("a_list", "spec.rsi", OBJECT, levels="[30, 70]"),
    rsi("without_enter", "spec.rsi.enter", REQUIRED, levels="{exit: {min: 60, max: 80}}"),
    rsi("without_exit", "spec.rsi.exit", REQUIRED, levels="{enter: {min: 60, max: 80}}"),
    rsi(
        "with_a_fast_range",
        "spec.fastRange",
        "fastRange is only for strategyType SMA, EMA or MACD and this sweep is RSI",
        levels=USUAL,
        fastRange="{min: 10, max: 20}",
    ),
    rsi(
        "with_a_slow_range",
        "spec.slowRange",
        "slowRange is only for strategyType SMA, EMA or MACD",
        levels=USUAL,
        slowRange="{min: 10, max: 20}",
    ),
    rsi("with_macd", "spec.macd", "only for strategyType MACD", levels=USUAL, macd="{}"),
    wrong(
        "on_an_sma_sweep",
        "spec.rsi",
        "rsi is only for strategyType RSI and this sweep is SMA",
        rsi=USUAL,
    ),
    rsi(
        "enter_min_not_below_exit_min",
        "spec.rsi.enter.min",
        "enter.min (40) must be below exit.min (40)",
        levels="{enter: {min: 40, max: 45}, exit: {min: 40, max: 80}}",
    ),
    rsi(
        "enter_max_not_below_exit_max",
        "spec.rsi.enter.max",
        "enter.max (90) must be below exit.max (80)",
        levels="{enter: {min: 40, max: 90}, exit: {min: 60, max: 80}}",
    ),
    rsi(
        "enter_min_above_max",
        "spec.rsi.enter.min",
        "min (41) must not be above max (40)",
        levels="{enter: {min: 41, max: 40}, exit: {min: 60, max: 80}}",
    ),
    rsi(
        "level_0",
        "rsi.enter.min",
        AT_LEAST_1,
        levels="{enter: {min: 0, max: 1}, exit: {min: 2, max: 3}}",
    ),
    rsi(
        "level_100",
        "rsi.exit.max",
        "to 99",
        levels="{enter: {min: 1, max: 1}, exit: {min: 2, max: 100}}",
    ),
    rsi("period_1", "rsi.period", "equal to 2", levels=f"{{period: 1, {USUAL[1:]}"),
    rsi("period_101", "rsi.period", "equal to 100", levels=f"{{period: 101, {USUAL[1:]}"),
)

WRONG_LEVELS = {case.name: case for case in LEVELS}
