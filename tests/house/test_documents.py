"""What the documents say is what the code does."""

import re
from pathlib import Path

from tradingsweep.domain.phases import mermaid

ROOT = Path(__file__).parents[2]


def test_the_readme_draws_the_phases_that_the_code_has() -> None:
    """The drawing is generated: `make docs` writes it."""
    drawn = re.search(
        r"<!-- generated from domain/phases.py[^\n]*-->\n```mermaid\n(.*?)```\n<!-- end -->",
        (ROOT / "README.md").read_text(),
        re.DOTALL,
    )

    assert drawn is not None
    assert mermaid() + "\n" == drawn[1]


def test_the_documents_name_only_files_that_exist() -> None:
    """A reader who follows a path finds something."""
    sources = [ROOT / "operator/src/tradingsweep", ROOT]
    missing = [
        f"{page.name}: {path}"
        for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
        for path in re.findall(r"`([a-z_]+(?:/[a-zA-Z_.-]+)+/?)`", page.read_text())
        # A media type; and what a target of the Makefile writes, which a fresh clone does not have.
        if not path.startswith(("application/", "build/"))
        and not any((source / path).exists() for source in sources)
    ]

    assert [] == missing
