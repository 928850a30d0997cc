"""Large answers, written quickly: a page of 100 rows is 100 kB."""

from typing import Any

from fastapi.responses import JSONResponse
from pydantic_core import to_json
from typing_extensions import override


class QuickJson(JSONResponse):
    """JSON by pydantic's own writer, eight times as fast. What is not finite would be null."""

    @override
    def render(self, content: Any) -> bytes:
        return to_json(content, inf_nan_mode="null")
