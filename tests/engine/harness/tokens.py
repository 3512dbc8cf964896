"""A token server in front of a registry that knows no logins: short-lived tokens, asked for with a password.

Source: the token specification of ``distribution/distribution`` (docs/content/spec/auth/token).
"""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from tests.unit.workspace.fake_registry import FakeRegistry, Reply, Request, as_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.engine.harness.proxy import Proxy

USER = "robot"
PASSWORD = "s3cret-Passw0rd"
_REPOSITORY = re.compile(r"/v2/(.+?)/(?:manifests|blobs|tags|referrers)/")


@dataclass(slots=True)
class Token:
    """What was given out: for which scopes, until when by `time.monotonic`, for how many requests more."""

    scopes: tuple[str, ...]
    until: float
    left: float
    used: list[Request] = field(default_factory=list)

    @property
    def over(self) -> bool:
        """Whether it lets nobody in any more."""
        return time.monotonic() > self.until or self.left <= 0


class TokenServer(FakeRegistry):
    """Gives tokens to whoever knows `PASSWORD`; `admits` is the guard of a proxy."""

    def __init__(self, seconds: float = 60.0, uses: float = float("inf")) -> None:
        """Each token is good for so many `seconds` and `uses`."""
        self.seconds = seconds
        self.uses = uses
        self.tokens: dict[str, Token] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        super().__init__(self._give)

    def admits(self, request: Request) -> Reply | None:
        """None where a request to the registry may pass, else what it is answered."""
        found = _REPOSITORY.match(request.path)
        action = {"GET": "pull", "HEAD": "pull", "DELETE": "delete"}.get(request.method, "push")
        with self._lock:
            token = self.tokens.get(request.authorization.removeprefix("Bearer "))
            error = ""
            if token is not None:
                if not token.over and (found is None or _covers(token.scopes, found[1], action)):
                    token.left -= 1
                    token.used.append(request)
                    return None
                error = ',error="invalid_token"' if token.over else ',error="insufficient_scope"'
        scope = f',scope="repository:{found[1]}:{"pull,push" if action == "push" else action}"' if found else ""
        challenge = f'Bearer realm="{self.url}/token",service="registry"{scope}{error}'
        body = json.dumps({"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}).encode()
        return Reply(401, {"WWW-Authenticate": challenge, "Content-Type": "application/json"}, body)

    def expire(self) -> None:
        """From now on the tokens that were given let nobody in."""
        with self._lock:
            for token in self.tokens.values():
                token.left = 0

    def _give(self, request: Request) -> Reply:
        form = parse_qs(request.body.decode()) if request.method == "POST" else parse_qs(urlsplit(request.path).query)
        login = f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}"
        if request.authorization != login and form.get("password") != [PASSWORD]:
            return as_json({"details": "who are you?"}, 401)
        with self._lock:
            name = f"token-{next(self._numbers)}"
            scopes = tuple(part for text in form.get("scope", []) for part in text.split())
            self.tokens[name] = Token(scopes, time.monotonic() + self.seconds, self.uses)
        # What is told is that it lives for a minute, as is the least that clients believe in.
        return as_json({"token": name, "access_token": name, "expires_in": 60})


def _covers(scopes: tuple[str, ...], repository: str, action: str) -> bool:
    for scope in scopes:
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        if kind == "repository" and name == repository and action in actions.split(","):
            return True
    return False


@contextlib.contextmanager
def guarded(proxy: Proxy, *, seconds: float = 60.0, uses: float = float("inf")) -> Iterator[TokenServer]:
    """Lets into the registry behind `proxy` only who has a token, for the length of a block."""
    server = TokenServer(seconds, uses)
    proxy.guard = server.admits
    try:
        yield server
    finally:
        proxy.guard = None
        server.close()


def log_in(config: Path, host: str) -> None:
    """Writes the login to `host` into a file ``config.json`` of docker."""
    settings = json.loads(config.read_text()) if config.exists() else {}
    login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    settings.setdefault("auths", {})[host] = {"auth": login}
    config.write_text(json.dumps(settings))
