"""Sweeps that the API server refuses, as their authors write them, and the words they must read.

A change is YAML text that replaces members of a good sweep's spec: text, because it is YAML that
turns `ON` into a truth value before any schema sees it.
"""

from dataclasses import dataclass

GOOD_SPEC = {
    "ticker": "BTC-USD",
    "fastRange": "{min: 10, max: 20}",
    "slowRange": "{min: 20, max: 30}",
    "step": "5",
}


@dataclass(frozen=True)
class Wrong:
    """A wrong sweep: what is changed in a good one, and what the refusal must say."""

    name: str
    change: dict[str, str | None]
    """Member of the spec → its YAML text; None leaves the member out."""
    words: tuple[str, ...]
    """All of them are in the message: the field and the rule."""


def manifest(change: dict[str, str | None] | None = None, *, name: str = "sweep") -> str:
    """Write a good sweep, with a change, as its author would."""
    members = GOOD_SPEC | (change or {})
    spec = "".join(f"  {name}: {text}\n" for name, text in members.items() if text is not None)
    return with_spec(f"spec:\n{spec}", name=name)


def with_spec(rest: str, *, name: str = "sweep") -> str:
    """Write a sweep of which everything below its metadata is given, as YAML text."""
    return (
        "apiVersion: trading.zixly.io/v1alpha1\n"
        "kind: TradingSweep\n"
        f"metadata: {{name: {name}}}\n"
        f"{rest}\n"
    )


def wrong(name: str, *words: str, **change: str | None) -> Wrong:
    """Describe a wrong sweep in one line."""
    return Wrong(name, change, words)


INTEGER, STRING, OBJECT = "must be of type integer", "must be of type string", "of type object"
REQUIRED = "Required value"
AT_LEAST_1, AT_MOST_500 = "greater than or equal to 1", "less than or equal to 500"
CAPITALS = "a ticker is written with capital letters"

TICKERS = (
    wrong("missing", "spec.ticker", REQUIRED, ticker=None),
    wrong("null", "spec.ticker", REQUIRED, ticker="null"),
    wrong("empty", "spec.ticker", "at least 3 chars", ticker="''"),
    wrong("two_characters", "spec.ticker", "at least 3 chars", ticker="BT"),
    wrong("21_characters", "spec.ticker", "may not be more than 20", ticker="A" * 21),
    wrong("a_megabyte", "spec.ticker", "may not be more than 20", ticker="A" * 1_000_000),
    wrong("lower_case", "spec.ticker", CAPITALS, ticker="btc-usd"),
    wrong("a_trailing_newline", "spec.ticker", CAPITALS, ticker='"BTC-USD\\n"'),
    wrong("a_newline_inside", "spec.ticker", CAPITALS, ticker='"BTC\\nUSD"'),
    wrong("a_null_byte", "spec.ticker", CAPITALS, ticker='"BTC\\0USD"'),
    wrong("a_path", "spec.ticker", CAPITALS, ticker="../../etc"),
    wrong("a_leading_dash", "spec.ticker", CAPITALS, ticker="-BTC"),
    wrong("a_space", "spec.ticker", CAPITALS, ticker="BTC USD"),
    wrong("a_slash", "spec.ticker", CAPITALS, ticker="BTC/USD"),
    wrong("a_cyrillic_letter", "spec.ticker", CAPITALS, ticker="\u0412TC-USD"),
    wrong("on_which_yaml_reads_as_true", "spec.ticker", STRING, "boolean", ticker="ON"),
    wrong("no_which_yaml_reads_as_false", "spec.ticker", STRING, "boolean", ticker="NO"),
    wrong("a_number", "spec.ticker", STRING, "integer", ticker="600519"),
    wrong("a_list", "spec.ticker", STRING, "array", ticker="[BTC-USD, ETH-USD]"),
)

