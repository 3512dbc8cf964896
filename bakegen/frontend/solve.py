"""The way of a build: read, rewrite, have Docker's own frontend build it, map back what it says, return.

Whatever goes wrong on our side before the build begins ends in the same build as without this frontend.
Source: frontend/dockerfile/builder/build.go of BuildKit for how frontends hand on.
"""

from __future__ import annotations

import re
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError

from bakegen.frontend import llb as make
from bakegen.frontend.bridge import PING_SECONDS
from bakegen.frontend.context import Reader, Unreadable
from bakegen.frontend.guard import TooLong, at_most
from bakegen.frontend.messages import gateway_pb2 as gateway
from bakegen.frontend.request import SYNTAX
from bakegen.frontend.wire import CallError, Lost

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.frontend.bridge import Bridge, Pending
    from bakegen.frontend.context import Entrypoint, Place
    from bakegen.frontend.messages import llb_pb2 as llb
    from bakegen.frontend.request import Request
    from bakegen.frontend.rewriting import Rewriting
    from bakegen.frontend.sourcemap import SourceMap

_DEFINITIONS = (".yaml", ".yml")
_FROM = re.compile(rb"^from\s", re.IGNORECASE | re.MULTILINE)
"""No line of a definition begins like this; in a Dockerfile, which may have any name, one does."""

_UNKNOWN = 2
_OWN = "dockerfile.v0"
_OTHER = "gateway.v0"
_CHECK = "build-arg:BUILDKIT_DOCKERFILE_CHECK"
_INPUTS, _WARNINGS, _ONLY_NAMES = "frontend.inputs", "gateway.warnings", "source.local.metadatatransfer"
_OTHER_CONTEXT = ("build-arg:BUILDKIT_CONTEXT_KEEP_GIT_DIR", "build-arg:SOURCE_DATE_EPOCH")
"""Options that change what is loaded from a URL."""

MOST_SECONDS = 10.0
"""How long the rewriting may compute."""


