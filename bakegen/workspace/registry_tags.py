"""A further tag for an image that a registry has: its manifest, byte for byte, written under another name.

Source: the distribution specification (``opencontainers/distribution-spec``: pushing manifests). Only within a
repository: in another one the blobs would have to be mounted first.
"""

from __future__ import annotations

import contextlib
import json
import re
from functools import partial
from typing import TYPE_CHECKING

from bakegen.workspace.registry_documents import NotThereError, json_object, read_manifest
from bakegen.workspace.registry_failure import Failure
from bakegen.workspace.registry_http import TRIES
from bakegen.workspace.registry_images import MANIFEST_TYPES, Image, head, headers, let_in, page_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bakegen.workspace.registry_auth import Gate
    from bakegen.workspace.registry_documents import Document
    from bakegen.workspace.registry_http import Answer, Client
    from bakegen.workspace.registry_images import Repository
    from bakegen.workspace.registry_url import Url

_OF_SMALL_ANSWERS = 64 * 1024
_TAKEN = frozenset({200, 201, 202})
_CODE = re.compile(r"[A-Z_]{1,40}", re.ASCII)


class Tagger:
    """Tags images; one for all threads."""

    def __init__(self, gate: Gate, known: Mapping[str, Document]) -> None:
        """`gate` gets tokens that are for pushing too; `known` are manifests by digest that need not be read again."""
        self._gate = gate
        self._known = known

    def tag(self, client: Client, image: Image, tag: Image) -> bool:
        """Lets `tag` name `image`, which is given by its digest and in the same repository.

        Returns whether that had to be written. Raises `Failure` where the tag may not name it.
        """
        if self.digest(client, tag) == image.tag:
            return False
        self._write(client, tag, self._known.get(image.tag) or self._read(client, image))
        return True

    def put(self, client: Client, repository: Repository, document: Document) -> None:
        """Writes `document`, whose blobs are there, under its digest alone. Raises `Failure`."""
        self._write(client, Image(repository, document.digest), document)

    def create(
        self, client: Client, tag: Image, document: Document, same: Callable[[Document], bool] = lambda other: False
    ) -> str:
        """Lets `tag` name `document`, whose blobs are there, unless it names something else already.

        Registries know no way to do both at once. So it is read back: of two who create it in the same moment the
        earlier one is told, unless the later one writes after that.

        Args:
            client: the connections of this thread.
            tag: the tag.
            document: what it is to name.
            same: whether another document will do as well.

        Returns:
            The digest that it names now: of `document`, or of the same that was there.

        Raises:
            Failure: it names something else, or the registry fails.
        """
        there = self._there(client, tag)
        said = f"{tag.tag} is there already and has other content"
        if there is None:
            self._write(client, tag, document)
            there = self._there(client, tag)
            said = f"somebody else wrote {tag.tag} in the same moment, and it has other content"
        # A registry that has not heard of it everywhere has said by taking it what it names.
        if there is None or there.digest == document.digest:
            return document.digest
        if not same(there):
            raise Failure(f"{said} ({there.digest} instead of {document.digest})")
        return there.digest

    def _there(self, client: Client, tag: Image) -> Document | None:
        try:
            return read_manifest(client, self._gate, tag)
        except NotThereError:
            return None

    def _read(self, client: Client, image: Image) -> Document:
        try:
            return read_manifest(client, self._gate, image)
        except NotThereError:
            raise Failure(f"{image.tag} is not in its repository any more") from None

    def digest(self, client: Client, tag: Image) -> str:
        """The digest that `tag` names as the registry says, "" where it names none or the registry does not say."""
        url = page_url(tag.repository, f"manifests/{tag.tag}")
        answer = let_in(client, self._gate, tag.repository, url, partial(head, client))
        if answer.status == 404:
            return ""
        self._check(client, tag, answer, frozenset({200}))
        return (answer.headers.get("Docker-Content-Digest") or "").strip()

    def _write(self, client: Client, tag: Image, document: Document) -> None:
        url = page_url(tag.repository, f"manifests/{tag.tag}")
        sent = {"Content-Type": _media_type(document)}

        def ask(at: Url, header: str) -> Answer:
            # To ask again is safe: the same bytes under the same name. No redirect is followed: it could lead away.
            own = {**headers(header, "application/json"), **sent}
            return client.ask("PUT", at, own, body=document.data, limit=_OF_SMALL_ANSWERS)

        for attempt in range(1, TRIES + 1):
            try:
                answer = let_in(client, self._gate, tag.repository, url, ask)
            except Failure:
                # The answer was lost, which says nothing about the tag.
                with contextlib.suppress(Failure):
                    if self.digest(client, tag) == document.digest:
                        return
                raise
            self._check(client, tag, answer, _TAKEN)
            said = (answer.headers.get("Docker-Content-Digest") or "").strip() or self.digest(client, tag)
            if said == document.digest:
                return
            # A connection that is cut among the headers looks like an answer to http.client.
            if said or attempt == TRIES:
                raise Failure(f"it says that the tag names {'another digest' if said else 'nothing'} now")

    def _check(self, client: Client, tag: Image, answer: Answer, fine: frozenset[int]) -> None:
        if answer.status in (401, 403):
            raise Failure(self._gate.why_refused(client, tag.repository.host, answer.status))
        if answer.status not in fine:
            raise Failure(f"it answers with status {answer.status}{_codes(answer.body)}")


def _media_type(document: Document) -> str:
    """The type that the manifest says of itself, or the registry said with it: a registry refuses any other."""
    own = json_object(document.data, "manifest").get("mediaType") or document.media_type
    if own not in MANIFEST_TYPES:
        raise Failure("its manifest is of a kind that cannot be tagged")
    return str(own)


def _codes(body: bytes) -> str:
    """The codes of errors in an answer, in brackets; nothing else of it is shown."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    errors = found.get("errors") if isinstance(found, dict) else None
    codes = [error.get("code") for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    shown = [code for code in codes if isinstance(code, str) and _CODE.fullmatch(code)]
    return f" ({', '.join(shown[:3])})" if shown else ""
