"""How kernels are compiled, and where compiled ones are kept.

Kernels are plain functions over arrays. They are compiled at their first call, without the
global lock held while they run, and without `fastmath`: a kernel's bytes do not depend on the
processor, on the number of threads or on how the work is cut.

A `piece` is a kernel that allocates nothing. It is compiled without reference counts: an array
that is handed from piece to piece would otherwise be counted up and down, atomically, for every
trade, which costs more than the trade (a full grid: 0.14 s with them, 0.075 s without).

Compiled kernels are kept in the user's cache folder, in a folder named by the sources of the
engine and of the kernel's own folder. Numba itself looks only at the file of the function that is
called, so a change in a function that it calls would go unseen, and a read-only installation
would be compiled anew by every process. `NUMBA_CACHE_DIR`, where set, goes before.

An image brings kernels along, in a folder of the same name below `$TRADING_API_KERNELS`. They are
copied to the cache: Numba uses no folder that it cannot write to.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba

_config: Any = numba.config
_njit: Callable[..., Any] = numba.njit

Function = TypeVar("Function", bound=Callable[..., Any])

OPTIONS: Final = {"nogil": True, "error_model": "numpy"}


def piece(function: Function) -> Function:
    """Compile a function that allocates no array, to be called by kernels.

    What is kept is the kernel with its pieces inside: kept alone too, they would only cost time.
    """
    lean = {"_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return cast("Function", _njit(**OPTIONS, **lean)(function))


def kernel(function: Function) -> Function:
    """Compile a function at its first call with new types, and keep it."""
    chosen = _config.CACHE_DIR
    _config.CACHE_DIR = chosen or str(cache_folder(Path(function.__code__.co_filename).parent))
    try:
        return cast("Function", _njit(cache=True, no_cfunc_wrapper=True, **OPTIONS)(function))
    except RuntimeError:
        # Nothing can be written anywhere: each process compiles for itself.
        return cast("Function", _njit(**OPTIONS)(function))
    finally:
        _config.CACHE_DIR = chosen


@cache
def cache_folder(sources: Path) -> Path:
    """Return where kernels of a folder are kept: below `$XDG_CACHE_HOME`, or `~/.cache`."""
    digest = hashlib.sha256()
    for folder in sorted({Path(__file__).parent, sources}):
        for source in sorted(folder.glob("*.py")):
            digest.update(source.read_bytes())
    base = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
    folder = Path(base) / "tradingapi" / f"kernels-{digest.hexdigest()[:16]}"
    if shipped := os.environ.get("TRADING_API_KERNELS"):
        _bring(Path(shipped) / folder.name, folder)
    return folder


def _bring(shipped: Path, folder: Path) -> None:
    """Copy kernels that came with the installation, whole or not at all."""
    if folder.exists() or not shipped.is_dir():
        return
    # Where the cache cannot be written, or another process was first, there is nothing to do.
    with suppress(OSError):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as place:
            shutil.copytree(shipped, Path(place) / folder.name).rename(folder)
