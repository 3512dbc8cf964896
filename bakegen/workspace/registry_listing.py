"""All of a repository that a registry tells: its tags, page by page, and what refers to a manifest.

Source: the distribution specification (``opencontainers/distribution-spec``: listing tags, listing referrers).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from bakegen.plan.names import tag_problem
from bakegen.workspace.registry_documents import checked_digest
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_images import following_page, headers, let_in, page_url

if TYPE_CHECKING:
    from bakegen.workspace.registry_auth import Gate
    from bakegen.workspace.registry_http import Answer, Client
    from bakegen.workspace.registry_images import Repository
    from bakegen.workspace.registry_url import Url

_INDEX = "application/vnd.oci.image.index.v1+json"
_PAGE = 1000
_PAGES = 1000
_PAGE_LIMIT = 8 * 1024 * 1024


def all_tags(client: Client, gate: Gate, repository: Repository) -> tuple[str, ...]:
    """All tags of a repository, sorted; none where there is no such repository.

    Raises:
        Failure: one of its pages cannot be read, so that the list is not known to be whole.
    """
    found: dict[str, None] = {}
    url: Url | None = page_url(repository, f"tags/list?n={_PAGE}")
    for _ in range(_PAGES):
        if url is None:
            return tuple(sorted(found))
        answer = _ask(client, gate, repository, url, "application/json")
        if answer.status == 404:
            if found:
                raise Failure("its list of tags breaks off")
            return ()
        tags = _tags(_checked(client, gate, repository, answer, "its list of tags"))
        new = [tag for tag in tags if tag not in found]
        found.update(dict.fromkeys(new))
        url = following_page(answer)
        if url is None and len(tags) >= _PAGE and new:
            # Some registries cut a list and do not say so: asked on from there, they give the rest or nothing new.
            url = page_url(repository, f"tags/list?n={_PAGE}&last={quote(tags[-1], safe='')}")
        elif url is not None and not new:
            raise Failure("its list of tags turns in a circle")
    raise Failure(f"its list of tags has more than {_PAGES} pages")


def referrers(client: Client, gate: Gate, repository: Repository, digest: str) -> tuple[str, ...]:
    """The digests of manifests that have `digest` as their subject; none where the registry has no such list.

    Where it has none, clients keep the list under a tag of its own, which is among the repository's tags.

    Raises:
        Failure: the registry has such lists and does not give this one.
    """
    found: list[str] = []
    url: Url | None = page_url(repository, f"referrers/{checked_digest(digest)}")
    for _ in range(_PAGES):
        if url is None:
            return tuple(dict.fromkeys(found))
        answer = _ask(client, gate, repository, url, _INDEX)
        if answer.status in (400, 404, 405) and not found:  # what registries without it say
            return ()
        entries = _checked(client, gate, repository, answer, "its list of referrers").get("manifests")
        if not isinstance(entries, list):
            raise Failure("its list of referrers is none")
        for entry in entries:
            named = entry.get("digest") if isinstance(entry, dict) else None
            if not isinstance(named, str):
                raise Failure("its list of referrers is none")
            found.append(checked_digest(named))
        url = following_page(answer)
    raise Failure(f"its list of referrers has more than {_PAGES} pages")


def _ask(client: Client, gate: Gate, repository: Repository, url: Url, accept: str) -> Answer:
    def ask(at: Url, header: str) -> Answer:
        return client.ask("GET", at, headers(header, accept), limit=_PAGE_LIMIT + 1)

    return let_in(client, gate, repository, url, ask)


def _checked(client: Client, gate: Gate, repository: Repository, answer: Answer, what: str) -> dict[str, object]:
    if answer.status in (401, 403):
        raise Failure(gate.why_refused(client, repository.host, answer.status))
    if answer.status != 200:
        raise Failure(f"it answers with status {answer.status} for {what.removeprefix('its ')}")
    if len(answer.body) > _PAGE_LIMIT:
        raise Failure(f"{what} has a page of more than {_PAGE_LIMIT:,} bytes")
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Failure(f"{what} is no JSON object")
    return body


def _tags(body: dict[str, object]) -> list[str]:
    tags = body.get("tags")
    if tags is None and "tags" in body:  # what some registries say of a repository without tags
        return []
    if not isinstance(tags, list) or not all(isinstance(tag, str) and tag_problem(tag) is None for tag in tags):
        raise Failure("its list of tags is none")
    return tags
