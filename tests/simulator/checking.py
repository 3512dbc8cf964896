"""The property: a rewritten Dockerfile builds what the original builds. Also how a counterexample is made small.

`check` is given a case and says what is wrong; `shrink` leaves out pieces of the Dockerfile while it stays wrong.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from bakegen.dockerfile import read
from bakegen.dockerfile.syntax import LeafKind
from bakegen.rewrites.checks import RewriteFault
from bakegen.rewrites.driver import rewrite
from bakegen.text import Source
from tests.simulator.builder import build
from tests.simulator.tree import Failure, differences

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bakegen.dockerfile import Dockerfile
    from bakegen.rewrites.driver import Outcome
    from tests.simulator.case import Case
    from tests.simulator.images import ToyImage

LEVELS = ("proved", "assumed")
EXCUSED = "excused"
NO_LINK = "no symbolic link stands on the way to "
OWN_IGNORE = "Dockerfile.dockerignore"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: at which level, after which rewrites, and what."""

    level: str
    rewrites: tuple[str, ...]
    what: str
    rewritten: str = ""

    @property
    def kind(self) -> str:
        """What it is about, in a word: findings of one kind are likely one bug."""
        first = self.what.partition("\n")[0]
        found = next((kind for kind in ("differs", "fails", "second run", "comment", "parse") if kind in first), None)
        return found or first.partition(":")[0]

    def __str__(self) -> str:
        return f"[{self.level}] {', '.join(self.rewrites) or 'no rewrite'}: {self.what}"


@dataclass
class Report:
    """What became of a case: `built` says whether the original can be built at all, which makes it count."""

    built: bool = False
    findings: list[Finding] = field(default_factory=list)
    fired: Counter[tuple[str, str]] = field(default_factory=Counter)
    changed: int = 0
    excused: int = 0
    why_not: str = ""


def check(case: Case, levels: Sequence[str] = LEVELS, only: Sequence[str] = (), skip: Sequence[str] = ()) -> Report:
    """Rewrites a case at each level and compares the images, for all sets of build arguments that must be right."""
    report = Report()
    source = Source("Dockerfile", case.dockerfile)
    original = read(source)
    images = {}
    for args in _argument_sets(case):
        for target in _targets(original):
            try:
                images[args, target] = build(original, case.world(), dict(args), target)
            except Failure as failure:
                report.why_not = str(failure)
    first = tuple(sorted(case.build_args.items()))
    if (first, None) not in images:
        return report
    report.built = True
    for level in levels:
        try:
            outcome = _rewritten(source, case, level, only, skip)
        except RewriteFault as fault:
            report.findings.append(Finding(level, (str(fault).partition(":")[0],), str(fault)))
            continue
        names = tuple(dict.fromkeys(one.proposal.rewrite for one in outcome.applied))
        report.fired.update((level, name) for name in names)
        report.changed += bool(names)
        for what in _faults(original, outcome, case, level, images, only, skip):
            if what == EXCUSED:
                report.excused += 1
                continue
            report.findings.append(Finding(level, names, what, outcome.source.text))
            break
    return report


def _rewritten(
    source: Source, case: Case, level: str, only: Sequence[str], skip: Sequence[str], ignore: str | None = None
) -> Outcome:
    return rewrite(
        source,
        case.evidence(),
        build_args=case.build_args,
        level=level,
        only=only,
        skip=skip,
        ignore=case.ignore if ignore is None else ignore,
        project="toy",
        ephemeral=case.ephemeral,
        fixed=case.fixed,
        strict=True,
    )


def _argument_sets(case: Case) -> Iterator[tuple[tuple[str, str], ...]]:
    yield tuple(sorted(case.build_args.items()))
    if not case.fixed:
        for others in case.other_args:
            yield tuple(sorted({**case.build_args, **others}.items()))


def _targets(dockerfile: Dockerfile) -> list[str | None]:
    return [None, *dict.fromkeys(stage.name for stage in dockerfile.stages[:-1] if stage.name)]


