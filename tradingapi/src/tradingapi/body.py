"""Read a request's body: capped, under a deadline, a form or JSON, into a checked model."""

import asyncio
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import ClientDisconnect

from tradingapi.problems import BrokenRule, InvalidParameters, TooLarge, TooSlow, UnsupportedMedia

LARGEST_BODY: Final = 64 * 1024
"""Bytes; a sweep needs under 1,000."""

FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"

MOST_FIELDS: Final = 1_100
"""A thousand tickers may come one by one."""

MOST_RULES: Final = 20
LONGEST_NAME: Final = 64


Model = TypeVar("Model", bound=BaseModel)


async def read_model(request: Request, model: type[Model], within: float) -> Model:
    """Read and check a body, which must arrive within so many seconds.

    Raises:
        TooSlow: It did not.
        TooLarge: More than 64 KiB.
        UnsupportedMedia: Neither of the two content types.
        InvalidParameters: Not well-formed, or fields break rules.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {FORM, JSON}:
        raise UnsupportedMedia(f"Content-Type must be {FORM} or {JSON}")
    raw = await _read(request, within)
    try:
        if kind == JSON:
            return model.model_validate_json(raw, strict=True)
        return model.model_validate(_fields(raw))
    except ValidationError as error:
        raise InvalidParameters("Invalid parameters", broken_rules(error.errors())) from None


def body_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Write a model's JSON schema in one piece: OpenAPI looks for `$ref` elsewhere."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def inline(node: object) -> object:
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).removeprefix("#/$defs/")
            if name in definitions:
                beside = {k: v for k, v in node.items() if k != "$ref"}
                return inline({**definitions[name], **beside})
            return {key: inline(part) for key, part in node.items()}
        return [inline(part) for part in node] if isinstance(node, list) else node

    return {name: inline(part) for name, part in schema.items()}


def broken_rules(errors: list[ErrorDetails]) -> list[BrokenRule]:
    """Say which fields break which rules, without the values."""
    return [_rule(error) for error in errors[:MOST_RULES]]


async def _read(request: Request, within: float) -> bytes:
    raw = bytearray()
    try:
        async with asyncio.timeout(within):
            async for chunk in request.stream():
                raw += chunk
                if len(raw) > LARGEST_BODY:
                    raise TooLarge(f"A body may have at most {LARGEST_BODY} bytes")
    except TimeoutError:
        raise TooSlow(f"A body must arrive within {within:g} seconds") from None
    except ClientDisconnect:
        raise InvalidParameters.of("body", "must arrive whole") from None
    return bytes(raw)


def _fields(raw: bytes) -> dict[str, Any]:
    """Read a form. A field that comes once is a text, one that comes again is a list."""
    try:
        pairs = parse_qsl(raw.decode(), errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise InvalidParameters.of("body", "must be a form in UTF-8") from None
    fields: dict[str, Any] = {}
    for name, value in pairs:
        if name in fields:
            before = fields[name]
            fields[name] = [*(before if isinstance(before, list) else [before]), value]
        else:
            fields[name] = value
    return fields


def _rule(error: ErrorDetails) -> BrokenRule:
    """Name the field: from the error's place, or from the text of a rule about two fields."""
    field = ".".join(str(part) for part in error["loc"])
    rule = error["msg"].removeprefix("Value error, ")
    if not field and ": " in rule and error["type"] == "value_error":
        field, _, rule = rule.partition(": ")
    return BrokenRule(field=(field or "body")[:LONGEST_NAME], rule=rule)
