"""Every setting, in one place: the README's table is made from this class."""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import tempfile
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    """A setting cannot be used; the message lists every one that cannot."""


class Settings(BaseSettings):
    """What the environment says; read once at start. Variables are named `GRADER_` and the field in capitals."""

    model_config = SettingsConfigDict(env_prefix="GRADER_", frozen=True, extra="ignore")

    data_dir: Path = Field(Path("var"), description="folder of the embedded database, keys and sockets")
    database_url: str = Field("", description="SQLAlchemy URL; default: SQLite in the data folder")
    redis_url: str = Field("", description="the broker; default: a private Valkey started by `./run`")
    secret_key: str = Field("", description="signs sessions and seeds; made and kept in the data folder when absent")
    public_url: str = Field("", description="address people reach the service by; default: the address it listens on")
    host: str = Field("127.0.0.1", description="address the web server listens on")
    port: int = Field(8000, ge=1, le=65535, description="port the web server listens on")
    web_workers: int = Field(1, ge=1, le=64, description="web server processes")
    web_threads: int = Field(32, ge=2, le=256, description="threads of each web server process")
    workers: int = Field(
        default_factory=lambda: os.cpu_count() or 1,
        ge=1,
        le=256,
        description="runs graded at the same time by one worker",
    )
    runner_socket: str = Field("", description="unix socket of the runner; default: in the runtime folder")
    box_reuse: int = Field(50, ge=1, le=10_000, description="submissions one box serves; 1 gives each its own")
    sandbox: Literal["strict"] = Field(
        "strict", description="protection the runner insists on; a machine that cannot give it grades nothing"
    )
    lease_s: float = Field(15.0, ge=1, description="seconds after which a silent worker's run is taken over")
    sweep_s: float = Field(5.0, ge=0.2, description="seconds between two sweeps")
    secure_cookies: bool = Field(False, description="send cookies over HTTPS only; on in production")
    trusted_proxies: int = Field(0, ge=0, le=5, description="reverse proxies in front of the web server")
    max_file_bytes: int = Field(1 << 20, description="largest file of an upload")
    max_upload_bytes: int = Field(5 << 20, description="largest upload")
    max_upload_files: int = Field(50, description="most files of an upload")
    max_unpacked_bytes: int = Field(20 << 20, description="most bytes an upload may unpack to")
    submission_rate: str = Field("100 per minute", description="uploads one person may send, for example `20 per hour`")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least severe event logged")

    def resolved_database_url(self) -> str:
        """Return the database's URL, the embedded one when none is set."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'grader.sqlite3'}"

    def resolved_runner_socket(self) -> Path:
        """Return the runner's socket: in a private folder with a name short enough for a unix socket by default."""
        return Path(self.runner_socket) if self.runner_socket else self.runtime_dir() / "runner.sock"

    def runtime_dir(self) -> Path:
        """Return this data folder's folder for sockets, mode 0700, made when absent.

        Unix sockets take paths of at most 107 bytes, so it does not lie in the data folder, whose path may be long.

        Raises:
            SettingsError: a folder of that name belongs to somebody else.
        """
        name = hashlib.sha256(str(self.data_dir.resolve()).encode()).hexdigest()[:12]
        path = Path(tempfile.gettempdir()) / f"grader-{os.getuid()}-{name}"
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise SettingsError(
                f"{path} is not a private folder of this user; remove it or set TMPDIR to another place"
            )
        return path

    def resolved_secret_key(self) -> str:
        """Return the secret key, made once and kept with mode 0600 in the data folder when none is set."""
        if self.secret_key:
            return self.secret_key
        path = self.data_dir / "secret_key"
        if not path.exists():
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = path.with_suffix(f".{os.getpid()}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
            try:
                os.link(draft, path)  # two processes may race; the first key wins
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return path.read_text().strip()


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        SettingsError: one or more variables cannot be used; the message has a line for each.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            f'GRADER_{str(problem["loc"][0]).upper()} is "{problem.get("input")}": {problem["msg"]}'
            for problem in error.errors()
        ]
        raise SettingsError("\n".join(lines)) from error
