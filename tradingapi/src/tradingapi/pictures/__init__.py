"""Pictures of a finished sweep: a PNG for a document, and a page that answers a pointer."""

from tradingapi.pictures.heat import HeatMap, Sheet, heat_map
from tradingapi.pictures.page import page_of

__all__ = ["HeatMap", "Sheet", "heat_map", "page_of"]
