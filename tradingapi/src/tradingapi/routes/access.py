"""Who may come in: the key of a header, or the session of a cookie.

What routes depend on is `async` although it waits for nothing: FastAPI sends anything else through
a thread, and each of these costs more than the check.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, Security
from fastapi.security import APIKeyCookie, APIKeyHeader

from tradingapi.answers import LoggedIn, Login
from tradingapi.auth import COOKIE
from tradingapi.body import body_schema, read_model
from tradingapi.problems import ProblemBody, Unauthorized
from tradingapi.services import Served

router = APIRouter(tags=["auth"])

header_scheme = APIKeyHeader(name="X-API-Key", auto_error=False)
cookie_scheme = APIKeyCookie(name=COOKIE, auto_error=False)


async def require_key(served: Served, key: Annotated[str | None, Security(header_scheme)]) -> None:
    """Let in who has a key."""
    if not served.keys.accepts(key):
        raise Unauthorized("A valid X-API-Key header is required")


async def require_session(
    served: Served, cookie: Annotated[str | None, Security(cookie_scheme)]
) -> None:
    """Let in who has logged in."""
    if not served.keys.accepts_session(cookie, served.clock()):
        raise Unauthorized("Log in first: POST /api/v1/auth/login")


KeyRequired = Depends(require_key)
SessionRequired = Depends(require_session)


@router.post(
    "/api/v1/auth/login",
    responses={"4XX": {"model": ProblemBody}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": body_schema(Login)}},
        }
    },
)
async def login(request: Request, response: Response, served: Served) -> LoggedIn:
    """Turn an API key into a session cookie, for event streams."""
    key = (await read_model(request, Login, served.settings.slow_seconds)).api_key
    if not served.keys.accepts(key):
        raise Unauthorized("The API key is not valid")
    response.set_cookie(
        COOKIE,
        served.keys.issue_session(key, served.clock()),
        max_age=served.keys.session_seconds,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return LoggedIn(expires_in_seconds=served.keys.session_seconds)
