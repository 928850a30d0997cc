"""Is the server there, and what can it do?"""

from importlib.metadata import version

from fastapi import APIRouter

from tradingapi.answers import Health
from tradingapi.services import Served
from tradingapi.wire import timestamp

router = APIRouter(tags=["health"])

VERSION = version("tradingapi")


@router.get("/health", response_model_exclude_none=True)
async def health(served: Served) -> Health:
    """Answer while the server lives; no key is needed."""
    return Health(
        version=VERSION,
        timestamp=timestamp(served.clock()),
        features=sorted(served.settings.features) or None,
    )
