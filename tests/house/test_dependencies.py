"""Every dependency has its reason, and every reason its dependency."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = {"tradingsweep", "tradingapi"}


def _declared() -> set[str]:
    """Return the names of all libraries that the three projects ask for."""
    asked: list[str] = []
    for file in ("pyproject.toml", "operator/pyproject.toml", "tradingapi/pyproject.toml"):
        project = tomllib.loads((ROOT / file).read_text())
        asked += project["project"].get("dependencies", [])
        for extra in project["project"].get("optional-dependencies", {}).values():
            asked += extra
        asked += project.get("dependency-groups", {}).get("dev", [])
    names = {re.split(r"[\[<>=;~! ]", one, maxsplit=1)[0] for one in asked}
    return {name for name in names if name not in OURS}


def test_each_dependency_has_a_line_that_says_why() -> None:
    """Whoever adds a library says what it spares us."""
    page = (ROOT / "docs/decisions/dependencies.md").read_text()
    first_cells = " ".join(line.split("|")[1] for line in page.splitlines() if line.startswith("|"))
    named = set(re.findall(r"[A-Za-z][A-Za-z0-9-]*", first_cells))

    unexplained = {
        name
        for name in _declared()
        if name not in named and not name.startswith(("types-", "pytest"))
    }

    assert set() == unexplained
