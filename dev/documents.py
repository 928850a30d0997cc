"""Writes what is generated in the documents and the manifests; a test compares each."""

import re
from pathlib import Path

from dev import argocd
from tradingsweep.domain.phases import mermaid

README = Path(__file__).parents[1] / "README.md"

_DRAWING = re.compile(
    r"(<!-- generated from domain/phases\.py[^\n]*-->\n```mermaid\n).*?(```\n<!-- end -->)",
    re.DOTALL,
)


def write() -> None:
    """Put the table of phases into the README as a drawing, and Argo CD's scripts into its map."""
    drawn = _DRAWING.sub(lambda m: f"{m[1]}{mermaid()}\n{m[2]}", README.read_text("utf-8"))
    README.write_text(drawn, "utf-8")
    argocd.SNIPPET.write_text(argocd.snippet(), "utf-8")
