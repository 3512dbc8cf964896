"""A manifest deleted by its digest, and what to do where a registry does not allow that.

Source: the distribution specification (``opencontainers/distribution-spec``: deleting manifests). Every tag that
names the digest goes with it. How registries differ is in the reference page on registries, with its sources.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from bakegen.workspace.registry_documents import checked_digest
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_images import Image, head, headers, let_in, page_url

if TYPE_CHECKING:
    from bakegen.workspace.registry_auth import Gate
    from bakegen.workspace.registry_http import Answer, Client
    from bakegen.workspace.registry_images import Repository
    from bakegen.workspace.registry_url import Url

_OF_SMALL_ANSWERS = 64 * 1024
_ELSEWHERE = (
    (
        re.compile(r"ghcr\.io"),
        "GitHub deletes by its REST API only: DELETE /orgs/ORG/packages/container/NAME/versions/ID",
    ),
    (
        re.compile(r"[0-9]+\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?|public\.ecr\.aws"),
        "on ECR use `aws ecr batch-delete-image --repository-name NAME --image-ids imageTag=TAG` or lifecycle policies",
    ),
    (
        re.compile(r"docker\.io"),
        "Docker Hub deletes only manifests without tags: remove the tags on its website or by its own API",
    ),
    (
        re.compile(r"[a-z0-9-]+-docker\.pkg\.dev|(?:[a-z]+\.)?gcr\.io"),
        "there use `gcloud artifacts docker images delete IMAGE@DIGEST --delete-tags`, or cleanup policies",
    ),
)
_NOT_ALLOWED = "the registry does not allow deletion (distribution's own: `storage: {delete: {enabled: true}}`)"


def named_digest(client: Client, gate: Gate, image: Image) -> str:
    """The digest that a tag names now, "" where there is no such tag; of a digest whether it is there.

    Raises `Failure`.
    """
    url = page_url(image.repository, f"manifests/{image.tag}")
    answer = let_in(client, gate, image.repository, url, partial(head, client))
    if answer.status == 404:
        return ""
    if answer.status in (401, 403):
        raise Failure(gate.why_refused(client, image.repository.host, answer.status))
    if answer.status != 200:
        raise Failure(f"it answers with status {answer.status}")
    digest = (answer.headers.get("Docker-Content-Digest") or "").strip()
    if not digest:
        raise Failure("it does not say which digest a tag names")
    return checked_digest(digest)


def delete_manifest(client: Client, gate: Gate, repository: Repository, digest: str) -> bool:
    """Deletes the manifest `digest`, with every tag that names it; out: whether it was there.

    Raises:
        Failure: it may still be there; `reason` says what to do where the registry does not allow it.
    """

    def ask(at: Url, header: str) -> Answer:
        # To ask again is safe: a digest names the same bytes for good. No redirect is followed: it could lead away.
        return client.ask("DELETE", at, headers(header, "application/json"), limit=_OF_SMALL_ANSWERS)

    url = page_url(repository, f"manifests/{checked_digest(digest)}")
    answer = let_in(client, gate, repository, url, ask)
    if answer.status in (200, 202, 204):
        return True
    other = elsewhere(repository.host)
    if answer.status == 404:
        # What a registry says, too, that knows no deletion.
        if not named_digest(client, gate, Image(repository, digest)):
            return False
        raise Failure(other or _NOT_ALLOWED, stop=True)
    if answer.status in (401, 403):
        refused = gate.why_refused(client, repository.host, answer.status)
        raise Failure(f"{refused}; {other}" if other else f"{refused} (deleting needs more rights than pushing)")
    if answer.status in (400, 405, 501):
        raise Failure(other or _NOT_ALLOWED, stop=True)
    raise Failure(f"it answers with status {answer.status}")


def elsewhere(host: str) -> str:
    """What to do at `host`, where deletion by the registry's own protocol is known not to work; "" elsewhere."""
    name = host.partition(":")[0].lower()
    return next((text for pattern, text in _ELSEWHERE if pattern.fullmatch(name)), "")
