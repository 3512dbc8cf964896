"""What a registry is asked about images, and what its answers mean: one worker of the probe.

Source: the distribution specification (``opencontainers/distribution-spec``: checking for manifests,
listing tags) and the grammar of references in ``distribution/reference``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from bakegen.plan.names import reference_problem, split_reference
from bakegen.workspace.credentials import DOCKER_HUB
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_url import Url, is_loopback, parse_url

if TYPE_CHECKING:
    from collections.abc import Callable

    from bakegen.workspace.registry_auth import Gate
    from bakegen.workspace.registry_http import Answer, Client

MANIFEST_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)

_HUB_API = "registry-1.docker.io"
_PAGE = 1000
_PAGE_LIMIT = 8 * 1024 * 1024
_REDIRECTS = 3
_REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of images: the host as references have it, and the path on it."""

    host: str
    path: str

    def url(self, page: str) -> Url | None:
        """Where `page` of it is asked for; None where the host is none."""
        host = _HUB_API if self.host == DOCKER_HUB else self.host
        name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        scheme = "http" if is_loopback(name) else "https"
        return parse_url(f"{scheme}://{host}/v2/{self.path}/{page}")


@dataclass(frozen=True, slots=True)
class Image:
    """One image in a repository; `tag` is a tag or a digest."""

    repository: Repository
    tag: str

    @property
    def by_digest(self) -> bool:
        """Whether `tag` is a digest."""
        return ":" in self.tag


def read_image(reference: str) -> Image | None:
    """The image that ``[host/]path[:tag][@digest]`` names, in Docker's reading; None where it is no reference."""
    if reference_problem(reference) is not None:
        return None
    name, tag, digest = split_reference(reference)
    first, slash, rest = name.partition("/")
    has_host = bool(slash) and (any(c in first for c in ".:[") or first == "localhost" or first != first.lower())
    host, path = (first, rest) if has_host else (DOCKER_HUB, name)
    if host == "index.docker.io":
        host = DOCKER_HUB
    if host == DOCKER_HUB and "/" not in path:
        path = f"library/{path}"
    repository = Repository(host, path)
    return Image(repository, digest or tag or "latest") if repository.url("") is not None else None


@dataclass(frozen=True, slots=True)
class _Page:
    """One page of a list of tags, and where the next one is."""

    tags: frozenset[str]
    size: int
    following: Url | None


