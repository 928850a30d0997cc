"""The table of the demo."""

import io

from rich.console import Console

from dev.watching import Screen

QUEUED = """\
NAMESPACE   NAME      PHASE    AGE
demo        btc-sma   Queued   1s
demo        sp500     Queued   1s"""


def test_without_a_terminal_a_line_is_printed_once_for_each_change() -> None:
    """A CI log tells the story and does not repeat it twice a second."""
    shown = io.StringIO()

    with Screen(Console(file=shown)) as screen:
        screen.show(QUEUED)
        screen.show(QUEUED.replace("1s", "2s"))
        screen.show(QUEUED.replace("btc-sma   Queued   1s", "btc-sma   Completed   3s"))

    phases = [line.split()[1:] for line in shown.getvalue().splitlines()]
    assert [
        ["NAME", "PHASE", "AGE"],
        ["btc-sma", "Queued", "1s"],
        ["sp500", "Queued", "1s"],
        ["btc-sma", "Completed", "3s"],
    ] == phases
