"""Who we are to a registry: the logins that `docker login`, credential helpers and CI variables left behind.

Read only when a registry asks. Sources: the page of ``docker login``, the protocol of
``docker/docker-credential-helpers``, and ``cli/config`` of docker/cli for the order in which they count.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCKER_HUB = "docker.io"
"""The host that references of Docker Hub have; its API and its logins go by other names."""

_HUB_KEY = "https://index.docker.io/v1/"
_HUB_HOSTS = frozenset({DOCKER_HUB, "index.docker.io", "registry-1.docker.io"})
_SIZE_LIMIT = 4 * 1024 * 1024
_HELPER_SECONDS = 10.0
_HELPER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}", re.ASCII)
_NOT_FOUND = b"credentials not found in native keychain"


@dataclass(frozen=True, slots=True)
class Credential:
    """A user name and what proves it; with `identity_token` the secret is a token to trade, and no password."""

    username: str
    secret: str = field(repr=False)
    identity_token: bool = False

    @property
    def basic(self) -> str:
        """The value of an ``Authorization`` header that names user and password."""
        return "Basic " + base64.b64encode(f"{self.username}:{self.secret}".encode()).decode("ascii")


class Credentials:
    """The logins of one environment, from any number of threads; each host is looked up once.

    Nothing here raises: what cannot be read counts as no login, with a reason that holds no secret.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._lock = threading.Lock()
        self._hosts: dict[str, _Answer] = {}
        self._file: tuple[Mapping[str, object], str] | None = None

    def get(self, host: str, seconds: float = _HELPER_SECONDS) -> tuple[Credential | None, str]:
        """The login for `host` (``host[:port]`` as references have it), or None and the reason.

        The reason is empty where nobody is logged in. A helper gets at most `seconds`, and never more than ten.
        """
        with self._lock:
            answer = self._hosts.setdefault(host, _Answer())
        with answer.lock:
            if answer.found is None:
                answer.found = self._look_up(host, min(seconds, _HELPER_SECONDS))
            return answer.found

    def _look_up(self, host: str, seconds: float) -> tuple[Credential | None, str]:
        # docker/cli asks the variable first, then the helper of the host or of all hosts; a helper that is
        # configured stands in for what the file itself says.
        reasons: list[str] = []
        if text := self._environ.get("DOCKER_AUTH_CONFIG"):
            settings, reason = _parse(text, "DOCKER_AUTH_CONFIG")
            credential, problem = _from_auths(settings, host, "DOCKER_AUTH_CONFIG")
            if credential is not None:
                return credential, ""
            reasons += [reason, problem]
        with self._lock:
            if self._file is None:
                self._file = self._read()
        settings, reason = self._file
        helper = _text(_mapping(settings.get("credHelpers")).get(_key(host))) or _text(settings.get("credsStore"))
        if helper:
            credential, problem = self._ask_helper(helper, _key(host), seconds)
        else:
            credential, problem = _from_auths(settings, host, "config.json")
        if credential is not None:
            return credential, ""
        return None, "; ".join(filter(None, [*reasons, reason, problem]))

    def _read(self) -> tuple[Mapping[str, object], str]:
        folder = self._environ.get("DOCKER_CONFIG")
        path = Path(folder) if folder else Path(self._environ.get("HOME") or Path.home()) / ".docker"
        path /= "config.json"
        try:
            if not path.exists():
                return {}, ""
            if not path.is_file():
                return {}, "config.json of docker is not a file"
            with path.open("rb") as file:
                data = file.read(_SIZE_LIMIT + 1)
        except (OSError, ValueError) as problem:
            words = problem.strerror if isinstance(problem, OSError) else None
            return {}, f"config.json of docker cannot be read ({words or 'bad path'})"
        if len(data) > _SIZE_LIMIT:
            return {}, "config.json of docker is too large"
        return _parse(data, "config.json of docker")

    def _ask_helper(self, name: str, server: str, seconds: float) -> tuple[Credential | None, str]:
        if not _HELPER_NAME.fullmatch(name):
            return None, "config.json of docker names a credential helper that cannot be one"
        program = f"docker-credential-{name}"
        path = shutil.which(program, path=self._environ.get("PATH"))
        if path is None:
            return None, f"{program} is not installed"
        try:
            status, output = _run([path, "get"], server.encode(), self._environ, max(seconds, 0.0))
        except subprocess.TimeoutExpired:
            return None, f"{program} gave no answer in time"
        except (OSError, ValueError):
            return None, f"{program} cannot be run"
        if status != 0:
            if _NOT_FOUND in output:
                return None, ""
            return None, f"{program} failed with exit code {status}"
        answer, reason = _parse(output, f"the answer of {program}")
        username, secret = _text(answer.get("Username")), _text(answer.get("Secret"))
        if reason or not secret:
            return None, reason or f"{program} gave no secret"
        if username == "<token>":
            return Credential("", secret, identity_token=True), ""
        return Credential(username, secret), ""


@dataclass(slots=True)
class _Answer:
    """What was found for one host; the lock makes everybody else wait for the one who looks."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    found: tuple[Credential | None, str] | None = None


def _run(command: list[str], question: bytes, environ: Mapping[str, str], seconds: float) -> tuple[int, bytes]:
    # Files instead of pipes: a grandchild that keeps a pipe open would hold us beyond the time limit.
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout:
        stdin.write(question)
        stdin.seek(0)
        process = subprocess.Popen(
            command,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            start_new_session=True,
        )
        try:
            status = process.wait(seconds)
        except BaseException:
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            process.wait()
            raise
        stdout.seek(0)
        return status, stdout.read(_SIZE_LIMIT)


def _from_auths(settings: Mapping[str, object], host: str, place: str) -> tuple[Credential | None, str]:
    auths = _mapping(settings.get("auths"))
    names = [_key(host), *(name for name in auths if _host_of(name) in _same_hosts(host))]
    entry = next((found for name in names if (found := _mapping(auths.get(name)))), {})
    username, password = _text(entry.get("username")), _text(entry.get("password"))
    if encoded := _text(entry.get("auth")):
        try:
            decoded = base64.b64decode(encoded, validate=True).decode("utf-8")
        except (binascii.Error, ValueError):
            return None, f"the login in {place} is not valid base64"
        name, colon, secret = decoded.partition(":")
        if not colon:
            return None, f"the login in {place} has no password"
        username, password = name, secret.strip("\0")
    if token := _text(entry.get("identitytoken")):
        return Credential(username, token, identity_token=True), ""
    if username and password:
        return Credential(username, password), ""
    return None, ""


def _key(host: str) -> str:
    return _HUB_KEY if host in _HUB_HOSTS else host


def _same_hosts(host: str) -> frozenset[str]:
    return _HUB_HOSTS if host in _HUB_HOSTS else frozenset({host})


def _host_of(name: str) -> str:
    return name.removeprefix("https://").removeprefix("http://").partition("/")[0]


def _parse(text: str | bytes, what: str) -> tuple[Mapping[str, object], str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}, f"{what} is not valid JSON"
    return (value, "") if isinstance(value, dict) else ({}, f"{what} is not a JSON object")


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