class Asker:
    """One worker's questions. `refused` tells all workers which repositories do not let us in."""

    def __init__(self, client: Client, gate: Gate, refused: dict[Repository, str]) -> None:
        self._client = client
        self._gate = gate
        self._refused = refused

    def exists(self, image: Image) -> bool | str:
        """Whether there is such an image, or why that cannot be told."""
        repository = image.repository
        if repository in self._refused:
            return self._refused[repository]
        try:
            url = page_url(repository, f"manifests/{image.tag}")
            answer = self._let_in(repository, url, self._head)
            if answer.status == 404:
                return False
            if answer.status == 200:
                return _is_manifest(answer) or "the answer is not that of a registry"
            if answer.status in (401, 403):
                reason = self._gate.why_refused(self._client, repository.host, answer.status)
                self._refused[repository] = reason
                return reason
        except Failure as failure:
            return failure.reason
        return f"it answers with status {answer.status}"

    def tags(self, images: tuple[Image, ...]) -> tuple[dict[Image, bool | str], tuple[Image, ...]]:
        """What the list of tags of a repository says of its `images`, and those that it leaves open.

        A list that is refused, broken, endless or cut short leaves open what it did not show.
        """
        repository = images[0].repository
        url: Url | None = page_url(repository, f"tags/list?n={_PAGE}")
        missing = {image.tag: image for image in images}
        found: dict[Image, bool | str] = {}
        pages = max(2, len(images) // 10)  # more than that cost more than asking one by one
        while missing and url is not None and pages > 0:
            page = self._page(repository, url)
            if page is None:
                break
            found.update((missing.pop(tag), True) for tag in tuple(missing) if tag in page.tags)
            # A full page that names no next one was cut, and proves nothing of what it does not show.
            if page.following is None and page.size != _PAGE:
                found.update(dict.fromkeys(missing.values(), False))
                missing.clear()
            url, pages = page.following, pages - 1
        return found, tuple(missing.values())

    def _page(self, repository: Repository, url: Url) -> _Page | None:
        try:
            answer = self._let_in(repository, url, self._get)
        except Failure:
            return None
        try:
            body = json.loads(answer.body)  # fails where the limit cut it
        except (ValueError, RecursionError):
            return None
        if answer.status == 404 and _is_unknown_name(body):
            return _Page(frozenset(), 0, None)
        tags = body.get("tags", False) if answer.status == 200 and isinstance(body, dict) else False
        if tags is None:  # what some registries say of a repository without tags
            tags = []
        if not isinstance(tags, list):
            return None
        try:
            following = following_page(answer)
        except Failure:
            return None
        return _Page(frozenset(tag for tag in tags if isinstance(tag, str)), len(tags), following)

    def _let_in(self, repository: Repository, url: Url, ask: Callable[[Url, str], Answer]) -> Answer:
        return let_in(self._client, self._gate, repository, url, ask)

    def _get(self, url: Url, header: str) -> Answer:
        # One try: where the list gives trouble, asking one by one is the second.
        return self._client.ask("GET", url, headers(header, "application/json"), limit=_PAGE_LIMIT, tries=1)

    def _head(self, url: Url, header: str) -> Answer:
        return head(self._client, url, header)


def let_in(client: Client, gate: Gate, repository: Repository, url: Url, ask: Callable[[Url, str], Answer]) -> Answer:
    """The answer of `ask`, logged in where the registry wants it, with one new token where one is refused."""
    sent = gate.header(repository.host, repository.path)
    renewed = False
    while True:
        answer = ask(url, sent)
        if answer.status != 401 or answer.url.origin != url.origin or renewed:
            return answer
        renewed = bool(sent)
        header = gate.enter(client, repository.host, repository.path, answer, sent)
        if header == sent:
            return answer
        sent = header


def follow(url: Url, header: str, ask: Callable[[Url, str], Answer]) -> Answer:
    """The answer of `ask` after redirects; the login goes to the first server alone."""
    home = url
    for _ in range(_REDIRECTS + 1):
        answer = ask(url, header)
        if answer.status not in _REDIRECT_STATUSES:
            return answer
        following = parse_url(absolute(answer.url, answer.headers.get("Location") or ""))
        if following is None or (url.scheme == "https" and following.scheme != "https"):
            raise Failure("it redirects to an address that is not https")
        if following.origin != home.origin:
            header = ""
        url = following
    raise Failure(f"it redirects more than {_REDIRECTS} times")


def head(client: Client, url: Url, header: str) -> Answer:
    """What the registry says of a manifest without sending it, after redirects."""
    return follow(url, header, lambda at, sent: client.ask("HEAD", at, headers(sent, ", ".join(MANIFEST_TYPES))))


def page_url(repository: Repository, page: str) -> Url:
    """Where `page` of `repository` is asked for."""
    url = repository.url(page)
    if url is None:
        raise Failure("it has no address")  # `read_image` makes no such image
    return url


def headers(authorization: str, accept: str) -> dict[str, str]:
    """The headers of a request."""
    return {"Accept": accept, **({"Authorization": authorization} if authorization else {})}


def absolute(base: Url, reference: str) -> str:
    """`reference` as it is meant on the page `base`; "" where it means nothing."""
    host = f"[{base.host}]" if ":" in base.host else base.host
    try:
        return urljoin(f"{base.scheme}://{host}:{base.port}{base.target}", reference)
    except ValueError:
        return ""


def following_page(answer: Answer) -> Url | None:
    """The page that a ``Link`` header names as the next one, None where it names none.

    Raises:
        Failure: that page is on another server, which gets no login.
    """
    for link in ",".join(answer.headers.get_all("Link") or []).split(","):
        address, _, parameters = link.strip().partition(">")
        if address.startswith("<") and "next" in parameters.replace('"', " ").replace("=", " ").lower().split():
            url = parse_url(absolute(answer.url, address[1:]))
            if url is None or url.origin != answer.url.origin:
                raise Failure("the next page is on another server")
            return url
    return None


def _is_manifest(answer: Answer) -> bool:
    kind = (answer.headers.get("Content-Type") or "").partition(";")[0].strip()
    return "Docker-Content-Digest" in answer.headers or kind in MANIFEST_TYPES


def _is_unknown_name(body: object) -> bool:
    errors = body.get("errors") if isinstance(body, dict) else None
    return isinstance(errors, list) and any(isinstance(e, dict) and e.get("code") == "NAME_UNKNOWN" for e in errors)
