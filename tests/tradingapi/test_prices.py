"""Price sources: files with all their faults, real series, and invented ones."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.tradingapi.server import serving
from tradingapi.engine import Bars, Strategy, SweepSpec, sweep
from tradingapi.prices.arch_data import ArchSource
from tradingapi.prices.chain import ChainedSource
from tradingapi.prices.directory import DirectorySource
from tradingapi.prices.source import (
    EVERYTHING,
    DataQualityError,
    SourceUnavailableError,
    SymbolNotFoundError,
    Wanted,
    finished,
    is_ticker,
)
from tradingapi.prices.synthetic import SyntheticSource

HEADER = "Date,Open,High,Low,Close,Volume\n"
ROWS = "2024-01-01,1,2,0.5,1.5,9\n2024-01-02,1.5,2,1,2,9\n2024-01-03,2,3,1,1,9\n"


def a_file(root: Path, text: str, ticker: str = "ACME", name: str = "1d.csv") -> DirectorySource:
    """Write a price file and return its source."""
    path = root / ticker / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return DirectorySource(root)


def test_a_csv_file_becomes_bars(tmp_path: Path) -> None:
    """Column names in any case, days as UTC midnights."""
    bars = a_file(tmp_path, HEADER + ROWS).fetch("ACME", "1d")

    assert [1.5, 2, 1] == bars.close.tolist()
    assert np.datetime64("2024-01-03", "ns").astype(np.int64) == bars.time[-1]
    assert ("directory", False) == (bars.origin.source, bars.origin.synthetic)


def test_a_bar_that_is_not_over_is_left_out(tmp_path: Path) -> None:
    """The last day counts from its midnight on, and a file may be ahead of the clock."""
    bars = a_file(tmp_path, HEADER + ROWS).fetch("ACME", "1d")
    midnight = pd.Timestamp("2024-01-04", tz="UTC").timestamp()

    assert 3 == len(finished(bars, midnight))
    assert 2 == len(finished(bars, midnight - 1))
    assert 0 == len(finished(bars, 0.0))


def test_a_file_without_rows_has_no_bars(tmp_path: Path) -> None:
    """That is too little data, and no fault of the file."""
    assert 0 == len(a_file(tmp_path, HEADER).fetch("ACME", "1d"))


def test_a_parquet_file_gives_the_same_bars_and_comes_first(tmp_path: Path) -> None:
    """With its times in a column or as the index."""
    source = a_file(tmp_path, HEADER + ROWS)
    from_csv = source.fetch("ACME", "1d")
    frame = pd.read_csv(tmp_path / "ACME" / "1d.csv", parse_dates=["Date"])
    for written in (frame, frame.set_index("Date")):
        written.to_parquet(tmp_path / "ACME" / "1d.parquet")
        (tmp_path / "ACME" / "1d.csv").unlink(missing_ok=True)

        assert from_csv.sha256 == source.fetch("ACME", "1d").sha256


def test_an_adjusted_close_scales_the_whole_row(tmp_path: Path) -> None:
    """A dividend or split is in all four prices."""
    text = "date,open,high,low,close,adj close\n2024-01-01,10,12,8,10,5\n"

    bars = a_file(tmp_path, text).fetch("ACME", "1d")

    assert (5.0, 6.0, 4.0, 5.0) == (bars.open[0], bars.high[0], bars.low[0], bars.close[0])


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "not a readable csv file"),
        (HEADER.replace("Close", "Last") + ROWS, "one column 'close'"),
        (HEADER + ROWS.replace("2024-01-02", "2024-01-01"), r"row 2 .*not after"),
        (HEADER + ROWS.replace("2024-01-02", "soon"), "row 2: date is not a time"),
        (HEADER + ROWS.replace("2024-01-02", "9024-01-02"), "row 2: date|years 1677"),
        (HEADER + ROWS.replace("2,1,2,9", "2,1,,9"), "row 2: close is not a number"),
        (HEADER + ROWS.replace("2,1,2,9", "2,1,x,9"), "row 2: close is not a number"),
        (HEADER + ROWS.replace("2,1,2,9", "2,1,-2,9"), r"row 2 .*close is not positive"),
        (HEADER + ROWS.replace("2,1,2,9", "2,1,0,9"), r"row 2 .*close is not positive"),
        (HEADER + ROWS.replace("2,1,2,9", "2,1,1e300,9"), r"row 2 .*close is outside"),
        (HEADER + ROWS.replace("2,1,2,9", "2,1,7,9"), r"row 2 .*high is below"),
    ],
)
def test_a_faulty_file_is_refused_with_file_row_and_rule(
    tmp_path: Path, text: str, rule: str
) -> None:
    """Never half used."""
    with pytest.raises(DataQualityError, match=f"ACME/1d.csv: .*(?:{rule})"):
        a_file(tmp_path, text).fetch("ACME", "1d")


def test_bytes_that_are_no_table_are_refused(tmp_path: Path) -> None:
    """A Parquet file that is none, a CSV that is not text."""
    source = a_file(tmp_path, "PAR1 no", name="1d.parquet")
    a_file(tmp_path, "", name="1h.csv")
    (tmp_path / "ACME" / "1h.csv").write_bytes(b"\xff\xfe\x00\x80" * 50)

    for interval in ("1d", "1h"):
        with pytest.raises(DataQualityError, match=r"not a readable|one column"):
            source.fetch("ACME", interval)


@pytest.mark.parametrize(
    "ticker", ["../ACME", "..", "A/B", "ACME\n", "acme", "AC", "A" * 21, "", ".ACME", "ACME\x00"]
)
def test_a_ticker_that_could_be_a_path_reaches_no_file(tmp_path: Path, ticker: str) -> None:
    """It is refused before the file system sees it."""
    source = a_file(tmp_path, HEADER + ROWS)

    assert not is_ticker(ticker)
    with pytest.raises(SymbolNotFoundError):
        source.fetch(ticker, "1d")


@pytest.mark.parametrize("ticker", ["^GSPC", "^IXIC"])
def test_the_real_series_are_twenty_years_of_days(ticker: str) -> None:
    """1999 to 2018 on the New York calendar, not synthetic."""
    bars = ArchSource().fetch(ticker, "1d")

    assert (5031, "nyse", False) == (len(bars), bars.origin.calendar, bars.origin.synthetic)
    with pytest.raises(SymbolNotFoundError):
        ArchSource().fetch(ticker, "1h")


def test_invented_prices_are_the_same_everywhere_and_differ_by_ticker() -> None:
    """This fingerprint is in the documentation's results: a change is a new series."""
    source = SyntheticSource(["BTC-USD", "SYN:*"])
    btc, other = (source.fetch(ticker, "1d") for ticker in ("BTC-USD", "SYN:OTHER"))

    assert source.fetch("BTC-USD", "1d").sha256 == btc.sha256 != other.sha256
    assert "c80f5b0539c5d4b9" == btc.sha256[:16]
    assert btc.origin.synthetic
    assert 365 == round((len(btc) - 600) / 10)