RANGES = (
    wrong("fast_missing", "spec.fastRange", REQUIRED, fastRange=None),
    wrong("slow_missing", "spec.slowRange", REQUIRED, slowRange=None),
    wrong("fast_null", "spec.fastRange", REQUIRED, fastRange="null"),
    wrong("the_apis_array", "spec.fastRange", OBJECT, fastRange="[10, 20]"),
    wrong("text", "spec.slowRange", OBJECT, slowRange="20-30"),
    wrong("empty", "spec.fastRange.min", "spec.fastRange.max", REQUIRED, fastRange="{}"),
    wrong("fast_min_501", "spec.fastRange.min", AT_MOST_500, fastRange="{min: 501, max: 20}"),
    wrong("fast_max_0", "spec.fastRange.max", AT_LEAST_1, fastRange="{min: 10, max: 0}"),
    wrong("fast_max_501", "spec.fastRange.max", AT_MOST_500, fastRange="{min: 10, max: 501}"),
    wrong("slow_min_0", "spec.slowRange.min", AT_LEAST_1, slowRange="{min: 0, max: 30}"),
    wrong("slow_min_501", "spec.slowRange.min", AT_MOST_500, slowRange="{min: 501, max: 30}"),
    wrong("slow_max_0", "spec.slowRange.max", AT_LEAST_1, slowRange="{min: 20, max: 0}"),
    wrong("without_min", "spec.slowRange.min: Required value", slowRange="{max: 30}"),
    wrong("without_max", "spec.slowRange.max", REQUIRED, slowRange="{min: 20}"),
    wrong("min_is_null", "spec.fastRange.min", REQUIRED, fastRange="{min: null, max: 20}"),
    wrong(
        "min_is_zero",
        "spec.fastRange.min",
        AT_LEAST_1,
        fastRange="{min: 0, max: 20}",
    ),
    wrong(
        "min_is_negative",
        "spec.fastRange.min",
        AT_LEAST_1,
        fastRange="{min: -5, max: 20}",
    ),
    wrong(
        "max_is_501",
        "spec.slowRange.max",
        AT_MOST_500,
        slowRange="{min: 20, max: 501}",
    ),
    wrong("min_is_text", "spec.fastRange.min", INTEGER, fastRange="{min: '10', max: 20}"),
    wrong("max_is_a_fraction", "spec.slowRange.max", INTEGER, slowRange="{min: 20, max: 30.5}"),
    wrong("min_is_a_truth_value", "spec.fastRange.min", INTEGER, fastRange="{min: yes, max: 20}"),
    wrong(
        "fast_min_above_max",
        "spec.fastRange.min",
        "min (15) must not be above max (12)",
        fastRange="{min: 15, max: 12}",
    ),
    wrong(
        "slow_min_above_max",
        "spec.slowRange.min",
        "min (40) must not be above max (30)",
        slowRange="{min: 40, max: 30}",
    ),
    wrong(
        "fast_min_equals_slow_min",
        "spec.fastRange.min",
        "fastRange.min (20) must be below slowRange.min (20)",
        fastRange="{min: 20, max: 25}",
    ),
    wrong(
        "fast_min_above_slow_min",
        "spec.fastRange.min",
        "fastRange.min (22) must be below slowRange.min (20)",
        fastRange="{min: 22, max: 25}",
    ),
    wrong(
        "fast_max_equals_slow_max",
        "spec.fastRange.max",
        "fastRange.max (30) must be below slowRange.max (30)",
        fastRange="{min: 10, max: 30}",
    ),
    wrong(
        "fast_max_above_slow_max",
        "spec.fastRange.max",
        "fastRange.max (45) must be below slowRange.max (30)",
        fastRange="{min: 10, max: 45}",
    ),
    wrong(
        "an_unknown_member",
        "unknown field",
        "spec.fastRange.step",
        fastRange="{min: 10, max: 20, step: 5}",
    ),
)

NUMBERS = (
    wrong("step_missing", "spec.step", REQUIRED, step=None),
    wrong("step_null", "spec.step", REQUIRED, step="null"),
    wrong("step_0", "spec.step", "greater than or equal to 1", step="0"),
    wrong("step_51", "spec.step", "less than or equal to 50", step="51"),
    wrong("step_a_fraction", "spec.step", INTEGER, step="2.5"),
    wrong("step_text", "spec.step", INTEGER, step="'5'"),
    wrong("step_huge", "spec.step", "less than or equal to 50", step="9223372036854775807"),
    wrong("step_beyond_64_bits", "spec.step", INTEGER, step="99999999999999999999"),
    wrong("minTrades_9", "spec.minTrades", "greater than or equal to 10", minTrades="9"),
    wrong("minTrades_1001", "spec.minTrades", "less than or equal to 1000", minTrades="1001"),
    wrong("priority_1001", "spec.priority", "less than or equal to 1000", priority="1001"),
    wrong("priority_-1001", "spec.priority", "greater than or equal to -1000", priority="-1001"),
    wrong("priority_a_word", "spec.priority", INTEGER, priority="high"),
    wrong("suspend_a_word", "spec.suspend", "boolean", suspend="'yes'"),
    wrong("ttl_below_0", "spec.ttlSecondsAfterFinished", "to 0", ttlSecondsAfterFinished="-1"),
    wrong("age_31536001", "spec.maxResultAgeSeconds", "31536000", maxResultAgeSeconds="31536001"),
    wrong("backoff_below_0", "spec.backoffLimit", "to 0", backoffLimit="-1"),
    wrong("backoff_11", "spec.backoffLimit", "to 10", backoffLimit="11"),
    wrong("deadline_59", "spec.activeDeadlineSeconds", "to 60", activeDeadlineSeconds="59"),
    wrong(
        "deadline_604801", "spec.activeDeadlineSeconds", "604800", activeDeadlineSeconds="604801"
    ),
    wrong("deadline_1h", "spec.activeDeadlineSeconds", INTEGER, activeDeadlineSeconds="1h"),
    wrong("topResults_0", "spec.topResults", "greater than or equal to 1", topResults="0"),
    wrong("topResults_11", "spec.topResults", "less than or equal to 10", topResults="11"),
    wrong("storeResults_0", "spec.storeResults", "greater than or equal to 1", storeResults="0"),
    wrong("storeResults_10001", "spec.storeResults", "equal to 10000", storeResults="10001"),
)

