"""Rewrite `ignore-file`: what no instruction takes from the build context is not sent; advice on what none should.

Its patterns are for an ignore file of this Dockerfile's own (``<Dockerfile>.dockerignore``), which beats the shared
one: another Dockerfile may well copy what this one leaves out.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.dockerfile.patterns import clean, compile_ignore, has_wildcards
from bakegen.effects.instructions import context_path
from bakegen.effects.model import Equivalence, Tier
from bakegen.effects.places import inside
from bakegen.facts.model import Kind
from bakegen.rewrites.model import Example, Missing, Proposal, Rewrite
from bakegen.text import Source, Span
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bakegen.facts.model import ContextFacts
    from bakegen.rewrites.model import Situation

_SELDOM_WANTED = (
    *(".git", ".hg", ".svn", "**/node_modules", "**/__pycache__", "**/*.pyc", "**/.venv", "venv", "**/.env"),
    *(".idea", ".vscode", "**/.DS_Store", "**/*.swp", "**/*.log", ".tox", ".nox", "**/.mypy_cache"),
    *("**/.pytest_cache", "**/.ruff_cache", "**/.coverage", ".terraform", ".gradle", "Dockerfile", ".dockerignore"),
)
"""Patterns of what changes often or is of one machine, and is in an image by mistake as a rule."""

_IGNORE_FILES = "**/*.dockerignore"
_MOST_DIRECTORIES = 2000


@dataclass(frozen=True, slots=True)
class _Read:
    """What one COPY, ADD or bind mount reads of the context: "" is all of it."""

    sources: tuple[str, ...]
    exclude: tuple[str, ...]
    sure: bool
    span: Span

    @property
    def whole(self) -> bool:
        """Whether it reads the whole context, as far as it does not exclude."""
        return self.sources == ("",) and self.sure

    def spares(self, pattern: str) -> bool:
        """Whether it takes nothing that `pattern` matches."""
        if self.whole and pattern in self.exclude:
            return True
        if not self.sure or has_wildcards(pattern) or any(has_wildcards(source) for source in self.sources):
            return False
        left_out = "/" + pattern
        return not any(inside("/" + one, left_out) or inside(left_out, "/" + one) for one in self.sources)


def _propose(situation: Situation) -> Iterator[Proposal]:
    reads = list(_reads(situation))
    known = {str(rule) for rule in IgnoreFile.parse(Source(".dockerignore", situation.ignore)).rules}
    whole = [read for read in reads if read.whole]
    if not whole:
        return  # BuildKit asks for the sources of COPY only: what none names is never sent
    patterns = dict.fromkeys(pattern for read in whole for pattern in read.exclude)
    unread = tuple(one for one in patterns if one not in known and all(read.spares(one) for read in reads))
    context = situation.evidence.context
    if unread:
        yield _unread(situation, whole, unread)
    if context is not None:
        left_out = {*known, *patterns}
        found = tuple(matched(context, [one for one in _SELDOM_WANTED if one not in left_out]))
        if found:
            yield _advice(whole[0].span, found)


def _reads(situation: Situation) -> Iterator[_Read]:
    for stage in situation.stages:
        for view in stage.steps:
            for _, sources, exclude, parents, span in view.step.context_reads():
                plain = not any("!" in one[:1] or one.startswith("/") for one in exclude)
                texts = [source.text for source in getattr(view.step.command, "sources", ())]
                sure = not parents and all(view.around.sure(text) for text in texts) and not view.step.triggered
                patterns = tuple(clean(one) for one in exclude) if plain else ()
                where = stage.stage.stage.span if view.step.triggered else span
                paths = tuple(context_path(source) for source in sources)
                context = situation.evidence.context
                # A source that is a link leads to another place of the context, which BuildKit is sent too.
                sure = sure and all(
                    not path or (context is not None and context.kind(path) in (Kind.FILE, Kind.DIRECTORY))
                    for path in paths
                )
                yield _Read(paths, patterns, sure, where)


def _unread(situation: Situation, whole: list[_Read], patterns: tuple[str, ...]) -> Proposal:
    """The ignore file itself is part of the context: what is written into it must not come into the image."""
    context = situation.evidence.context
    missing: tuple[Missing, ...] = ()
    taken = context is not None and bool(matched(context, (_IGNORE_FILES,)))
    if context is None:
        missing = (Missing("whether the ignore file is copied too", "give the build context", False),)
    elif taken and not all(_spares_ignore_files(context, read) for read in whole):
        missing = (Missing("whether the image needs the ignore file, which changes", "let it name itself", False),)
    elif _has_exceptions(situation):
        # A directory that is left out is sent where an exception brings back what is in it, and a copy makes it.
        what = "whether a directory is sent only for an exception of the ignore file that the patterns leave out again"
        missing = (Missing(what, "add the patterns by hand, above the exceptions", False),)
    elif not taken and not situation.ignore:
        patterns = (*patterns, ".dockerignore")
    return Proposal(
        "ignore-file",
        whole[0].span,
        (),
        Tier.FACTS,
        Equivalence.IMAGE,
        "no COPY, ADD or bind mount of a stage that is built takes what these patterns match",
        "BuildKit sends all of the context to a COPY of all of it, what --exclude leaves out too: no longer",
        missing,
        ignore=patterns,
    )


def _has_exceptions(situation: Situation) -> bool:
    return any(rule.negated for rule in IgnoreFile.parse(Source(".dockerignore", situation.ignore)).rules)


def _spares_ignore_files(context: ContextFacts, read: _Read) -> bool:
    """Whether a read of everything leaves out each file that may be the ignore file in force."""
    if _IGNORE_FILES in read.exclude:
        return True
    return ".dockerignore" in read.exclude and not matched(context, ("?*.dockerignore", "*/**/*.dockerignore"))


def _advice(span: Span, patterns: tuple[str, ...]) -> Proposal:
    named = ", ".join(patterns)
    return Proposal(
        "ignore-file",
        span,
        (),
        Tier.ADVICE,
        Equivalence.DECLARED,
        "the image would lack these files",
        f"a change of {named} no longer re-runs this and all behind it, and none of it is sent",
        (Missing(f"whether the image needs {named}", "add to the ignore file what it does not need", False),),
        declared=tuple(f"/**/{one.removeprefix('**/')}" for one in patterns),
        ignore=patterns,
    )


def matched(context: ContextFacts, patterns: Sequence[str]) -> dict[str, str]:
    """Those of `patterns` (of an ignore file) that match something in the context, each with the first such path."""
    waiting, found, seen = [""], dict[str, str](), 0
    matchers = {pattern: compile_ignore(pattern) for pattern in patterns}
    while waiting and seen < _MOST_DIRECTORIES:
        seen += 1
        directory = waiting.pop(0)
        for name in context.children(directory) or ():
            path = posixpath.join(directory, name)
            hit = [pattern for pattern, matcher in matchers.items() if matcher.matches(path)]
            for pattern in hit:
                found.setdefault(pattern, path)
            if not hit and context.kind(path) is Kind.DIRECTORY:
                waiting.append(path)
    return {pattern: found[pattern] for pattern in patterns if pattern in found}


_FILES = {"main.py": "", "docs/index.md": "", "src/a.py": "", "src/b.log": ""}

REWRITE = Rewrite(
    name="ignore-file",
    order=99,
    summary="Add to the ignore file what no instruction takes from the build context.",
    why="To a COPY of the whole context BuildKit sends the whole context, and looks at --exclude only then. What every "
    "COPY, ADD and bind mount leaves out need not be sent. A file that only some COPY names does not matter: BuildKit "
    "asks for the sources of each COPY and for nothing else. What a COPY of everything takes and an image hardly ever "
    "needs, such as .git, is advice: to leave it out changes the image.",
    tier=Tier.FACTS,
    equivalence=Equivalence.IMAGE,
    propose=_propose,
    examples=(
        Example(
            "What the only COPY excludes (the Dockerfile stays as it is)",
            "FROM scratch\nCOPY --exclude=docs . /app\n",
            "FROM scratch\nCOPY --exclude=docs . /app\n",
            _FILES,
        ),
        Example(
            "Another COPY reads something else",
            "FROM scratch AS a\nCOPY src /src\nFROM scratch\nCOPY --exclude=docs . /app\nCOPY --from=a / /a\n",
            "FROM scratch AS a\nCOPY src /src\nFROM scratch\nCOPY --exclude=docs . /app\nCOPY --from=a / /a\n",
            _FILES,
        ),
        Example(
            "Two that exclude the same pattern",
            "FROM scratch\nCOPY --exclude=**/*.log . /a\nCOPY --exclude=**/*.log . /b\n",
            "FROM scratch\nCOPY --exclude=**/*.log . /a\nCOPY --exclude=**/*.log . /b\n",
            _FILES,
        ),
        Example(
            "Another COPY reads what the one excludes",
            "FROM scratch\nCOPY --exclude=docs . /app\nCOPY docs/index.md /\n",
            None,
            _FILES,
        ),
        Example(
            "A link that is copied leads to what the other excludes",
            "FROM scratch\nCOPY --exclude=docs . /app\nCOPY link /\n",
            None,
            {**_FILES, "link": "-> docs/index.md"},
        ),
        Example("What no COPY names is not sent anyhow", "FROM scratch\nCOPY src /src\n", None, _FILES),
        Example(
            "All that is not wanted as a rule is advice",
            "FROM scratch\nCOPY . /app\n",
            None,
            {**_FILES, ".git/HEAD": "", "web/node_modules/x.js": ""},
            missing="whether the image needs .git, **/node_modules, **/*.log",
        ),
        Example(
            "The ignore file has exceptions: a directory may be sent for these alone",
            "FROM scratch\nCOPY --exclude=**/*.py . /app\n",
            None,
            _FILES,
            ignore="src\n!src/a.py\n",
            missing="whether a directory is sent only for an exception",
        ),
        Example(
            "It is in the ignore file already",
            "FROM scratch\nCOPY --exclude=docs src /app\nCOPY --exclude=docs . /app\n",
            None,
            {"main.py": "", "docs/index.md": "", "src/docs/x": ""},
            ignore="docs\n",
        ),
    ),
)
