"""`tradingapi sweep` of several tickers, run as people run it."""

import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.engine.series import a_walk
from tests.tradingapi.test_sweep_command import run
from tradingapi.results.places import PLACES

GRID = ["--fast", "5:20", "--slow", "20:60", "--step", "5", "--min-trades", "10"]
TWO = ["sweep", "--source", "synthetic", "--ticker", "SYN:A", "--ticker", "SYN:B", *GRID]


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder of a sweep of two tickers, and what was printed."""
    folder = tmp_path_factory.mktemp("swept")
    done = run(folder, *TWO)
    assert (0, "") == (done.exit_code, done.stderr)
    return folder / "sweep-2-SMA", done.stdout


def test_the_table_has_places_and_the_portfolio_stands_beside_holding(
    swept: tuple[Path, str],
) -> None:
    """And it says that nothing was tested."""
    folder, printed = swept
    best = pq.read_table(folder / "results.parquet").to_pylist()[0]
    name = f"{best['fast_period']}/{best['slow_period']}"

    assert "2 tickers, SMA, 2015-01-01 to 2024-12-31 (synthetic prices)" in printed
    assert f"{name} is above {best['median_rank_pct']:.1f} % of the pairs" in printed
    assert "35 of 35 pairs closed 10 trades on 2 of 2 tickers" in " ".join(printed.split())
    assert "no p-value" in " ".join(line.strip("│ ") for line in printed.splitlines())
    assert all(word in printed for word in ("median place", "worst", "hold", "rebalancing"))


def test_the_files_are_places_portfolio_report_and_pictures(swept: tuple[Path, str]) -> None:
    """Each is written whole, and all are named."""
    folder, printed = swept
    names = ["heatmap.html", "heatmap.png", "portfolio.parquet", "portfolio.png"]
    report = json.loads((folder / "report.json").read_text())
    curve = pq.read_table(folder / "portfolio.parquet").to_pandas()

    assert [*names, "report.json", "results.parquet"] == sorted(p.name for p in folder.iterdir())
    assert all(f"sweep-2-SMA/{name}" in printed for name in names)
    assert PLACES == pq.read_table(folder / "results.parquet").schema.remove_metadata()
    assert ["SYN:A", "SYN:B"] == [part["ticker"] for part in report["tickers"]]
    assert report["portfolio"]["total_return_pct"] == pytest.approx(
        100 * (curve["equity"].iloc[-1] - 1)
    )
    assert all(
        b"\x89PNG" == (folder / name).read_bytes()[:4] for name in names if name.endswith("png")
    )
    assert "under 2 of 2 tickers" in (folder / "heatmap.html").read_text()


def test_a_folder_of_prices_and_a_file_of_tickers_are_swept(tmp_path: Path) -> None:
    """Comments and empty lines are no tickers."""
    for seed, name in enumerate(("AAA", "BBB", "CCC")):
        bars = a_walk(400, seed)
        (tmp_path / "prices" / name).mkdir(parents=True)
        columns = {column: getattr(bars, column) for column in ("open", "high", "low", "close")}
        frame = pd.DataFrame({"date": pd.to_datetime(bars.time), **columns})
        frame.to_csv(tmp_path / "prices" / name / "1d.csv", index=False)
    (tmp_path / "some.txt").write_text("# mine\nAAA\n\n  BBB # the second\n")
    given = ["sweep", "prices", "--tickers", "some.txt", *GRID, "--no-files"]

    two = run(tmp_path, *given, "--min-trades", "1")
    three = run(tmp_path, *given, "--min-trades", "1", "--ticker", "CCC")
    none = run(tmp_path, *given, "--min-trades", "999")
    alone = run(tmp_path, "sweep", "prices", "--ticker", "AAA", *GRID, "--no-files")

    assert [0, 0, 0, 0] == [done.exit_code for done in (two, three, none, alone)]
    assert "2 tickers" in two.stdout
    assert "3 tickers" in three.stdout
    assert "NoResult: no pair closed 999 trades on 2 tickers" in none.stdout
    assert "Lower --min-trades (now 999)" in none.stdout
    assert "AAA 1d, SMA" in alone.stdout


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--ticker", "SYN:A"], 2, "--ticker: SYN:A is named twice"),
        (["--tickers", "nowhere.txt"], 2, "--tickers: nowhere.txt cannot be read"),
        (["--ticker", "../etc"], 2, "--ticker: 3 to 20"),
        (["--ticker", "SYN:C", "--interval", "1h"], 1, "SYN:A: no synthetic 1h bars"),
        (["--end", "2013-06-01"], 1, "SYN:A: 22 bars, at least"),
        (["--search", "bayes"], 2, "--search: many tickers"),
        (["--slow", "700"], 2, "--slow"),
    ],
)
def test_bad_input_names_the_option_or_the_ticker(
    tmp_path: Path, arguments: list[str], status: int, words: str
) -> None:
    """No trace, no files."""
    done = run(tmp_path, *TWO, *arguments)

    assert status == done.exit_code
    assert words in done.stderr
    assert [] == list(tmp_path.iterdir())


def test_a_file_of_too_many_tickers_or_none_is_refused(tmp_path: Path) -> None:
    """Before any price is fetched."""
    (tmp_path / "many.txt").write_text("\n".join(f"SYN:{n}" for n in range(1_001)))
    (tmp_path / "none.txt").write_text("# nothing\n")
    asked = ["sweep", "--source", "synthetic", *GRID, "--tickers"]
    many, none = run(tmp_path, *asked, "many.txt"), run(tmp_path, *asked, "none.txt")
    lone = run(tmp_path, "sweep", "--source", "directory", "--ticker", "AAA")
    same = run(tmp_path, "sweep", "prices.csv", "--ticker", "AAA", "--ticker", "BBB")

    assert [2, 2, 2, 2] == [done.exit_code for done in (many, none, lone, same)]
    assert "FILE: one file has the prices of one ticker" in same.stderr
    assert "--tickers: at most 1,000" in many.stderr
    assert "--tickers: none.txt names none" in none.stderr
    assert "FILE: the source directory needs a folder" in lone.stderr


def test_the_readmes_example_prints_what_it_shows(tmp_path: Path) -> None:
    """Whoever tries it sees the same figures."""
    page = (Path(__file__).parents[2] / "tradingapi/README.md").read_text("utf-8")
    block = next(part for part in page.split("```") if "--ticker SYN:C" in part)
    command, _, shown = block.partition("$ tradingapi ")[2].partition("\n")

    printed = " ".join(run(tmp_path, *command.split(), "--no-files").stdout.split())

    for line in shown.splitlines():
        assert line == "…" or set(line.strip()) == {"─"} or " ".join(line.split()) in printed
