"""How a command ends: a status, and a line that says what was wrong and what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import typer


class Status(IntEnum):
    """Exit statuses of the command."""

    FAILED = 1
    """It could not be done: no prices, too few bars, a file that cannot be written."""
    WRONG = 2
    """The command itself, or a setting, is wrong."""
    DIFFERENT = 3
    """A sweep was done again and came out otherwise."""
    INTERRUPTED = 130


class CommandError(Exception):
    """The command ends here. The message names the field and the rule."""

    def __init__(self, message: str, status: Status = Status.FAILED, advice: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.advice = advice
        """What to do next."""


@contextmanager
def told() -> Iterator[None]:
    """Say on stderr why a command ends, and end it."""
    try:
        yield
    except CommandError as error:
        typer.echo(f"tradingapi: {error}", err=True)
        if error.advice:
            typer.echo(f"  {error.advice}", err=True)
        raise typer.Exit(error.status) from error
    except KeyboardInterrupt as error:
        typer.echo("tradingapi: interrupted; nothing was written", err=True)
        raise typer.Exit(Status.INTERRUPTED) from error
