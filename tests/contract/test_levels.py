"""Rows of RSI say what their two numbers mean; a page that contradicts itself is refused."""

from typing import Any

import pytest

from tests.contract.test_results import BEST, ROW, RUN, SECOND, page
from tests.support.scripted_api import ScriptedApi, says
from tradingsweep.adapters.trading_api import TradingApiClient
from tradingsweep.errors import AnswerRefused

LEVELS = {"rsi_period": 14, "enter_above": 15, "exit_above": 30}


async def test_the_levels_of_rsi_are_read(api: ScriptedApi, client: TradingApiClient) -> None:
    """A row says what its two numbers mean, and of which RSI."""
    api.on(BEST, says(200, page({**ROW, "params": LEVELS})))

    assert 14 == (await client.best(RUN, "BTC-USD", 1)).rsi_period


@pytest.mark.parametrize(
    "rows",
    [
        [{**ROW, "params": {**LEVELS, "enter_above": 16}}],
        [{**ROW, "params": {**LEVELS, "exit_above": None}}],
        [{**ROW, "params": {}}],
        [
            {**ROW, "params": LEVELS},
            {**SECOND, "params": {"rsi_period": 9, "enter_above": 10, "exit_above": 25}},
        ],
    ],
    ids=["another-level", "null", "empty", "two-periods"],
)
async def test_levels_that_contradict_their_row_refuse_the_page(
    api: ScriptedApi, client: TradingApiClient, rows: list[dict[str, Any]]
) -> None:
    """Of two stories about one pair neither is taken."""
    api.on(BEST, says(200, page(*rows)))

    with pytest.raises(AnswerRefused):
        await client.best(RUN, "BTC-USD", 1)