@dataclass
class Build:
    """One build from its request to its result.

    Attributes:
        bridge: BuildKit.
        request: what is asked for.
        caps: what BuildKit can do.
        inputs: what was handed to this frontend in place of contexts.
        rendered: whether the Dockerfile was made here, so that its ``syntax`` line is not what called this frontend.
    """

    bridge: Bridge
    request: Request
    caps: frozenset[str] = frozenset()
    inputs: Mapping[str, llb.Definition] = field(default_factory=dict)
    rendered: bool = False

    def run(self) -> None:
        """Builds and returns the result or the error to BuildKit.

        Raises:
            Lost: the stream is cut; there is nobody to return anything to.
        """
        try:
            result = self._run()
        except CallError as problem:
            self.bridge.fail(_status(problem))
        else:
            self.bridge.finish(result)

    def _run(self) -> gateway.Result:
        ping, inputs = self.bridge.ping(), self.bridge.inputs()
        pong = ping.result(PING_SECONDS)
        self.caps = frozenset(one.id for one in (*pong.frontend_caps, *pong.llb_caps) if one.enabled)
        if _INPUTS not in self.caps:
            return self._plain(None)
        self.inputs = inputs.result()
        return self._read()

    def _read(self) -> gateway.Result:
        try:
            quick = self.request.policy.off or self.request.subrequest
            reader = Reader(self.bridge, self.request, self.inputs, (lambda: None) if quick else _load)
            place = reader.place()
            entry = reader.entrypoint(place)
        except Unreadable as problem:
            print(f"bakegen: the Dockerfile cannot be read: {problem}", file=sys.stderr)
            return self._plain(None)
        if entry.filename.endswith(_DEFINITIONS) and not _FROM.search(entry.text):
            return self._variant(entry, place)._read()
        if self.request.subrequest:
            return self._plain(entry)
        if self.request.policy.off:
            return self._provenance(self._plain(entry), None)
        rewriting = self._rewriting(entry, place)
        if rewriting.changed:
            try:
                return self._rewritten(entry, place, rewriting)
            except CallError as problem:
                # Either this would have failed anyway, and then the error should be about the user's own text; or not.
                note = f"what the rewrites made does not build: {problem.message}"
                rewriting = replace(rewriting, after=rewriting.before, applied=(), note=note)
        result = self._provenance(self._plain(entry), None)
        self._warn(entry, rewriting, None)
        return result

    def _variant(self, entry: Entrypoint, place: Place) -> Build:
        """The build that a bakegen definition in the Dockerfile's place asks for."""
        from bakegen.errors import InputError
        from bakegen.frontend.definition import variant_build

        try:
            request, inputs = variant_build(
                self.bridge, self.request, place, entry, only_names=_ONLY_NAMES in self.caps
            )
        except InputError as problem:
            raise CallError(_UNKNOWN, str(problem)) from None
        return replace(self, request=request, inputs={**self.inputs, **inputs}, rendered=True)

    def _rewriting(self, entry: Entrypoint, place: Place) -> Rewriting:
        """What the rewrites make of the Dockerfile; that it stays as it is where they fail."""
        from bakegen.frontend.rewriting import Rewriter, Rewriting

        if self.request.remote and any(self.request.options.get(name) for name in _OTHER_CONTEXT):
            return Rewriting(entry.text, entry.text, note="of a context by URL that asks for .git or for times")
        try:
            rewriter = Rewriter(self.bridge, self.request, _ONLY_NAMES in self.caps)
            with at_most(MOST_SECONDS):
                return rewriter.rewrite(entry, place, own_syntax=self._own_syntax(entry))
        except Lost:
            raise
        except TooLong:
            return Rewriting(entry.text, entry.text, note="looking at it takes too long")
        except CallError as problem:
            return Rewriting(entry.text, entry.text, note=f"the build context cannot be read: {problem.message}")
        except Exception as problem:
            traceback.print_exc()
            note = f"an error of its own ({type(problem).__name__}), please report it with the Dockerfile"
            return Rewriting(entry.text, entry.text, note=note)

    def _plain(self, entry: Entrypoint | None) -> gateway.Result:
        """What Docker's own frontend makes of the request as it is."""
        frontend, options = self._behind(entry)
        return self.bridge.solve(frontend=frontend, options=options, inputs=self.inputs).result()

    def _rewritten(self, entry: Entrypoint, place: Place, rewriting: Rewriting) -> gateway.Result:
        """What Docker's own frontend makes of the rewritten text, as if the user had written it.

        Raises:
            CallError: it does not take it.
        """
        from bakegen.frontend.sourcemap import LineMap, SourceMap

        frontend, options = self._behind(entry)
        checks = _checks(entry, self.request)
        lint = None
        if "skip=all" not in checks:
            asked = options | {"requestid": "frontend.lint"}
            inputs = self._handed_on(asked, entry, place, entry.files.definition)
            lint = self.bridge.solve(frontend=frontend, options=asked, inputs=inputs)
            if "error=true" in checks and _or_none(lint, with_warnings=True) is not None:
                return self._provenance(self._plain(entry), None)
            # Said about the user's text instead.
            options[_CHECK] = "skip=all"
        inputs = self._handed_on(options, entry, place, _definition(entry, rewriting))
        result = self.bridge.solve(frontend=frontend, options=options, inputs=inputs).result()
        lines = LineMap(entry.text.decode("utf-8", "surrogateescape"), rewriting.applied)
        self._warn(entry, rewriting, lint)
        return self._provenance(result, SourceMap(rewriting.before, rewriting.after, lines, entry.files.definition))

    def _handed_on(
        self, options: dict[str, str], entry: Entrypoint, place: Place, dockerfile: llb.Definition
    ) -> dict[str, llb.Definition]:
        """The inputs with a Dockerfile among them, and `options` without what would make BuildKit ignore them."""
        options.pop("dockerfilekey", None)
        options["filename"] = entry.filename
        inputs = dict(self.inputs) | {"dockerfile": dockerfile}
        if self.request.remote and place.context is not None:
            options.pop(self.request.context_name)
            options.pop("contextkey", None)
            inputs["context"] = place.context.definition
        return inputs

    def _provenance(self, result: gateway.Result, source_map: SourceMap | None) -> gateway.Result:
        """The result as one of this frontend, with the user's text in it; all else in it stays as it came.

        A definition that is solved again gives the same; but provenance then names this frontend, and failing steps
        show their lines in the user's text. Without the cache imports ``--cache-from`` would not be looked at.
        """
        made = gateway.Result()
        made.CopyFrom(result)
        refs = [made.ref] if made.WhichOneof("result") == "ref" else list(made.refs.refs.values())
        imports = self.request.cache_imports
        waiting = []
        for ref in refs:
            if ref.id and ref.definition.ops:
                definition = ref.definition if source_map is None else source_map.definition(ref.definition)
                waiting.append((ref, self.bridge.solve(definition, cache_imports=imports)))
        for ref, solving in waiting:
            try:
                ref.CopyFrom(solving.result().ref)
            except CallError:
                print("bakegen: a result cannot be solved again", file=sys.stderr)
        return made

    def _warn(self, entry: Entrypoint, rewriting: Rewriting, lint: Pending[gateway.Result] | None) -> None:
        if _WARNINGS not in self.caps or not (rewriting.note or rewriting.applied):
            return
        from bakegen.frontend.notes import notes, own_warnings

        found = list(notes(entry, rewriting))
        answer = _or_none(lint) if lint is not None else None
        if answer is not None:
            found += own_warnings(entry, answer)
        for sent in [self.bridge.warn(one) for one in found]:
            with suppress(CallError):
                sent.result()

    def _behind(self, entry: Entrypoint | None) -> tuple[str, dict[str, str]]:
        """The frontend that builds, and its options: the engine's own, or the one that the file names beside us."""
        options = dict(self.request.options)
        if entry is None or self._own_syntax(entry):
            return _OWN, options
        syntax = _directive(entry, "syntax")
        options["source"], options["cmdline"] = syntax.split()[0], syntax
        return _OTHER, options

    def _own_syntax(self, entry: Entrypoint) -> bool:
        """Whether the engine's own frontend reads the file: it names us or none, or we were asked for by the file."""
        if not self.rendered and SYNTAX not in self.request.options:
            return True
        from bakegen.dockerfile.references import context_name

        named = _directive(entry, "syntax").split()[:1]
        return not named or context_name(named[0]) == context_name(self.request.options.get("source", ""))


