"""Taking a request's body: raw, in one content type, counted, and before a deadline."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

# The rest of the body is still to come: it is not read, and the connection ends with the answer.
_CLOSE = {"Connection": "close"}


async def take(request: Request, *, limit: int, within: float) -> bytes:
    """Return the body's bytes as they came.

    Raises:
        HTTPException: 415 for a compressed body or a type that is declared and is not JSON, 413
            for more than `limit` bytes, announced or counted, 408 for a body that is not there
            `within` seconds, 400 for none.
    """
    _refuse_by_headers(request, limit)
    try:
        async with asyncio.timeout(within):
            body = await _read(request, limit)
    except TimeoutError:
        raise HTTPException(408, "the body did not arrive in time", _CLOSE) from None
    except ClientDisconnect:
        raise HTTPException(400, "the body broke off", _CLOSE) from None
    if not body:
        raise HTTPException(400, "the body is empty")
    return body


def _refuse_by_headers(request: Request, limit: int) -> None:
    # Compressed bytes would have to be unpacked to be counted.
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise HTTPException(415, "a compressed body is not taken", _CLOSE)
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared and declared != "application/json" and not declared.endswith("+json"):
        raise HTTPException(415, "the content type must be application/json", _CLOSE)
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > limit:
        raise HTTPException(413, f"the body has more than {limit} bytes", _CLOSE)


async def _read(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise HTTPException(413, f"the body has more than {limit} bytes", _CLOSE)
    return bytes(body)
