"""An order, and how the tests submit it."""

from collections.abc import Callable

from tests.support.scripted_api import says
from tradingsweep.adapters.trading_api import TradingApiClient
from tradingsweep.domain.answers import Answer, Order

SWEEP = "/api/v1/strategy/sweep"
KEY = "3f" * 32
TOKEN = "k1.Zm9yZ2VkLXRva2VuLW9mLXRoaXMtc3VibWlzc2lvbg"
CALLBACK = f"http://receiver:8080/webhook/sweep-callback/{KEY}/{TOKEN}"
ORDER = Order(
    key=KEY,
    form={"ticker": "BTC-USD", "fast_range": "[10, 20]", "slow_range": "[20, 30]", "step": "5"},
    callback_url=CALLBACK,
)
TAKEN = says(202, {"job_id": "sweep_1", "status": "queued"})


def always() -> bool:
    """May send."""
    return True


async def submit(
    client: TradingApiClient,
    order: Order = ORDER,
    *,
    first: bool = True,
    may_send: Callable[[], bool] = always,
) -> Answer:
    """POST the order."""
    return await client.submit(order, first=first, may_send=may_send)