def _load() -> None:
    """Loads what the rewriting needs, which takes longer than all else that is done here."""
    import bakegen.frontend.rewriting
    import bakegen.frontend.sourcemap  # noqa: F401


def _directive(entry: Entrypoint, name: str) -> str:
    """What the Dockerfile says at its head after ``# NAME=``, "" without it."""
    from bakegen.dockerfile.directives import detect

    head = detect(entry.text.decode("utf-8", "surrogateescape"), name, any_format=name == "syntax")
    return head.value if head is not None else ""


def _definition(entry: Entrypoint, rewriting: Rewriting) -> llb.Definition:
    """The rewritten text and its ignore file, in files."""
    texts = {entry.filename: rewriting.after}
    if rewriting.ignore is not None:
        texts[entry.filename + ".dockerignore"] = rewriting.ignore
    made = ", ".join(dict.fromkeys(one.proposal.rewrite for one in rewriting.applied))
    op, caps = make.files(texts)
    return make.definition([(op, f"[bakegen] rewrite {entry.filename}: {made}", caps)])[0]


def _checks(entry: Entrypoint, request: Request) -> str:
    """The settings of Docker's own lint, without spaces: those of the build, else those of the file."""
    given = request.options.get(_CHECK)
    if given is None:
        given = _directive(entry, "check")
    return "".join(given.lower().split())


def _or_none(lint: Pending[gateway.Result], *, with_warnings: bool = False) -> gateway.Result | None:
    """What lint answers, None where it cannot (and `with_warnings` where it found nothing)."""
    try:
        found = lint.result()
    except CallError:
        return None
    return None if with_warnings and found.metadata.get("result.statuscode", b"0") == b"0" else found


def _status(problem: CallError) -> gateway.Status:
    status = gateway.Status()
    try:
        status.ParseFromString(problem.details)
    except DecodeError:
        status = gateway.Status()
    status.code, status.message = problem.code, status.message or problem.message
    return status
