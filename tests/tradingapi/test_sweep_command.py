"""`tradingapi sweep` and `tradingapi reproduce`, run as people run them."""

import contextlib
import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from tradingapi.cli import app, options
from tradingapi.engine import Direction, Fill, Search, Strategy
from tradingapi.engine.periods import INTERVAL_SECONDS
from tradingapi.honesty import Preset, VerdictName
from tradingapi.results.metric import SCHEMA

SMALL = ["--fast", "5:20", "--slow", "20:60", "--step", "5", "--min-trades", "10"]
ARCH = ["sweep", "--source", "arch", "--ticker", "^GSPC", *SMALL, "--preset", "minimum"]


def run(folder: Path, *arguments: str, given: str = "") -> Result:
    """Run the command to its end, in a folder."""
    with contextlib.chdir(folder):
        return CliRunner().invoke(app, list(arguments), input=given, env={"COLUMNS": "100"})


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder of a small sweep of real prices, and what was printed."""
    folder = tmp_path_factory.mktemp("swept")
    done = run(folder, *ARCH)
    assert (0, "") == (done.exit_code, done.stderr)
    return folder / "sweep-GSPC-SMA", done.stdout


def report_of(folder: Path) -> dict[str, Any]:
    """Read a sweep's report."""
    found: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return found


def test_the_verdict_and_holding_stand_beside_the_best_pairs(swept: tuple[Path, str]) -> None:
    """Nobody reads a Sharpe ratio here without what it is worth."""
    folder, printed = swept
    verdict = report_of(folder)["verdict"]
    shown = " ".join(line.strip("│ ") for line in printed.splitlines())

    assert verdict["name"] in set(VerdictName)
    assert verdict["name"] in printed
    assert verdict["sentence"] in shown
    assert "no p-value: not tested" in printed
    assert "hold" in printed
    assert "10 bp fee" in printed


def test_results_have_the_schema_of_the_api(swept: tuple[Path, str]) -> None:
    """A notebook reads both alike."""
    table = pq.read_table(swept[0] / "results.parquet")

    assert SCHEMA.names == table.column_names
    assert 35 == table.num_rows  # 4 fast periods with 9 slow ones; 20/20 is no pair
    assert [1, 2, 3] == table.column("rank").to_pylist()[:3]


def test_the_page_loads_nothing_and_has_every_figure(swept: tuple[Path, str]) -> None:
    """It works in a plane, and in an archive in ten years."""
    page = (swept[0] / "heatmap.html").read_text()

    assert "default-src 'none'" in page
    assert "http://" not in page
    assert "https://" not in page
    assert '"fast": [5, 10, 15, 20]' in page


def test_the_picture_is_a_png(swept: tuple[Path, str]) -> None:
    """With the extra `plots`; the page is there without it too."""
    assert b"\x89PNG" == (swept[0] / "heatmap.png").read_bytes()[:4]


def test_nothing_is_left_unfinished(swept: tuple[Path, str]) -> None:
    """Four files, each written whole."""
    names = ["heatmap.html", "heatmap.png", "report.json", "results.parquet"]

    assert names == sorted(path.name for path in swept[0].iterdir())


def test_a_stamp_is_reproduced_to_the_byte(swept: tuple[Path, str]) -> None:
    """From the report, and from a stamp that is piped in."""
    report = swept[0] / "report.json"

    by_file = run(swept[0], "reproduce", str(report))
    piped = run(swept[0], "reproduce", "-", given=json.dumps(report_of(swept[0])["stamp"]))

    assert (0, 0) == (by_file.exit_code, piped.exit_code)
    assert by_file.stdout.startswith("byte-identical: ^GSPC 1d of arch\n")
    assert by_file.stdout == piped.stdout


def test_a_difference_is_named_and_has_its_status(swept: tuple[Path, str]) -> None:
    """Another fee is another result on the same data; other versions are listed."""
    stamp = report_of(swept[0])["stamp"]
    stamp["parameters"]["fee_bps"] = 11.0
    stamp["versions"]["numpy"] = "0.1"

    done = run(swept[0], "reproduce", "-", given=json.dumps(stamp))

    assert 3 == done.exit_code
    assert "the result differs" in done.stdout
    assert "numpy: 0.1 in the stamp" in done.stdout
    assert "the data differ" not in done.stdout


def a_file(folder: Path, **changes: Any) -> Path:
    """Write a CSV of 400 hours of prices."""
    close = 100 * np.exp(np.cumsum(0.01 * np.sin(np.arange(400) ** 1.1)))
    time = pd.date_range("2024-01-01", periods=400, freq="h")
    frame = pd.DataFrame({"Date": time, "Open": close, "High": close, "Low": close, "Close": close})
    path = folder / "my prices.csv"
    frame.assign(**changes).to_csv(path, index=False)
    return path


def test_a_file_is_swept_and_reproduced_with_the_same_file(tmp_path: Path) -> None:
    """The interval is read off the times, the ticker off the name."""
    path = a_file(tmp_path)
    swept = run(tmp_path, "sweep", str(path), *SMALL, "--out", "here", "--preset", "minimum")
    report = str(tmp_path / "here/report.json")

    alone = run(tmp_path, "reproduce", report)
    again = run(tmp_path, "reproduce", report, str(path))
    a_file(tmp_path, Open=50.0, Low=49.0)
    other = run(tmp_path, "reproduce", report, str(path))

    assert (0, 2, 0) == (swept.exit_code, alone.exit_code, again.exit_code)
    assert (3, True) == (other.exit_code, "the data differ" in other.stdout)
    assert "MY-PRICES 1h" in swept.stdout
    assert "FILE: this sweep was made of a file" in alone.stderr


