"""Templates of docker-library (``Dockerfile*.template``) as a Dockerfile.j2 that renders the same Dockerfiles.

Whether it does is not believed but tried: each Dockerfile that is there has to come out of it byte for byte. What the
script ``apply-templates.sh`` does beyond the template is told by that, too: the header is what stands before the
rendered text in all Dockerfiles, and of a variable that it sets the values are tried that names of folders suggest.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.errors import InputError
from bakegen.importing.apply_templates_environment import Case, environments
from bakegen.importing.apply_templates_expressions import Expressions
from bakegen.importing.apply_templates_scope import Scope
from bakegen.importing.apply_templates_segments import RefusedError, segments
from bakegen.importing.apply_templates_statements import Statements
from bakegen.importing.apply_templates_syntax import definitions, program
from bakegen.importing.apply_templates_tokens import code_tokens, hoisted, tokens
from bakegen.importing.apply_templates_values import in_vars, known, pruned
from bakegen.importing.apply_templates_writer import Writer
from bakegen.importing.folding_axes import axes_of
from bakegen.importing.model import Loss, Template
from bakegen.importing.versions_json import template_paths, versions_of
from bakegen.templating.files import FileRenderer
from bakegen.text import Source
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.importing.apply_templates_segments import Segment
    from bakegen.importing.apply_templates_syntax import Definition
    from bakegen.importing.apply_templates_values import Step
    from bakegen.importing.model import Found, Wanted
    from bakegen.importing.sources import Files

_HEADER = re.compile(r"(?:#[^\n]*\n|\n)*")
_FAR = 1 << 32  # how far the offsets of a file are from those of the one that includes it
_WHAT = "this template is not carried over; the Dockerfiles that it was rendered to are used"
_INSTEAD = "go on running apply-templates.sh when versions.json changes, or write it as a Dockerfile.j2"


def carried(found: Found, files: Files) -> Found:
    """`found` with templates instead of the Dockerfiles that were made of them, where these surely come out the same.

    Args:
        found: what all sources have; targets with the axis of `versions_json` are looked at.
        files: the repository.
    """
    changed: dict[str, Wanted] = {}
    losses = list(found.losses)
    for path in sorted(one for one in files.paths if posixpath.basename(one) == "versions.json"):
        versions = versions_of(files, path)
        templates = template_paths(files, path)
        if versions is None or not templates:
            continue
        facts = {version: one for version, one in versions.items() if isinstance(one, dict)}
        losses = [one for one in losses if one.origin.partition(":")[0] not in templates]
        refused: dict[str, Loss] = {}
        done: set[str] = set()
        for family in _families(found.targets, posixpath.dirname(path), files):
            carrying = _Carrying(files, facts, family, templates)
            made = carrying.images()
            refused |= carrying.refused
            done |= carrying.carried if made else set()
            changed |= made
        losses += [loss for name, loss in refused.items() if name not in done]
    targets = tuple(changed.get(one.name, one) for one in found.targets)
    return replace(found, targets=targets, losses=tuple(losses))


def _families(targets: Sequence[Wanted], folder: str, files: Files) -> list[list[Case]]:
    """The targets with Dockerfiles below the folder of a versions.json, by their family."""
    found: dict[str, list[Case]] = {}
    start = f"{folder}/" if folder else ""
    for target in targets:
        content = files.read(target.origin)
        if "version.name" in target.axes and target.origin.startswith(start) and content is not None:
            try:
                found.setdefault(target.family, []).append(Case(target, content.decode("utf-8")))
            except UnicodeDecodeError:
                found.setdefault(target.family, []).append(Case(target, ""))
    return [family for family in found.values() if len(family) > 1 and axes_of([one.target.axes for one in family])]


@dataclass(frozen=True)
class _Made:
    """What a template became: its text, what it uses of a version, and the cases that come out the same."""

    text: str
    used: frozenset[tuple[Step, ...]]
    same: tuple[Case, ...]
    other: str = ""


class _Carrying:
    """The templates of one family of targets."""

    def __init__(
        self, files: Files, facts: Mapping[str, Json], family: Sequence[Case], templates: Sequence[str]
    ) -> None:
        self.files = files
        self.facts = facts
        self.family = family
        self.templates = templates
        self.refused: dict[str, Loss] = {}
        self.carried: set[str] = set()
        self.included: list[str] = []

    def images(self) -> dict[str, Wanted]:
        """The targets by name, each with its template; nothing where some Dockerfile comes out of none."""
        left = list(self.family)
        made: dict[str, _Made] = {}
        while left:
            tried = [(path, one) for path in self.templates if path not in made and (one := self._made(path, left))]
            best = max(tried, key=lambda one: len(one[1].same), default=None)
            if best is None or not best[1].same:
                break
            path, one = best
            again = self._made(path, one.same)
            made[path] = again if again is not None and len(again.same) == len(one.same) else one
            names = {case.target.name for case in one.same}
            left = [case for case in left if case.target.name not in names]
        if left:
            self._tell(left)
            return {}
        self.carried = set(made)
        self.refused = {}
        used = frozenset(path for one in made.values() for path in one.used)
        own = self._vars(used)
        found: dict[str, Wanted] = {}
        for path, one in made.items():
            stem = posixpath.basename(path).removesuffix(".template")
            name = f"{stem}.j2" if len(made) > 1 else "Dockerfile.j2"
            for case in one.same:
                template = Template(name, one.text, path)
                found[case.target.name] = replace(case.target, own={**case.target.own, **own}, template=template)
        return found

    def _vars(self, used: frozenset[tuple[Step, ...]]) -> dict[str, Json]:
        """The field `vars` with what is used of each version."""
        names = dict.fromkeys(case.version for case in self.family)
        found = {name: pruned(self.facts.get(name), used) for name in names}
        return {"vars": {"versions": found}} if used else {}

    def _tell(self, left: Sequence[Case]) -> None:
        """Of each template why it is not carried over; `left` are the Dockerfiles that come out of none."""
        with_reason = set(self.refused)
        for path in self.templates:
            if path in with_reason:
                continue
            one = None if with_reason else self._made(path, left)
            why = one.other if one is not None else "another template of the same image is not"
            self.refused.setdefault(path, Loss(path, f"{_WHAT}: {why}", _INSTEAD))

    def _made(self, path: str, cases: Sequence[Case]) -> _Made | None:
        """The best that can be made of a template; None, and a loss, where that is nothing."""
        text = (self.files.read(path) or b"").decode("utf-8", "replace")
        best: _Made | None = None
        problem: RefusedError | None = None
        try:
            for one in self._tries(path, text, cases):
                if isinstance(one, RefusedError):
                    problem = problem or one
                elif best is None or len(one.same) > len(best.same):
                    best = one
                if best is not None and len(best.same) == len(cases):
                    break
        except RefusedError as refused:
            problem = refused
        except RecursionError:
            problem = RefusedError(0, "it is nested too deeply")
        if best is None and problem is not None:
            place, shown = self._place(path, text, problem.at)
            what = _WHAT if place.startswith(f"{path}:") else _WHAT.replace("this template", path)
            self.refused[path] = Loss(place, f"{what}: `{shown}`: {problem.why}", _INSTEAD)
        elif best is not None:
            self.refused.pop(path, None)
        return best

    def _place(self, path: str, text: str, at: int) -> tuple[str, str]:
        """Where an offset is, ``file:line:column``, and what stands there."""
        number, at = divmod(at, _FAR)
        if number:
            path = self.included[number - 1]
            text = (self.files.read(path) or b"").decode("utf-8", "replace")
        before = text[:at]
        shown = text[at:].partition("\n")[0].strip()[:60]
        return f"{path}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}", shown

    def _tries(self, path: str, text: str, cases: Sequence[Case]) -> Iterator[_Made | RefusedError]:
        pieces = segments(text)
        tree = program(tokens(pieces), len(text))
        if not any(not one.is_code for one in pieces):
            raise RefusedError(0, "a template without a text")
        functions = self._functions(path, text, pieces)
        names = {case.version for case in cases}
        facts = {name: one for name, one in self.facts.items() if name in names}
        full = {case.version: case.target.axes["version.full"] for case in cases}
        for environment in environments(tree, functions, cases):
            expressions = Expressions(environment, functions, facts, full)
            writer = Writer()
            try:
                Statements(expressions, writer).show(tree, Scope(known("facts", facts.values(), path=())))
            except RefusedError as refused:
                yield refused
                continue
            yield self._tried(posixpath.basename(path), expressions, writer.result(), cases)

    def _functions(self, path: str, text: str, pieces: Sequence[Segment]) -> Mapping[str, Definition]:
        found, included = definitions(hoisted(pieces), len(text))
        functions: dict[str, Definition] = {}
        self.included = []
        while included:
            name, *rest = included
            included = tuple(rest)
            beside = posixpath.join(posixpath.dirname(path), f"{name}.jq")
            if beside in self.included:
                continue
            self.included.append(beside)
            content = (self.files.read(beside) or b"").decode("utf-8", "replace")
            start = _FAR * len(self.included)
            inner, further = definitions(tuple(code_tokens(content, start)), start + len(content))
            if not inner and not further:
                raise RefusedError(text.find("include"), f"there is no {beside}")
            functions = {**inner, **functions}
            included = (*further, *included)
        return {**functions, **found}

    def _tried(self, name: str, expressions: Expressions, body: str, cases: Sequence[Case]) -> _Made:
        """What the text renders to, compared with what is there."""
        used = frozenset(expressions.used)
        context = {name: in_vars(one) for name, one in self._vars(used).items()}
        prelude = [*(["set facts = vars.versions[version.name]"] if used else []), *expressions.prelude]
        renderer = FileRenderer(lambda _: None)
        texts: list[str] = []
        rows = Counter[str]()
        source = Source(f"{name} as Dockerfile.j2", _whole("", prelude, body, name))
        for case in cases:
            try:
                texts.append(renderer.render(source, {**case.context(), **context}))
            except InputError as problem:
                return _Made(
                    "", used, (), f"{case.target.origin} comes out of it as an error: {problem.diagnostics[0].message}"
                )
            if case.text.endswith(texts[-1]) and texts[-1] and _HEADER.fullmatch(case.text.removesuffix(texts[-1])):
                rows[case.text.removesuffix(texts[-1])] += 1
        header = rows.most_common(1)[0][0] if rows else ""
        same = tuple(case for case, text in zip(cases, texts, strict=True) if case.text == header + text)
        differing = [(case, header + text) for case, text in zip(cases, texts, strict=True) if case not in same]
        other = _difference(*differing[0]) if differing else ""
        return _Made(_whole(header, prelude, body, name), used, same, other)


def _whole(header: str, prelude: Sequence[str], body: str, name: str) -> str:
    """The text of a Dockerfile.j2."""
    top = Writer()
    top.text(header)
    for tag in prelude:
        top.tag(tag)
    text = top.result()
    if not text:
        return body
    more = " The comment below is that of the Dockerfiles that it was rendered to." if header else ""
    return f"{{# From {name}.{more} -#}}\n{text}{body}"


def _difference(case: Case, text: str) -> str:
    """The first line that differs."""
    ours, theirs = text.split("\n"), case.text.split("\n")
    at = next(
        (at for at, (one, other) in enumerate(zip(ours, theirs, strict=False)) if one != other),
        min(len(ours), len(theirs)),
    )
    line, other = (lines[at].strip()[:60] if at < len(lines) else "(its end)" for lines in (theirs, ours))
    return f"{case.target.origin}:{at + 1} is `{line}` and would be `{other}`"
