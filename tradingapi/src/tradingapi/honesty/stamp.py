"""What it takes to get the same result again, and to see that it is the same."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from importlib.metadata import version
from typing import Any, Final, get_origin, get_type_hints

import numpy as np

from tradingapi.engine import Bars, SweepSpec
from tradingapi.engine.score import SCORE_VERSION
from tradingapi.honesty.backtester import Backtester, Surface
from tradingapi.honesty.verdict import VERDICT_VERSION

STAMP_VERSION: Final = 1

PACKAGES: Final = ("tradingapi", "numpy", "numba")
"""Whose versions can change a figure's last digits."""


NAMES: Final = {dict: "an object", str: "a text", int: "a whole number"}


@dataclass(frozen=True)
class Stamp:
    """Data, question, versions, answer."""

    stamp_version: int
    source: str
    ticker: str
    interval: str
    data_sha256: str
    """Of the bars up to the window's end: an average remembers its first bar."""
    parameters: Mapping[str, Any]
    """Every field of the sweep's spec, defaults included, and the report's own under `report`."""
    versions: Mapping[str, str]
    result_sha256: str

    def text(self) -> str:
        """Return the stamp as one line of JSON, keys sorted: equal stamps are equal texts."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True)
class Reproduction:
    """What came of doing a stamped sweep again."""

    same_data: bool
    same_result: bool
    """Whether every figure is the same to the byte. Other versions may differ in last digits."""
    other_versions: Mapping[str, tuple[str, str]]
    """Where the versions differ: (stamped, here)."""
    result_sha256: str


def stamp(
    bars: Bars, spec: SweepSpec, surface: Surface, data_sha256: str, report: Mapping[str, Any]
) -> Stamp:
    """Stamp a finished sweep. `report` holds what the report itself was asked for."""
    return Stamp(
        stamp_version=STAMP_VERSION,
        source=bars.origin.source,
        ticker=bars.origin.ticker,
        interval=bars.origin.interval,
        data_sha256=data_sha256,
        parameters={**parameters_of(spec), "report": dict(report)},
        versions=versions(),
        result_sha256=fingerprint(surface),
    )


def fingerprint(surface: Surface) -> str:
    """Return the sha256 of a surface's columns, little-endian, in the grid's order."""
    digest = hashlib.sha256()
    signals = () if surface.signal is None else (surface.signal,)
    for column in (surface.fast, surface.slow, *signals, surface.trades):
        digest.update(np.ascontiguousarray(column, dtype="<i8").tobytes())
    for figures in (surface.score, surface.sharpe, surface.annualized):
        # Every NaN is "undefined", whatever its bits are; and -0.0 equals 0.0.
        plain = np.where(np.isnan(figures), np.nan, figures + 0.0)
        digest.update(np.ascontiguousarray(plain, dtype="<f8").tobytes())
    return digest.hexdigest()


def read_stamp(written: object) -> Stamp:
    """Read a stamp from JSON values: somebody else's, until it has been looked at.

    Raises:
        ValueError: A member is missing, unknown or of another kind; the message names it.
    """
    members: dict[str, Any] = dict(written) if isinstance(written, Mapping) else {}
    version_read = members.get("stamp_version")
    _require(version_read == STAMP_VERSION, f"stamp_version: this version reads {STAMP_VERSION}")
    kinds = get_type_hints(Stamp)
    for name in sorted({*kinds, *members}):
        if name not in kinds:
            raise ValueError(f"{name}: a stamp has no such member")
        kind = dict if get_origin(kinds[name]) is not None else kinds[name]
        _require(isinstance(members.get(name), kind), f"{name}: missing, or not {NAMES[kind]}")
    return Stamp(**members)


def _require(holds: bool, rule: str) -> None:
    if not holds:
        raise ValueError(rule)


def parameters_of(spec: SweepSpec) -> dict[str, Any]:
    """Write a spec as JSON values."""
    return {
        name: value.value if isinstance(value, Enum) else value
        for name, value in asdict(spec).items()
    }


def spec_of(parameters: Mapping[str, Any]) -> SweepSpec:
    """Read a spec back.

    Raises:
        ValueError: A parameter is unknown, missing or out of bounds; the message names it.
    """
    kinds = get_type_hints(SweepSpec)
    given = {name: value for name, value in parameters.items() if name != "report"}
    unknown = sorted(set(given) - set(kinds))
    if unknown:
        raise ValueError(f"{unknown[0]}: this version of the sweep has no such parameter")
    try:
        return SweepSpec(**{name: _read(kinds[name], value) for name, value in given.items()})
    except TypeError as error:
        raise ValueError(f"parameters: {error}") from error


def reproduce(stamped: Stamp, bars: Bars, engine: Backtester) -> Reproduction:
    """Do a stamped sweep again on bars that were fetched again.

    Raises:
        ValueError: The stamp's parameters are not those of a sweep.
        InsufficientDataError: The bars are too few for it.
    """
    spec = spec_of(stamped.parameters)
    history = bars if spec.end is None else bars.until(_stop(bars, spec.end))
    found = fingerprint(engine.surface(bars, spec))
    here = versions()
    return Reproduction(
        same_data=history.sha256 == stamped.data_sha256,
        same_result=found == stamped.result_sha256,
        other_versions={
            name: (stamped.versions.get(name, ""), value)
            for name, value in here.items()
            if stamped.versions.get(name) != value
        },
        result_sha256=found,
    )


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    packages = {name: version(name) for name in PACKAGES}
    return {**packages, "score": str(SCORE_VERSION), "verdict": str(VERDICT_VERSION)}


def _read(kind: Any, value: Any) -> Any:  # noqa: ANN401 - JSON values and type hints are any
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return tuple(value) if isinstance(value, list) else value


def _stop(bars: Bars, end: int) -> int:
    return int(np.searchsorted(bars.time, end, side="right"))
