"""Writes what is generated in the documents and the manifests; a test compares each."""

import re
from pathlib import Path

from dev import alerts, argocd, dashboard, drawings, reference
from tradingsweep.domain.phases import mermaid

README = Path(__file__).parents[1] / "README.md"

_DRAWING = re.compile(
    r"(<!-- generated from domain/phases\.py[^\n]*-->\n```mermaid\n).*?(```\n<!-- end -->)",
    re.DOTALL,
)


def write() -> None:
    """Draw phases and fills; write Argo CD's settings, dashboard, alerts and the reference."""
    drawn = _DRAWING.sub(lambda m: f"{m[1]}{mermaid()}\n{m[2]}", README.read_text("utf-8"))
    README.write_text(drawn, "utf-8")
    drawings.write()
    argocd.SNIPPET.write_text(argocd.snippet(), "utf-8")
    dashboard.FILE.write_text(dashboard.text(), "utf-8")
    alerts.FILE.write_text(alerts.text(), "utf-8")
    reference.FILE.write_text(reference.text(), "utf-8")