def test_a_wrong_row_of_a_file_is_named(tmp_path: Path) -> None:
    """Its number, and what is wrong with it."""
    path = a_file(tmp_path, Close=[*[100.0] * 7, -1.0, *[100.0] * 392], Low=1.0, High=999)

    done = run(tmp_path, "sweep", str(path), *SMALL)

    assert 1 == done.exit_code
    assert "row 8 (2024-01-01T07:00:00Z)" in done.stderr
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--fast", "ten"], 2, "not a range such as 2:100"),
        (["--fast", "30:20"], 2, "--fast: 1 <= min <= max <= 500"),
        (["--fast", "2:600"], 2, "--fast"),
        (["--step", "0"], 2, "--step: 1..50"),
        (["--fee-bps", "-1"], 2, "--fee-bps: at least 0"),
        (["--start", "01.02.2003"], 2, "--start: a day (2024-01-31)"),
        (["--source", "bloomberg"], 2, "--source: there is no source 'bloomberg'"),
        (["--source", "csv"], 2, "FILE: the source csv needs one"),
        (["--ticker", "../etc"], 2, "--ticker"),
        (["--ticker", "AAPL"], 1, "arch has daily ^GSPC and ^IXIC"),
        (["nowhere.csv"], 1, "there is no file nowhere.csv"),
        (["--end", "1999-03-01"], 1, "39 bars, at least 201 needed"),
        (["--stop-loss", "5"], 2, "--stop-loss: a fraction between 0 and 1"),
        (["--signal-period", "2:20"], 2, "--signal-period: only for MACD"),
        (["--strategy", "MACD", "--signal-period", "1:9"], 2, "--signal-period: 2 <= min"),
        (["--search", "bayes", "--max-trials", "0"], 2, "--max-trials: 1..10000"),
        (
            [
                *("--strategy", "MACD", "--fast", "2:499", "--slow", "3:500"),
                *("--signal-period", "2:50"),
            ],
            2,
            "--signal-period: 6,088,299 combinations, at most 5,000,000",
        ),
        (["--direction", "both", "--strategy", "RSI"], 2, "--direction: RSI is long or flat"),
    ],
)
def test_bad_input_names_the_option_and_the_rule(
    tmp_path: Path, arguments: list[str], status: int, words: str
) -> None:
    """No trace, no files, and a status that a script can tell apart."""
    done = run(tmp_path, "sweep", *arguments)

    assert status == done.exit_code
    assert words in done.stderr.replace("│", " ")
    assert isinstance(done.exception, SystemExit)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("{}", "stamp_version"),
        ("[1]", "stamp_version"),
        ("no JSON", "STAMP"),
        ('{"stamp": {"stamp_version": 1, "source": 7}}', "data_sha256"),
    ],
)
def test_what_is_no_stamp_is_refused(tmp_path: Path, given: str, words: str) -> None:
    """A stamp is somebody else's text until it has been looked at."""
    done = run(tmp_path, "reproduce", "-", given=given)

    assert (2, True) == (done.exit_code, words in done.stderr)
    assert isinstance(done.exception, SystemExit)


def test_a_third_range_is_searched_by_a_sampler(tmp_path: Path) -> None:
    """Results have the same columns, and the report says what it could not test."""
    macd = ["sweep", "--strategy", "MACD", "--fast", "5:20", "--slow", "20:40"]
    asked = [*macd, "--signal-period", "5:9", "--search", "bayes", "--max-trials", "30"]
    done = run(tmp_path, *asked, "--min-trades", "20", "--end", "2006-12-29", "--out", "here")
    report = report_of(tmp_path / "here")
    table = pq.read_table(tmp_path / "here/results.parquet")

    assert (0, 30) == (done.exit_code, table.num_rows)
    assert SCHEMA.names == table.column_names
    assert set(table.column("signal_period").to_pylist()) <= {5, 6, 7, 8, 9}
    assert "adaptive_search" == report["checks"]["skipped"]["overfitting"]
    assert None is report["checks"]["deflated_sharpe"]
    assert 19 == report["checks"]["permutation"]["permutations"]


def test_too_few_trades_are_no_error_and_say_what_to_do(tmp_path: Path) -> None:
    """The sweep ran; there is a verdict, and pale rows."""
    done = run(tmp_path, *ARCH, "--min-trades", "500", "--no-files")

    assert 0 == done.exit_code
    assert VerdictName.NO_RESULT in done.stdout
    assert "Lower --min-trades (now 500)" in done.stderr
    assert [] == list(tmp_path.iterdir())


def test_the_options_have_the_engines_words() -> None:
    """Help must not load the engine, so the words stand twice."""
    assert set(Strategy) == set(get_args(options.StrategyName))
    assert set(Fill) == set(get_args(options.FillName))
    assert set(Search) == set(get_args(options.SearchName))
    assert set(Direction) == set(get_args(options.DirectionName))
    assert set(Preset) == set(get_args(options.PresetName))
    assert set(INTERVAL_SECONDS) == set(get_args(options.IntervalName))


@pytest.mark.parametrize("command", ["sweep", "reproduce"])
def test_help_shows_examples(tmp_path: Path, command: str) -> None:
    """A person can start from it."""
    done = run(tmp_path, command, "--help")

    assert 0 == done.exit_code
    assert f"tradingapi {command} " in done.stdout
    assert "Exit status" in done.stdout
