"""The engine as people use it in a notebook: the page about it, and what is shown there."""

import contextlib
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine.series import a_walk
from tradingapi.engine import Bars, Fill, Origin, Strategy, SweepSpec, sweep
from tradingapi.engine.waiting import waiting
from tradingapi.honesty import Preset, report

PAGE = Path(__file__).parents[2] / "docs/notebooks.md"
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
SPEC = SweepSpec(Strategy.SMA, (2, 20), (5, 40), min_trades=10)


def test_every_block_of_the_page_runs(tmp_path: Path) -> None:
    """In the page's order and in one namespace, as a reader would."""
    blocks = BLOCK.findall(PAGE.read_text())
    names: dict[str, Any] = {}

    with contextlib.chdir(tmp_path):
        for block in blocks:
            exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102 - our own page

    assert len(blocks) > 5
    assert {"heatmap.png", "heatmap.html", "report.json"} == {p.name for p in tmp_path.iterdir()}
    assert len(names["listed"]) >= names["best"].metrics.trades


def test_a_result_shows_its_best_pairs_and_holding() -> None:
    """A result's repr is short enough to read, and its table has ten pairs and holding."""
    result = sweep(a_walk(700), SPEC)
    best = result.best(1)[0]
    name = f"{best.pair.fast}/{best.pair.slow}"

    assert len(repr(result)) < 300
    assert f"best {name} score {best.score:.2f}" in repr(result)
    html = result._repr_html_()
    assert 12 == html.count("<tr>")
    assert f"<td>{name}</td>" in html
    assert "<td>hold</td>" in html


def test_what_a_ticker_is_called_does_not_become_html() -> None:
    """A name is somebody else's text."""
    walk = a_walk(300)
    origin = Origin("memory", "<script>", "1d")
    bars = Bars(walk.time, walk.open, walk.high, walk.low, walk.close, origin)

    html = sweep(bars, SPEC)._repr_html_()

    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_report_shows_its_verdict() -> None:
    """The name, the p-value or that there is none, and the sentence."""
    result = sweep(a_walk(700), SPEC)

    found = report(result, result.history, SPEC, preset=Preset.MINIMUM)

    assert found.p_value is None
    assert f"<b>{found.verdict.name.value}</b> (not tested)" in found._repr_html_()


def test_words_may_be_texts_and_a_wrong_one_is_named() -> None:
    """`SMA` for `Strategy.SMA`; the error has the field and the list."""
    typed: Any = {"strategy": "SMA", "fast": (2, 20), "slow": (5, 40), "min_trades": 10}

    assert SweepSpec(**typed) == SPEC
    assert SweepSpec(**typed).strategy is Strategy.SMA
    with pytest.raises(ValueError, match=r"fill: one of next_open, same_close"):
        SweepSpec(**{**typed, "fill": "yesterday"})


def test_a_bar_changes_nothing_in_the_result() -> None:
    """With and without one the bytes are the same, and a listener still hears."""
    told: list[int] = []
    alone = sweep(a_walk(700), SPEC)

    shown = sweep(a_walk(700), SPEC, lambda done, _total: told.append(done), bar=True)

    assert np.array_equal(alone.figures, shown.figures, equal_nan=True)
    assert [0, len(alone.grid)] == [told[0], told[-1]]


def test_no_bar_comes_where_nobody_looks(capfd: pytest.CaptureFixture[str]) -> None:
    """A log gets no bar, and not an empty line either."""
    with waiting() as bar:
        bar.step(0.5, "work")

    assert ("", "") == capfd.readouterr()
    assert "ipykernel" not in sys.modules
    assert Fill.NEXT_OPEN is SPEC.fill
