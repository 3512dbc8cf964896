"""Asks registries what a build will ask of them: whether they answer, let us read and write, and what time they have.

"Writable" is answered by an upload that is begun and cancelled at once, with not one byte sent; "deletes" by the
deletion of a digest that no bytes have. Source: the distribution specification (pushing blobs: cancelling uploads;
deleting manifests), docs.docker.com/docker-hub/usage/pulls for the limits of Docker Hub.
"""

from __future__ import annotations

import email.utils
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bakegen.workspace.credentials import Credentials
from bakegen.workspace.doctor.model import Asked
from bakegen.workspace.registry_auth import Gate
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_http import Client
from bakegen.workspace.registry_images import (
    MANIFEST_TYPES,
    absolute,
    follow,
    headers,
    let_in,
    page_url,
    read_image,
)
from bakegen.workspace.registry_network import Network
from bakegen.workspace.registry_url import parse_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.workspace.registry_http import Answer
    from bakegen.workspace.registry_images import Repository
    from bakegen.workspace.registry_url import Url

NOT_LOGGED_IN = "nobody is logged in"
_NOTHING = "sha256:" + "0" * 64
_LIMIT = 64 * 1024
_SECONDS_TOLD = 0.5  # the header has whole seconds


@dataclass
class _Visit:
    """One repository, asked by one thread."""

    client: Client
    gate: Gate
    repository: Repository
    clocks: list[float] = field(default_factory=list)
    limits: dict[str, int] = field(default_factory=dict)

    def ask(self, method: str, url: Url) -> Answer:
        """The answer, whatever its status; raises `Failure`."""

        def send(at: Url, header: str) -> Answer:
            sent = {
                **headers(header, ", ".join(MANIFEST_TYPES)),
                **({"Content-Length": "0"} if method == "POST" else {}),
            }
            body = b"" if method == "POST" else None
            before = time.time()
            answer = self.client.ask(method, at, sent, body=body, limit=_LIMIT, tries=1 if method == "POST" else 2)
            self._listen(answer, before, time.time())
            return answer

        ask = send if method in ("POST", "DELETE") else lambda at, header: follow(at, header, send)
        return let_in(self.client, self.gate, self.repository, url, ask)

    def _listen(self, answer: Answer, before: float, after: float) -> None:
        if (told := _date(answer)) is not None and "Age" not in answer.headers:
            self.clocks.append(told + _SECONDS_TOLD - (before + after) / 2)
        for name in ("RateLimit-Limit", "RateLimit-Remaining"):
            text = (answer.headers.get(name) or "").partition(";")[0].strip()
            if text.isascii() and text.isdigit():
                self.limits[name] = int(text[:9])


def ask_registry(
    reference: str, environ: Mapping[str, str], *, base: bool, write: bool, seconds: float
) -> Asked | None:
    """What the registry of `reference` says of it; None where it is no reference.

    Args:
        reference: a base image, or ``host/path`` of a repository that is pushed to.
        environ: environment variables.
        base: whether it is only read.
        write: whether an upload may be begun and cancelled, and the deletion of nothing asked for.
        seconds: for all of it.
    """
    image = read_image(reference)
    if image is None:
        return None
    repository = image.repository
    network = Network(environ, min(10.0, seconds), time.monotonic() + seconds)
    credentials = Credentials(environ)
    visit = _Visit(Client(network), Gate(credentials, push=write and not base), repository)
    asked = Asked(reference, repository.host, base, login=_login(credentials, repository.host, seconds))
    try:
        asked = _read(visit, asked, f"manifests/{image.tag}" if base else "tags/list?n=1")
        if write and not base:
            asked = _write(visit, asked)
    finally:
        visit.client.close()
    clock = sorted(visit.clocks)[len(visit.clocks) // 2] if visit.clocks else None
    return replace(
        asked, clock=clock, limit=visit.limits.get("RateLimit-Limit"), remaining=visit.limits.get("RateLimit-Remaining")
    )


def _login(credentials: Credentials, host: str, seconds: float) -> str:
    found, reason = credentials.get(host, seconds)
    return "" if found is not None else reason or NOT_LOGGED_IN


def _read(visit: _Visit, asked: Asked, page: str) -> Asked:
    try:
        answer = visit.ask("HEAD" if asked.base else "GET", page_url(visit.repository, page))
    except Failure as failure:
        return replace(asked, read=failure.reason)
    if answer.status in (200, 404):
        return replace(asked, there=answer.status == 200)
    return replace(asked, read=_why(visit, answer))


def _write(visit: _Visit, asked: Asked) -> Asked:
    try:
        answer = visit.ask("POST", page_url(visit.repository, "blobs/uploads/"))
    except Failure as failure:
        return replace(asked, write=failure.reason)
    if answer.status != 202:
        return replace(asked, write=_why(visit, answer))
    return replace(asked, write="", kept_open=not _cancelled(visit, answer), deletes=_deletes(visit))


def _cancelled(visit: _Visit, answer: Answer) -> bool:
    place = parse_url(absolute(answer.url, answer.headers.get("Location") or ""))
    if place is None or place.origin != answer.url.origin:
        return False
    try:
        return visit.ask("DELETE", place).status in (200, 202, 204, 404)
    except Failure:
        return False


def _deletes(visit: _Visit) -> bool | None:
    """Whether a deletion is refused as such: nothing has this digest, so 404 says that it would be done."""
    try:
        answer = visit.ask("DELETE", page_url(visit.repository, f"manifests/{_NOTHING}"))
    except Failure:
        return None
    return {404: True, 401: False, 403: False, 405: False}.get(answer.status)


def _why(visit: _Visit, answer: Answer) -> str:
    if answer.status in (401, 403):
        return visit.gate.why_refused(visit.client, visit.repository.host, answer.status)
    return f"it answers with status {answer.status}"


def _date(answer: Answer) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(answer.headers.get("Date") or "").timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
