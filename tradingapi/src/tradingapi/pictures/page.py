"""A heat map as one HTML file: it works offline, and shows what lies under the pointer.

Nothing is loaded from anywhere, which the page's own policy enforces; the figures are in it as
32-bit numbers, one a sheet for each cell.
"""

import base64
import json
from importlib.resources import files
from string import Template
from typing import Any, Final

import numpy as np

from tradingapi.engine.bars import FloatArray
from tradingapi.engine.display import escaped
from tradingapi.pictures.heat import HeatMap, Sheet

TEMPLATE: Final = "page.html"


def page_of(heat: HeatMap) -> str:
    """Write the page; equal maps make equal texts."""
    template = Template(files(__package__).joinpath(TEMPLATE).read_text(encoding="utf-8"))
    # In a script "</script>" would end it, whatever it is quoted by.
    data = json.dumps(_data(heat), allow_nan=False, sort_keys=True).replace("<", "\\u003c")
    return template.substitute(data=data, title=escaped(heat.title))


def _data(heat: HeatMap) -> dict[str, Any]:
    return {
        "title": heat.title,
        "subtitle": heat.subtitle,
        "fast": heat.fast.tolist(),
        "slow": heat.slow.tolist(),
        "fastLabel": heat.fast_label,
        "slowLabel": heat.slow_label,
        "ranked": base64.b64encode(heat.ranked.astype(np.uint8).tobytes()).decode("ascii"),
        "unranked": heat.unranked,
        "best": None if heat.best is None else [heat.best.fast, heat.best.slow],
        "sheets": [_sheet(sheet) for sheet in heat.sheets],
    }


def _sheet(sheet: Sheet) -> dict[str, Any]:
    return {
        "name": sheet.name,
        "unit": sheet.unit,
        "holding": sheet.holding,
        "whole": sheet.whole,
        "values": _packed(sheet.values),
    }


def _packed(values: FloatArray) -> str:
    return base64.b64encode(values.astype("<f4").tobytes()).decode("ascii")
