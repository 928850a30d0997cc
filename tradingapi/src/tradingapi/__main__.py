"""`python -m tradingapi` is the `tradingapi` command."""

from tradingapi.cli import app

app()
