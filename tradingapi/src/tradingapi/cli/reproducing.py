"""`tradingapi reproduce`: a stamped sweep again, and whether it is the same to the byte."""

import json
import sys
from pathlib import Path
from typing import Final

import typer

from tradingapi.cli.asked import fetched
from tradingapi.cli.ending import CommandError, Status
from tradingapi.engine import BadBarsError, Bars, InsufficientDataError
from tradingapi.honesty import Reproduction, Stamp, SweepEngine, read_stamp
from tradingapi.honesty import reproduce as again
from tradingapi.honesty.stamp import spec_of
from tradingapi.prices import file as price_file
from tradingapi.prices.directory import DirectorySource

LARGEST: Final = 16 * 2**20
"""Bytes of a report; one of a full grid has some ten thousand."""

OF_FILES: Final = frozenset({price_file.NAME, DirectorySource.name})
"""Sources whose stamps need the file again."""


def reproduce(where: str, file: Path | None, exchange: str) -> None:
    """Fetch the prices again, sweep again, compare, and say it.

    Raises:
        CommandError: There is no stamp or no prices; or, with status 3, something differs.
    """
    stamp = _stamp(where)
    bars = _bars(stamp, file, exchange)
    try:
        found = again(stamp, bars, SweepEngine())
    except (BadBarsError, InsufficientDataError) as error:
        raise CommandError(f"prices: {error}") from error
    for line in told(stamp, found):
        typer.echo(line)
    if not (found.same_data and found.same_result):
        raise CommandError("not reproduced", Status.DIFFERENT)


def told(stamp: Stamp, found: Reproduction) -> list[str]:
    """Say what is the same and what differs."""
    versions = [
        f"  {name}: {stamped or 'none'} in the stamp, {here} here"
        for name, (stamped, here) in sorted(found.other_versions.items())
    ]
    if found.same_data and found.same_result:
        other = ["byte-identical although versions differ:", *versions] if versions else []
        return [
            f"byte-identical: {stamp.ticker} {stamp.interval} of {stamp.source}",
            f"  data    {stamp.data_sha256}",
            f"  result  {stamp.result_sha256}",
            *other,
        ]
    lines = []
    if not found.same_data:
        lines.append("the data differ: other bars up to the window's end than in the stamp")
    if not found.same_result:
        lines += [
            "the result differs:",
            f"  stamped {stamp.result_sha256}",
            f"  here    {found.result_sha256}",
        ]
    if versions:
        lines += ["versions differ:", *versions]
    elif found.same_data:
        lines.append(
            "data and versions are the same: somebody changed the stamp, or it is a defect"
        )
    return lines


def _stamp(where: str) -> Stamp:
    """Read a stamp from a report, from a file of its own, or from stdin."""
    try:
        if where == "-":
            text = sys.stdin.read(LARGEST + 1)
        else:
            with Path(where).open(encoding="utf-8") as opened:
                text = opened.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise CommandError(f"STAMP: {where} cannot be read: {why}", Status.WRONG) from error
    if len(text) > LARGEST:
        raise CommandError(f"STAMP: {where} is larger than {LARGEST // 2**20} MiB", Status.WRONG)
    try:
        written = json.loads(text)
        inner = written.get("stamp", written) if isinstance(written, dict) else written
        return read_stamp(inner)
    except (ValueError, RecursionError) as error:
        raise CommandError(
            f"STAMP: {error}", Status.WRONG, "It is a report.json, or the stamp in it."
        ) from error


def _bars(stamp: Stamp, file: Path | None, exchange: str) -> Bars:
    from_file = stamp.source in OF_FILES
    if from_file and file is None:
        raise CommandError(
            "FILE: this sweep was made of a file",
            Status.WRONG,
            "Name it: tradingapi reproduce report.json prices.csv",
        )
    name = price_file.NAME if from_file else stamp.source
    try:
        spec = spec_of(stamp.parameters)
    except ValueError as error:
        raise CommandError(f"STAMP: {error}", Status.WRONG) from error
    return fetched(name, stamp.ticker, stamp.interval, spec, file=file, exchange=exchange)