CHOICES = (
    wrong(
        "strategy_unknown", "spec.strategyType", '"SMA", "EMA", "MACD", "RSI"', strategyType="MAGIC"
    ),
    wrong("strategy_lower_case", "spec.strategyType", '"SMA"', strategyType="sma"),
    wrong("strategy_a_list", "spec.strategyType", STRING, strategyType="[SMA]"),
    wrong("preset_in_the_apis_spelling", "spec.preset", '"Minimum", "Standard"', preset="minimum"),
    wrong("macd_on_an_sma_sweep", "spec.macd", "only for strategyType MACD", "SMA", macd="{}"),
    wrong(
        "macd_on_an_ema_sweep",
        "spec.macd",
        "this sweep is EMA",
        strategyType="EMA",
        macd="{signal: 9}",
    ),
    wrong(
        "signal_1",
        "spec.macd.signal",
        "greater than or equal to 2",
        strategyType="MACD",
        macd="{signal: 1}",
    ),
    wrong(
        "signal_51",
        "spec.macd.signal",
        "less than or equal to 50",
        strategyType="MACD",
        macd="{signal: 51}",
    ),
    wrong("macd_a_number", "spec.macd", OBJECT, strategyType="MACD", macd="9"),
    wrong("runID_empty", "spec.runID", "at least 1 chars", runID="''"),
    wrong("runID_65_characters", "spec.runID", "may not be more than 64", runID="r" * 65),
    wrong("runID_with_a_slash", "spec.runID", "letters, digits and . _ - only", runID="a/b"),
    wrong("runID_leading_dash", "spec.runID", "begins and ends", runID="-a"),
    wrong("runID_trailing_newline", "spec.runID", "begins and ends", runID='"a\\n"'),
    wrong("runID_a_number", "spec.runID", STRING, runID="2025"),
    wrong("unknown_field", "unknown field", "spec.stpe", stpe="5"),
    wrong("the_apis_spelling", "unknown field", "spec.min_trades", min_trades="50"),
)

ADDRESS = "an address is written as name@domain"


def _mail(name: str, words: str, text: str, *, path: str = "emails[0]") -> Wrong:
    return wrong(name, f"spec.notifications.{path}", words, notifications=text)


def _to(name: str, address: str) -> Wrong:
    return _mail(name, ADDRESS, f"{{emails: ['{address}']}}")


NOTIFICATIONS = (
    wrong("a_list", "spec.notifications", OBJECT, notifications="[a@example.com]"),
    _mail("without_addresses", REQUIRED, "{phases: [Failed]}", path="emails"),
    _mail("no_address", "at least 1 items", "{emails: []}", path="emails"),
    _mail(
        "11_addresses",
        "must have at most 10 items",
        f"{{emails: [{', '.join(f'a{n}@example.com' for n in range(11))}]}}",
        path="emails",
    ),
    _mail(
        "an_address_twice",
        "Duplicate value",
        "{emails: [a@example.com, a@example.com]}",
        path="emails[1]",
    ),
    _mail("255_characters", "Too long", f"{{emails: [{'a' * 243}@example.com]}}"),
    _to("without_an_at", "a.example.com"),
    _to("without_a_domain", "a@"),
    _to("a_domain_of_one_part", "root@localhost"),
    _to("a_name_before_it", "Quant <quant@example.com>"),
    _to("two_in_one", "a@example.com,b@example.com"),
    _to("a_space", "a b@example.com"),
    _mail("a_line_break", ADDRESS, '{emails: ["a@example.com\\r\\nBcc: b@example.com"]}'),
    _mail("a_trailing_newline", ADDRESS, '{emails: ["a@example.com\\n"]}'),
    _mail("a_null_byte", ADDRESS, '{emails: ["a\\0@example.com"]}'),
    _to("letters_beyond_ascii", "quänt@example.com"),
    _mail(
        "another_phase",
        "Unsupported value",
        "{emails: [a@example.com], phases: [Running]}",
        path="phases[0]",
    ),
    _mail("no_phase", "at least 1 items", "{emails: [a@example.com], phases: []}", path="phases"),
)

WRONG_SWEEPS = {
    f"{group}_{case.name}": case
    for group, cases in (
        ("ticker", TICKERS),
        ("range", RANGES),
        ("number", NUMBERS),
        ("choice", CHOICES),
        ("notifications", NOTIFICATIONS),
    )
    for case in cases
}
