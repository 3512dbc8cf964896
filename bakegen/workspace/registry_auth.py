"""How a registry lets us in: challenges read, tokens fetched once and shared by all workers of a probe.

Source: the token specifications of ``distribution/distribution`` (docs/content/spec/auth: token, oauth).
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_url import is_loopback, parse_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bakegen.workspace.credentials import Credential, Credentials
    from bakegen.workspace.registry_http import Answer, Client
    from bakegen.workspace.registry_url import Url

_PARAMETER = re.compile(r'[\s,]*([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))', re.ASCII)
_SCHEME = re.compile(r"[\s,]*([A-Za-z0-9_-]+)(?=[\s,]|$)", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+", re.ASCII)
_TOKEN_LIMIT = 1024 * 1024
_CLIENT_ID = "bakegen"


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way in that a registry offers: the scheme in lower case and its parameters."""

    scheme: str
    parameters: Mapping[str, str]


def read_challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """The challenges of `WWW-Authenticate` headers; what cannot be read ends its header."""
    found: list[Challenge] = []
    for text in headers:
        at = 0
        parameters: dict[str, str] | None = None
        while at < len(text):
            if parameters is not None and (match := _PARAMETER.match(text, at)):
                quoted, plain = match[2], match[3]
                value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain
                parameters.setdefault(match[1].lower(), value)
            elif match := _SCHEME.match(text, at):
                parameters = {}
                found.append(Challenge(match[1].lower(), parameters))
            else:
                break
            at = match.end()
    return tuple(found)


@dataclass(slots=True)
class _Slot:
    """One token, or why there is none; the lock makes everybody else wait for the one who fetches."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    header: str = ""
    reason: str = ""


class Gate:
    """The `Authorization` headers of a probe: each token is fetched once, whoever needs it first.

    A secret is only ever sent to the registry it belongs to, and to the token server that this registry names.
    """

    def __init__(self, credentials: Credentials, *, push: bool = False) -> None:
        """With `push`, tokens are for writing too, whatever a registry names: some ask for `pull` only, always."""
        self._credentials = credentials
        self._push = push
        self._lock = threading.Lock()
        self._slots: dict[tuple[str, str, str, str], _Slot] = {}
        self._headers: dict[tuple[str, str], str] = {}

    def header(self, host: str, repository: str) -> str:
        """What let us into `repository` before, or an empty text."""
        return self._headers.get((host, repository), "")

    def enter(self, client: Client, host: str, repository: str, refusal: Answer, sent: str) -> str:
        """The header to try after `refusal`, an answer of status 401 to a request that carried `sent`.

        Equal to `sent` where there is nothing else to try. Raises `Failure` with the reason.
        """
        challenges = {found.scheme: found for found in reversed(read_challenges(_values(refusal)))}
        if (bearer := challenges.get("bearer")) is not None:
            header = self._token(client, host, repository, bearer.parameters, sent, refusal.url)
        elif "basic" in challenges:
            credential, reason = self._credentials.get(host, client.network.left())
            if credential is None or credential.identity_token:
                raise Failure(_refused(401, reason or f"nobody is logged in to {host}"))
            header = credential.basic
        else:
            raise Failure("access refused (401), and it does not say how to log in")
        self._headers[host, repository] = header
        return header

    def why_refused(self, client: Client, host: str, status: int) -> str:
        """Why a request was refused in the end, with what is known of our login."""
        credential, reason = self._credentials.get(host, client.network.left())
        if credential is not None:
            return _refused(status, f"the login to {host} does not allow it")
        return _refused(status, reason or f"nobody is logged in to {host}")

    def _token(
        self, client: Client, host: str, repository: str, parameters: Mapping[str, str], sent: str, registry: Url
    ) -> str:
        realm = parse_url(parameters.get("realm", ""))
        if realm is None or (realm.scheme != "https" and not is_loopback(registry.host)):
            raise Failure("it names a token server that is not https, which gets no login")
        service = parameters.get("service", "")
        scope = parameters.get("scope") or f"repository:{repository}:pull"
        if self._push:
            scope = _with_push(scope, repository)
        with self._lock:
            slot = self._slots.setdefault((host, parameters["realm"], service, scope), _Slot())
        if not slot.lock.acquire(timeout=client.network.left()):
            raise Failure("no time was left", stop=True)
        try:
            if slot.reason:
                raise Failure(slot.reason)
            if not slot.header or slot.header == sent:
                try:
                    slot.header = self._fetch(client, host, realm, service, scope)
                except Failure as failure:
                    slot.reason = failure.reason
                    raise
            return slot.header
        finally:
            slot.lock.release()

    def _fetch(self, client: Client, host: str, realm: Url, service: str, scope: str) -> str:
        credential, reason = self._credentials.get(host, client.network.left())
        query = [("service", service)] if service else []
        query += [("scope", part) for part in scope.split(" ") if part]
        try:
            if credential is not None and credential.identity_token:
                answer = _trade(client, realm, credential, service, scope)
            else:
                headers = {}
                if credential is not None:
                    query.append(("account", credential.username))
                    headers["Authorization"] = credential.basic
                joint = "&" if "?" in realm.target else "?"
                url = realm.at(realm.target + (joint + urlencode(query) if query else ""))
                answer = client.ask("GET", url, headers, limit=_TOKEN_LIMIT)
        except Failure as failure:
            raise Failure(f"its token server {realm.name}: {failure.reason}") from None
        if answer.status != 200:
            hint = reason or (f"nobody is logged in to {host}" if credential is None else "")
            raise Failure(f"its token server {realm.name} answers with status {answer.status}{hint and f' ({hint})'}")
        token = _read_token(answer.body)
        if not token:
            raise Failure(f"its token server {realm.name} gives no token")
        return f"Bearer {token}"


def _with_push(scope: str, repository: str) -> str:
    own = f"repository:{repository}:"
    others = [part for part in scope.split(" ") if part and not part.startswith(own)]
    return " ".join([f"{own}pull,push", *others])


def _trade(client: Client, realm: Url, credential: Credential, service: str, scope: str) -> Answer:
    form = {
        "grant_type": "refresh_token",
        "service": service,
        "client_id": _CLIENT_ID,
        "scope": scope,
        "refresh_token": credential.secret,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return client.ask("POST", realm, headers, body=urlencode(form).encode("ascii"), limit=_TOKEN_LIMIT)


def _read_token(body: bytes) -> str:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(found, dict):
        return ""
    for name in ("token", "access_token"):
        token = found.get(name)
        if isinstance(token, str) and _TOKEN.fullmatch(token):
            return token
    return ""


def _values(answer: Answer) -> list[str]:
    return answer.headers.get_all("WWW-Authenticate") or []


def _refused(status: int, reason: str) -> str:
    return f"access refused ({status}){reason and f': {reason}'}"
