"""`tradingapi serve`."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tradingapi.cli.ending import CommandError, Status
from tradingapi.server import StartError, run
from tradingapi.settings import Settings


def serve(host: str, port: int, data_dir: Path | None, *, dev: bool) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        CommandError: A setting is wrong, or the server cannot start.
    """
    settings = settings_of(data_dir, dev=dev)
    try:
        run(settings, host, port)
    except StartError as error:
        raise CommandError(str(error), Status(error.status)) from error


def settings_of(data_dir: Path | None, *, dev: bool) -> Settings:
    """Read the settings: the environment, and what was said on the command line.

    Raises:
        CommandError: Some are wrong; each has a line.
    """
    given: dict[str, Any] = {}
    if data_dir is not None:
        given["data_dir"] = data_dir
    if dev:
        given["dev"] = True
    try:
        return Settings(**given)
    except ValidationError as error:
        wrong = [
            f"{'_'.join(str(part) for part in broken['loc']) or 'settings'}: {broken['msg']}"
            for broken in error.errors(include_input=False, include_context=False)
        ]
        raise CommandError("\ntradingapi: ".join(wrong), Status.WRONG) from error
