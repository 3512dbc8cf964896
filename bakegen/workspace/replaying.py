"""Goes through a repository's history and tells which steps each commit's build has, from git's objects alone.

Of each commit only definitions, Dockerfiles and ignore files are read. A plan serves all commits that answer the same
to what was asked while it was made; what a step reads is told by the id of the context's tree where that is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.building.costs import Costs
from bakegen.building.masking import clean_line
from bakegen.definition.loader import PROJECT_FILE
from bakegen.diagnostics import error, one_line
from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.errors import InputError
from bakegen.explaining.causes import clipped
from bakegen.explaining.costing import seconds_of
from bakegen.explaining.kept import KeptChains
from bakegen.explaining.replay.model import Build, TargetUse, Text, Use
from bakegen.plan.content import content_keys
from bakegen.plan.model import TargetKind
from bakegen.workspace.commit_files import CommitContexts, CommitFiles
from bakegen.workspace.explaining import base_facts
from bakegen.workspace.found import Found
from bakegen.workspace.git import Git, GitProblem
from bakegen.workspace.objects import Objects
from bakegen.workspace.project import has_table, open_files
from bakegen.workspace.walking import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bakegen.explaining.model import Files, TargetChain
    from bakegen.explaining.replay.model import Commit
    from bakegen.plan.keys import SourcePattern
    from bakegen.text import Location, Source
    from bakegen.workspace.commit_files import Asked
    from bakegen.workspace.project import Workspace

_PLANS = 12
"""Plans that are kept: branches that differ alternate."""


@dataclass(frozen=True)
class Order:
    """What is replayed.

    Attributes:
        root: the project's folder; that of the repository where Dockerfiles are looked for.
        environ, sets, outside: as for `bakegen.workspace.project.open_workspace`.
        count: commits of the branch.
        revision: the newest of them.
        pulls: whether those of pull requests are built, too.
        level: how far Dockerfiles are rewritten.
        costs: what steps are known to take.
        run, other: seconds of a RUN, and of another step, that nobody has seen run.
        found: whether the Dockerfiles that are found are the project, not definitions.
        dockerfiles, context: which of them, and the context of all; see `bakegen.workspace.found.Found`.
        wanted: names of targets, all images without it.
    """

    root: Path
    environ: Mapping[str, str]
    sets: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    count: int = 500
    revision: str = "HEAD"
    pulls: bool = True
    level: str = "assumed"
    costs: Costs = field(default_factory=Costs)
    run: float = 30.0
    other: float = 1.0
    found: bool = False
    dockerfiles: tuple[str, ...] = ()
    context: str = ""
    wanted: tuple[str, ...] = ()


def repository(folder: Path) -> Path:
    """The top of the repository that a folder lies in.

    Raises:
        InputError: it lies in none.
    """
    try:
        git = Git(folder)
        if git.line("rev-parse", "--is-bare-repository") == "true":
            return folder
        return Path(git.line("rev-parse", "--show-toplevel"))
    except GitProblem as problem:
        raise InputError([error("no-commit", f"there is no history to walk: {problem}")]) from None


def builds(order: Order) -> Iterator[Build]:
    """The builds of a history, the oldest commit first.

    Raises:
        InputError: git cannot tell the history.
    """
    top = repository(order.root).resolve()
    try:
        commits = walk(order.root, order.count, order.revision, pulls=order.pulls)
        objects = Objects(order.root)
    except GitProblem as problem:
        raise InputError([error("no-commit", f"there is no history to walk: {problem}")]) from None
    walker = _Walker(order, CommitFiles(order.root, top, objects, order.outside), objects)
    return map(walker.build, commits)


class _Walker:
    """The project at one commit after the other."""

    def __init__(self, order: Order, files: CommitFiles, objects: Objects) -> None:
        self._order = order
        self._files = files
        self._reads = _Reads(files, CommitContexts(files, objects))
        self._opened: dict[Text, list[_Opened]] = {text: [] for text in Text}
        self._found = Found(objects, order.dockerfiles, order.context) if order.found else None
        self._known: dict[str, Build] = {}

    def build(self, commit: Commit) -> Build:
        """The build of a commit; never raises for what is in it."""
        if commit.tree not in self._known:
            self._known[commit.tree] = self._build(commit)
        return replace(self._known[commit.tree], commit=commit)

    def _build(self, commit: Commit) -> Build:
        try:
            self._files.show(commit.tree)
            if self._found is None and not self._is_project():
                return Build(commit, {}, "there is no project")
            original = self._original(commit.tree)
        except (GitProblem, InputError) as problem:
            return Build(commit, {}, _said(problem))
        try:
            rewritten = self._targets(Text.REWRITTEN, commit.tree)
        except (GitProblem, InputError):
            rewritten = original  # what cannot be rewritten is built as it is
        return Build(commit, {Text.ORIGINAL: original, Text.REWRITTEN: rewritten})

    def _original(self, tree: str) -> tuple[TargetUse, ...]:
        while True:
            try:
                return self._targets(Text.ORIGINAL, tree)
            except InputError as problem:
                if self._found is None or not self._found.leave_out(tree, problem, _said(problem)):
                    raise

    def _is_project(self) -> bool:
        if self._files.exists(PROJECT_FILE):
            return True
        source = self._files.read_if_there("pyproject.toml")
        return source is not None and has_table(source.text)

    def _targets(self, text: Text, tree: str) -> tuple[TargetUse, ...]:
        over = self._found.definitions(tree) if self._found is not None else {}
        self._files.show(tree, over)
        self._reads.show()
        left = self._found.left_out(tree) if self._found is not None else {}
        return (*self._open(text, over).targets(), *(TargetUse(path, (), problem=why) for path, why in left.items()))

    def _open(self, text: Text, over: Mapping[str, str]) -> _Opened:
        known = self._opened[text]
        for at, one in enumerate(known):
            if one.over == over and self._files.answers(one.asked):
                known.insert(0, known.pop(at))
                return one
        rewriting = text is Text.REWRITTEN
        sets = (*self._order.sets, f"*.rewrite={self._order.level}") if rewriting else self._order.sets
        workspace = open_files(self._files, self._order.environ, sets, rewriting=rewriting)
        made = _Opened(workspace, self._reads, self._order, self._files.asked, over)
        self._opened[text] = [made, *known[: _PLANS - 1]]
        return made


class _Opened:
    """A plan, for all commits that have the same."""

    def __init__(
        self, workspace: Workspace, reads: _Reads, order: Order, asked: Asked, over: Mapping[str, str]
    ) -> None:
        self.asked = asked
        self.over = over
        self._plan = workspace.plan
        self._reads = reads
        self._order = order
        self._chains = KeptChains(workspace.plan, reads, base_facts(workspace))
        images = [name for name, target in self._plan.targets.items() if target.kind is TargetKind.IMAGE]
        self._wanted = [name for name in images if not order.wanted or name in order.wanted]
        self._uses: dict[tuple[object, ...], TargetUse] = {}
        self._digests = _Digests(reads)
        self._keys: dict[tuple[str, ...], dict[str, str]] = {}

    def targets(self) -> tuple[TargetUse, ...]:
        """The targets with what their contexts hold at the commit that is shown."""
        side = self._chains.side(self._wanted)
        keys = self._content_keys()
        return tuple(self._use(chain, keys.get(chain.name, "")) for chain in side.targets.values())

    def _content_keys(self) -> dict[str, str]:
        asked = tuple(self._reads.digest(*call) for call in self._digests.calls)
        if asked not in self._keys or not asked:
            self._digests.calls.clear()
            found = {name: one.key or "" for name, one in content_keys(self._plan, self._digests, self._wanted).items()}
            asked = tuple(self._reads.digest(*call) for call in self._digests.calls)
            self._keys[asked] = found
        return self._keys[asked]

    def _use(self, chain: TargetChain, key: str) -> TargetUse:
        at = (chain.name, key, tuple(map(id, chain.stages)))  # which the chains keep
        if at not in self._uses:
            known = seconds_of([chain], self._order.costs)
            steps = tuple(
                Use(
                    step.key.strict,
                    step.key.loose,
                    known.get(step.key.strict, self._order.run if step.name == "RUN" else self._order.other),
                    clean_line(f"{_place(step.location)} {clipped(step.shown)}"),
                    bool(step.always),
                )
                for stage in chain.stages
                for step in stage.steps
            )
            self._uses[at] = TargetUse(chain.name, steps, key, chain.problem)
        return self._uses[at]


class _Reads:
    """The files that steps read at the commit that is shown; see `bakegen.explaining.chains.Reads`.

    A directory counts as one file whose content is all below it.
    """

    def __init__(self, files: CommitFiles, contexts: CommitContexts) -> None:
        self._files = files
        self._contexts = contexts
        self._ignores: dict[str, IgnoreFile] = {}
        self._known: dict[tuple[object, ...], Files] = {}
        self._digested: dict[tuple[object, ...], str] = {}

    def show(self) -> None:
        """Makes the files be those of the commit that is shown."""
        self._contexts.show()

    def files(self, folder: str, ignore: Source | None, pattern: SourcePattern, place: Location | None) -> Files:
        """Path -> mode and object id of what `pattern` selects in `folder`."""
        text = ignore.text if ignore is not None else ""
        # What is selected in a folder depends on nothing outside it.
        key = (self._files.entry(folder), text, pattern)
        if key not in self._known:
            if text not in self._ignores:
                self._ignores[text] = IgnoreFile.parse(ignore) if ignore is not None else IgnoreFile()
            lines = self._contexts.selected(folder, self._ignores[text], [pattern], place)
            self._known[key] = {line.path: f"{line.mode} {line.oid}" for line in lines}
        return self._known[key]

    def digest(
        self, context: str, ignore: IgnoreFile, selection: Sequence[SourcePattern], location: Location | None = None
    ) -> str:
        """See `bakegen.plan.content.Digests`."""
        key = (self._files.entry(context), ignore, tuple(selection))
        if key not in self._digested:
            self._digested[key] = self._contexts.digest(context, ignore, selection, location)
        return self._digested[key]


class _Digests:
    """Digests of contexts, with what was asked written down."""

    def __init__(self, reads: _Reads) -> None:
        self._reads = reads
        self.calls: list[tuple[str, IgnoreFile, Sequence[SourcePattern], Location | None]] = []

    def digest(
        self, context: str, ignore: IgnoreFile, selection: Sequence[SourcePattern], location: Location | None = None
    ) -> str:
        self.calls.append((context, ignore, selection, location))
        return self._reads.digest(context, ignore, selection, location)


def _place(location: Location) -> str:
    """``images/app/Dockerfile:7``."""
    return f"{location.source.path}:{location.source.position(location.span.start)[0]}"


def _said(problem: Exception) -> str:
    if isinstance(problem, InputError):
        first = next(iter(problem.diagnostics), None)
        return one_line(first.message) if first is not None else "its definitions cannot be read"
    return one_line(str(problem))