def test_the_seeds_example_reaches_its_50_trades_on_invented_prices() -> None:
    """The demonstration shows a ranking."""
    bars = SyntheticSource(["BTC-USD"]).fetch("BTC-USD", "1d")

    result = sweep(bars, SweepSpec(Strategy.SMA, (10, 20), (20, 30), 5))

    assert 3 <= sum(row.qualified for row in result.rows)


@pytest.mark.parametrize("ticker", ["BTC-EUR", "SYN", "NOPRICES", "[BTC-USD]"])
def test_only_listed_tickers_are_invented(ticker: str) -> None:
    """An unknown ticker must fail."""
    with pytest.raises(SymbolNotFoundError):
        SyntheticSource(["BTC-USD", "SYN:*"]).fetch(ticker, "1d")


class Away:
    """A source that cannot answer now."""

    name = "away"

    def fetch(self, ticker: str, interval: str, _: Wanted = EVERYTHING, /) -> Bars:
        """Fail."""
        raise SourceUnavailableError(f"{ticker} {interval}: try later")


def test_sources_are_asked_in_order_and_bad_data_is_not_replaced(tmp_path: Path) -> None:
    """A file beats the invented series; a faulty file fails rather than being papered over."""
    invented = SyntheticSource(["ACME", "OTHER"])
    chain = ChainedSource([a_file(tmp_path, HEADER + ROWS), invented])

    assert "directory" == chain.fetch("ACME", "1d").origin.source
    assert "synthetic" == chain.fetch("OTHER", "1d").origin.source
    a_file(tmp_path, HEADER + ROWS.replace("2,1,2,9", "2,1,0,9"))
    with pytest.raises(DataQualityError):
        chain.fetch("ACME", "1d")


def test_a_source_that_is_away_is_passed_over_and_remembered() -> None:
    """Another may have the ticker; if none has, the failure may pass and says so."""
    chain = ChainedSource([Away(), SyntheticSource(["ACME"])])

    assert "synthetic" == chain.fetch("ACME", "1d").origin.source
    with pytest.raises(SourceUnavailableError, match="try later"):
        chain.fetch("OTHER", "1d")


def test_the_server_reads_a_directory_and_names_the_faulty_row(tmp_path: Path) -> None:
    """Good prices give results with their source; bad ones fail the job with file and row."""
    days = pd.date_range("2020-01-01", periods=400, freq="D").strftime("%Y-%m-%d")
    close = 100 + 10 * np.sin(np.arange(400) / 9)
    frame = pd.DataFrame({"date": days, "open": close, "high": close, "low": close, "close": close})
    for ticker, row in (("GOOD", None), ("BAD", 7)):
        if row is not None:
            frame.loc[row - 1, "close"] = 0.0
        (tmp_path / "prices" / ticker).mkdir(parents=True)
        frame.to_csv(tmp_path / "prices" / ticker / "1d.csv", index=False)

    with serving(tmp_path, prices_dir=str(tmp_path / "prices"), sources="directory") as api:
        run_id = api.finish({"ticker": "GOOD", "min_trades": "10"})
        best = api.get(f"/api/v1/sweeps/{run_id}/best", include_excluded=True).json()
        bad = api.submit({"ticker": "BAD"}).json()["job_id"]
        message = api.wait_for(bad, "failed")["error_message"]

    assert ("directory", False) == (best["data"]["source"], best["synthetic"])
    assert "warmup" == best["settings"]["window_limited_by"]
    assert message.startswith("Bad historical data for ticker BAD: BAD/1d.csv: row 7 ")
