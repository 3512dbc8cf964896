"""Has the package's rewrites look at a Dockerfile that a build is about; what cannot be looked at stays as it is."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.directives import detect
from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.dockerfile.platforms import parse_platform
from bakegen.dockerfile.references import context_name, parse_reference
from bakegen.errors import InputError
from bakegen.facts.context import ListedContext
from bakegen.facts.model import LOCK_FILE, Evidence
from bakegen.frontend.listing import TooLarge, context_folder
from bakegen.frontend.wire import CallError
from bakegen.plan.locked import locked_bases
from bakegen.rewrites.driver import rewrite, rewrites
from bakegen.text import Source, Span
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bakegen.facts.lockfile import Lock
    from bakegen.facts.model import PlatformFacts
    from bakegen.frontend.bridge import Bridge, Pending
    from bakegen.frontend.context import Entrypoint, Place
    from bakegen.frontend.request import Request
    from bakegen.rewrites.driver import Applied, Outcome

_LARGEST = 4 << 20
_SYNTAX = "docker/dockerfile:1.4"
"""What stands for this frontend's own name while the rewrites look: what every engine's own frontend can read."""

_VCS_NAME = re.compile(r"([\w.-]+?)(?:\.git)?/*(?:[#?].*)?")


@dataclass(frozen=True)
class Rewriting:
    """What became of a Dockerfile.

    Attributes:
        before: what the user wrote.
        after: what is built; equal to `before` where nothing was done.
        applied: the changes, in texts that have the user's ``syntax`` line.
        ignore: the ignore file that is built with; None for the one that is there.
        note: why nothing was looked at, "" where something was or where nobody need know.
    """

    before: bytes
    after: bytes
    applied: tuple[Applied, ...] = ()
    ignore: bytes | None = None
    note: str = ""

    @property
    def changed(self) -> bool:
        """Whether the build differs from what the user wrote."""
        return bool(self.applied)


@dataclass(frozen=True)
class Rewriter:
    """Rewrites one build's Dockerfile.

    Attributes:
        bridge: for looking at the context.
        request: what the build was asked for.
        only_names: whether BuildKit can list a context without reading it.
    """

    bridge: Bridge
    request: Request
    only_names: bool

    def rewrite(self, entry: Entrypoint, place: Place, *, own_syntax: bool) -> Rewriting:
        """Rewrites a Dockerfile as far as the build's policy allows.

        Args:
            entry: the Dockerfile and what lies beside it.
            place: where the build's files are.
            own_syntax: whether the file's ``syntax`` line names this frontend, so that the engine's own reads it.
        """
        asis = Rewriting(entry.text, entry.text)
        policy = self.request.policy
        if policy.off:
            return asis
        problem = policy.problem or _unknown(policy.only + policy.skip)
        if problem or len(entry.text) > _LARGEST:
            return Rewriting(entry.text, entry.text, note=problem or "the Dockerfile is too large to be looked at")
        source = Source.from_bytes(entry.filename, entry.text)
        seen, swap = _disguised(source) if own_syntax else (source, ("", ""))
        local = place.context is None
        ignore = Source.from_bytes(".dockerignore", entry.ignore or b"") if local else Source("", "")
        rules = IgnoreFile.parse(ignore)
        if any(one.severity is Severity.ERROR for one in rules.diagnostics):
            return asis
        lock, note = _lock(entry.lock)
        context = self._listed(place, rules) if _asks_context(source.text) else None
        try:
            found = self._outcomes(seen, context, lock, ignore, local=local)
        except TooLarge:
            note = note or "the build context is too large to be looked at"
            found = self._outcomes(seen, None, lock, ignore, local=local)
        outcome = found[0]
        if any((one.source.text, one.ignore) != (outcome.source.text, outcome.ignore) for one in found):
            return Rewriting(entry.text, entry.text, note="its platforms allow different changes")
        if not outcome.changed:
            return Rewriting(entry.text, entry.text, note=note)
        applied = tuple(_restored(one, swap) for one in outcome.applied)
        after = _swapped(outcome.source.text, swap)
        ignored = self._ignore(entry, outcome) if local else None
        return Rewriting(entry.text, Source("", after).to_bytes(), applied, ignored, note)

    def _outcomes(
        self, source: Source, context: ListedContext | None, lock: Lock | None, ignore: Source, *, local: bool
    ) -> list[Outcome]:
        request, policy = self.request, self.request.policy
        return [
            rewrite(
                source,
                Evidence(self._bases(source, lock, platform), context),
                build_args=request.build_args,
                target=request.target,
                platform=platform,
                contexts=request.contexts,
                level=policy.level,
                only=policy.only,
                skip=policy.skip if local else (*policy.skip, "ignore-file"),
                ignore=ignore.text,
                project=policy.project or _project(request),
            )
            for platform in request.platforms or (None,)
        ]

    def _bases(self, source: Source, lock: Lock | None, platform: str | None) -> Mapping[str, PlatformFacts]:
        """What the lock knows of the base images that the build will get, by their names in both forms."""
        request = self.request
        found = locked_bases(source, lock, build_args=request.build_args, platform=platform, contexts=request.contexts)
        contexts = {context_name(name): value for name, value in request.contexts.items()}
        asked = {}
        for name in found:
            reference = contexts.get(context_name(name), name).removeprefix("docker-image://")
            if "@" not in reference:
                at = parse_platform(platform) if platform else None
                mode = request.options.get("image-resolve-mode", "")
                asked[name] = self.bridge.image_digest(str(parse_reference(reference)), at, mode)
        for name, answer in asked.items():
            # A tag may stand for another image by now: nothing is known of that one.
            if _or_empty(answer) not in (found[name].index_digest, found[name].digest):
                del found[name]
        return found | {context_name(name): facts for name, facts in found.items()}

    def _listed(self, place: Place, rules: IgnoreFile) -> ListedContext:
        exclude = [str(one) for one in rules.rules]
        folder = context_folder(self.bridge, self.request, place, exclude, only_names=self.only_names)
        return ListedContext(folder, rules)

    @staticmethod
    def _ignore(entry: Entrypoint, outcome: Outcome) -> bytes | None:
        """The ignore file with the patterns that rewrites add; None where there is none and none are added."""
        lines = entry.ignore or b""
        if outcome.ignore and lines and not lines.endswith(b"\n"):
            lines += b"\n"
        return lines + "".join(f"{one}\n" for one in outcome.ignore).encode("utf-8", "surrogateescape") or None


def _unknown(names: Collection[str]) -> str:
    known = [one.name for one in rewrites()]
    wrong = [name for name in names if name not in known]
    return f"no rewrite is called {wrong[0]!r}; there are {', '.join(known)}" if wrong else ""


def _asks_context(text: str) -> bool:
    """Whether any instruction can take something from the build context."""
    return re.search(r"^\s*(?:onbuild\s+)?(?:copy|add)\b|type=bind", text, re.IGNORECASE | re.MULTILINE) is not None


def _or_empty(answer: Pending[str]) -> str:
    try:
        return answer.result() or "?"
    except CallError:
        return "?"


def _lock(data: bytes | None) -> tuple[Lock | None, str]:
    """The lock, and what is wrong with it."""
    if data is None:
        return None, ""
    from bakegen.facts.lockfile import read_lock  # which takes a while to load

    try:
        return read_lock(Source.from_bytes(LOCK_FILE, data)), ""
    except InputError as problem:
        return None, f"{LOCK_FILE} is not used: {problem.diagnostics[0].message}"


def _project(request: Request) -> str:
    """A name for the project: that of its repository, where the build says which it is; else the context's URL's."""
    origin = request.options.get("vcs:source") or request.remote
    found = _VCS_NAME.fullmatch(posixpath.basename(origin.partition("#")[0].rstrip("/")))
    return found[1] if found is not None else ""


def _disguised(source: Source) -> tuple[Source, tuple[str, str]]:
    """The text with another value in its ``syntax`` line, and the two forms of everything up to that line's end."""
    head = detect(source.text, "syntax", any_format=True)
    if head is None:
        return source, ("", "")
    text = source.text[: head.start] + _SYNTAX + source.text[head.end :]
    return Source(source.path, text), (text[: head.start + len(_SYNTAX)], source.text[: head.end])


def _swapped(text: str, swap: tuple[str, str]) -> str:
    seen, own = swap
    if not text.startswith(seen):
        raise RuntimeError("a rewrite changed the syntax line")
    return own + text[len(seen) :]


def _restored(change: Applied, swap: tuple[str, str]) -> Applied:
    """A change in the texts with the user's ``syntax`` line; lines stay where they are, so spans are moved along."""
    shift = len(swap[1]) - len(swap[0])
    span = change.proposal.span
    moved = Span(span.start + shift, span.end + shift) if span.start >= len(swap[0]) else span
    return replace(
        change,
        proposal=replace(change.proposal, span=moved),
        before=_swapped(change.before, swap),
        after=_swapped(change.after, swap),
    )
