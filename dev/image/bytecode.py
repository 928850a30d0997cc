"""Compiles what the named modules import, and nothing else: all of it would double an image.

A read-only file system keeps no bytecode, and a process without any needs seconds to start. The
bytecode is not checked against its source, which never changes in an image.
"""

import importlib
import py_compile
import sys


def main(names: list[str]) -> None:
    """Import each module, and compile every file of this environment that was read for it."""
    sys.dont_write_bytecode = True
    for name in names:
        importlib.import_module(name)
    for module in list(sys.modules.values()):
        source = getattr(module, "__file__", None)
        if source is not None and source.startswith(sys.prefix) and source.endswith(".py"):
            py_compile.compile(
                source,
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