def _faults(
    original: Dockerfile,
    outcome: Outcome,
    case: Case,
    level: str,
    images: Mapping[tuple[tuple[tuple[str, str], ...], str | None], ToyImage],
    only: Sequence[str],
    skip: Sequence[str],
) -> Iterator[str]:
    if outcome.refused:
        yield f"refused: {outcome.refused}"
        return
    made = read(outcome.source)
    if not made.ok:
        yield f"it does not parse: {[one.message for one in made.diagnostics]}"
        return
    lost = comments(original) - comments(made)
    if lost:
        yield f"the comment {next(iter(lost))!r} is gone"
    if not outcome.applied and (outcome.source.text != case.dockerfile or outcome.declared or outcome.ignore):
        yield "no rewrite was applied, and yet something changed"
    # What `bakegen rewrite --write` puts beside the Dockerfile; the new file keeps itself out of the image.
    own = "\n".join((case.ignore.rstrip("\n"), *outcome.ignore, OWN_IGNORE, "")) if outcome.ignore else None
    cached = "type=cache" in outcome.source.text
    for (args, target), image in images.items():
        named = f" of stage {target}" if target else ""
        given = f" with {dict(args)}" if args else ""
        world = case.world(own)
        for run in range(2 if cached else 1):
            try:
                now = build(made, world, dict(args), target)
            except Failure as failure:
                yield f"the build{named}{given} fails: {failure}"
                break
            found = list(compared(image, now, outcome.declared))
            if found and dict(args) != case.build_args and _other_base(original, outcome, case, dict(args), target):
                yield EXCUSED
                break
            if found:
                again = ", built again with its cache mounts" if run else ""
                yield f"the image{named}{given}{again} differs:\n  " + "\n  ".join(found[:8])
                break
    if outcome.applied:
        second = _rewritten(outcome.source, case, level, only, skip, own)
        if second.source.text != outcome.source.text:
            names = ", ".join(one.proposal.rewrite for one in second.applied)
            yield f"a second run changes it again ({names}):\n{second.source.text}"


def _other_base(
    original: Dockerfile, outcome: Outcome, case: Case, args: Mapping[str, str], target: str | None
) -> bool:
    """Whether these build arguments choose a base in which a link stands where the rewriting names that none does.

    That is an assumption of level ``assumed``, said in so many words; of the base at hand it would be no excuse.
    """
    named = {
        clause.removeprefix(NO_LINK)
        for one in outcome.applied
        for clause in one.proposal.assumes
        if clause.startswith(NO_LINK)
    }
    world = case.world()
    reached = original.resolve(args, target=target, images=world.base_images()).reachable
    trees = [world.images[stage.image].tree for stage in reached if stage.image in world.images]
    return any(
        (node := tree.get(at)) is not None and node.kind == "l"
        for tree in trees
        for path in named
        for at in (path, *map(str, PurePosixPath(path).parents))
    )


def compared(one: ToyImage, other: ToyImage, ignored: Sequence[str]) -> Iterator[str]:
    """How two images differ beyond the globs `ignored`."""
    for name in one.config.__dataclass_fields__:
        first, second = getattr(one.config, name), getattr(other.config, name)
        if first != second:
            yield f"config {name}: {first!r} | {second!r}"
    yield from differences(one.tree, other.tree, ignored)


def comments(dockerfile: Dockerfile) -> Counter[str]:
    """All comments, those inside of instructions too."""
    text = dockerfile.source.text
    leaves = dockerfile.tree.leaves()
    return Counter(text[leaf.start : leaf.end].strip() for leaf in leaves if leaf.kind is LeafKind.COMMENT)


def shrink(
    case: Case, finding: Finding, only: Sequence[str] = (), skip: Sequence[str] = (), limit: int = 400
) -> tuple[Case, Finding]:
    """A smaller case that is wrong at the same level in the same manner, found in at most `limit` tries."""
    smallest, kept = case, finding
    kind = finding.kind

    def wrong(candidate: Case) -> Finding | None:
        report = check(candidate, (finding.level,), only, skip)
        return next((one for one in report.findings if report.built and one.kind == kind), None)

    tries = 0
    size = max(1, len(case.blocks) // 2)
    while size and tries < limit:
        at = 0
        while at < len(smallest.blocks) and tries < limit:
            candidate = smallest.without(at, size)
            tries += 1
            found = wrong(candidate) if candidate.blocks else None
            if found is None:
                at += size
            else:
                smallest, kept = candidate, found
        size //= 2
    return smallest, kept
