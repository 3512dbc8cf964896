"""Rewrite `chown-copy`: the owner that a RUN gives to what COPYs have made is given by these themselves."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Copy, Run
from bakegen.dockerfile.syntax import LeafKind
from bakegen.effects.model import Equivalence, Tier
from bakegen.effects.places import Extent, ancestors, entry, first_meeting, inside, tree
from bakegen.facts.model import Kind, PlatformFacts
from bakegen.rewrites.model import Example, Missing, Proposal, Rewrite
from bakegen.rewrites.moves import add_flag, block
from bakegen.rewrites.standing import LOCK, Past, copied_trees
from bakegen.text import Edit, Span
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.effects.stages import StageView, StepView
    from bakegen.rewrites.model import Situation

_CHOWN = r"chown(?P<recursive>[ \t]+(?:-R|--recursive))[ \t]+(?P<owner>[0-9]+:[0-9]+)[ \t]+(?P<path>[\w./-]+)"
_WHOLE = re.compile(rf"{_CHOWN}")
_FIRST = re.compile(rf"{_CHOWN}[ \t]*&&[ \t]*(?=[^ \t])")
_LAST = re.compile(rf"(?s:.*[^ \t&])(?P<joint>[ \t]*&&[ \t]*){_CHOWN}")
_SHELLS = ("/bin/sh", "/bin/bash", "/bin/ash", "sh", "bash", "ash")
_SET_ID = 0o6000


@dataclass(frozen=True)
class _Chown:
    """A ``chown -R`` in a RUN: `drop` is the text to take out, `flag` its ``-R``; all of the RUN where `whole`."""

    view: StepView
    owner: str
    path: str
    drop: Span
    flag: Span
    whole: bool


def _propose(situation: Situation) -> Iterator[Proposal]:
    for stage in situation.stages:
        for view in stage.own:
            if isinstance(view.step.command, Run):
                chown = _find(situation, view, view.step.command)
                if chown is not None:
                    found = _consider(situation, stage, chown)
                    if found is not None:
                        yield found


def _find(situation: Situation, view: StepView, command: Run) -> _Chown | None:
    node, around = command.node, view.around
    plain = around.shell[-1:] == ("-c",) and len(around.shell) == 2 and around.shell[0] in _SHELLS
    if command.line.json or node.flags or node.heredocs or not plain or not around.is_root:
        return None
    text, start = node.arguments, node.arguments_start
    last = None if view.effect.barrier else _LAST.fullmatch(text)
    found = _WHOLE.fullmatch(text) or _FIRST.match(text) or last
    if found is None:
        return None
    path = found["path"]
    if not path.startswith("/") and (found is last or not around.directory_sure):
        return None
    if found is last and not _is_command(situation, view, node.place(start + found.end("joint"), start + len(text))):
        return None
    drop = node.place(start + found.start("joint"), start + len(text)) if found is last else None
    if drop is None:
        drop = Span(node.offset(start), node.offset(start + found.end()) if found.end() < len(text) else node.end)
    if any(
        leaf.kind is LeafKind.COMMENT and drop.start <= leaf.start < drop.end
        for leaf in node.leaves(situation.source.text)
    ):
        return None
    flag = node.place(start + found.start("recursive"), start + found.end("recursive"))
    return _Chown(view, found["owner"], around.real(path), drop, flag, _WHOLE.fullmatch(text) is not None)


def _is_command(situation: Situation, view: StepView, place: Span) -> bool:
    """Whether the shell's parser sees a command of its own there, the last one; quotes and comments hide none."""
    last = view.effect.commands[-1].span if view.effect.commands else None
    return last is not None and last.start == place.start and last.end == place.end


def _consider(situation: Situation, stage: StageView, chown: _Chown) -> Proposal | None:
    """The proposal, None where something else than COPYs of this stage made what is there."""
    path = chown.path
    past = Past.of(situation, stage, chown.view)
    base = past.in_base(path)
    if chown.whole and _remakes_directory(chown.view, past):
        return None
    if path == "/" or base.wrong or base.owner or any(past.directory(one).wrong for one in ancestors(path)):
        return None
    missing = [Missing(f"whether {path} is missing in {one.about}", one.supply, one.assumable) for one in base.doubts]
    makers: list[StepView] = []
    made_before = False
    for view in past.steps:
        concerned = view in past.writers(path)
        if concerned and _makes(stage, view, path):
            makers.append(view)
        elif concerned and view.effect.barrier and not makers:
            named = f"the RUN of line {view.step.command.node.line}"
            assumable = path not in view.step.command.node.original
            missing.append(Missing(f"whether {named} leaves {path} missing", "look at what it does", assumable))
        elif concerned and _prepares(view, path):
            made_before = made_before or not makers
        elif concerned or (makers and _looks(view, path)):
            return None
    if not makers or not _before_is_clean(chown, path):
        return None
    if not made_before:
        missing += _parent(situation, stage, makers[0], path)
    for view in makers:
        special = _special(view)
        if special is None:
            where = f"what line {view.step.command.node.line} copies"
            missing.append(Missing(f"whether a file is set-user-ID or set-group-ID in {where}", "look at its source"))
        elif special:
            return None
    return _proposal(situation, chown, makers, made_before, tuple(missing))


def _remakes_directory(view: StepView, past: Past) -> bool:
    """Whether an earlier RUN may have deleted the working directory, which every RUN makes again."""
    here = view.around.real(view.around.directory)
    return any(
        place.extent is Extent.TREE and inside(here, place.path)
        for one in past.steps
        if isinstance(one.step.command, Run) and not one.effect.barrier and here != "/"
        for place in one.effect.writes
    )


def _makes(stage: StageView, view: StepView, path: str) -> bool:
    """Whether a step is a COPY of this stage that writes there only, and whose owners are all replaced later."""
    command = view.step.command
    return (
        view in stage.own
        and isinstance(command, Copy)
        and command.chown is None
        and command.chmod is None
        and not command.link
        and not command.parents
        and all(inside(place.path, path) for place in view.effect.writes)
        and view.around.sure(command.destination.text)
    )


def _prepares(view: StepView, path: str) -> bool:
    """Whether all that a step does there is to make the directory itself, if need be."""
    below = [made for made in view.effect.ensures if inside(made, path)]
    return below == [path] and first_meeting(view.effect.writes, (tree(path),)) is None


def _looks(view: StepView, path: str) -> bool:
    """Whether a RUN between COPY and chown looks at the files, whose owner is not the same then."""
    if not isinstance(view.step.command, Run):
        return False
    return first_meeting((tree(path),), view.effect.reads | view.effect.writes) is not None


def _before_is_clean(chown: _Chown, path: str) -> bool:
    """Whether the commands before a chown at the end of a RUN leave the files alone."""
    parts = chown.view.effect.commands[:-1] if not chown.whole and chown.view.effect.commands else ()
    if chown.drop.start == chown.view.step.command.node.arguments_span.start:
        return True
    written = [place for part in parts for place in part.writes]
    written += [entry(made) for part in parts for made in part.ensures]
    read = [place for part in parts for place in part.reads]
    return first_meeting((tree(path),), read) is None and first_meeting(written, (tree(path),)) is None


def _parent(situation: Situation, stage: StageView, first: StepView, path: str) -> list[Missing]:
    """What must hold of the directory above: a COPY with --chown would make it for that owner."""
    parent = posixpath.dirname(path)
    if parent == "/":
        return []
    standing = Past.of(situation, stage, first).directory(parent)
    where = f"whether {parent} is there before the COPY of line {first.step.command.node.line}"
    if standing.owner:
        return [Missing(where, doubt.supply, doubt.assumable) for doubt in standing.doubts]
    make = f"make it with `RUN mkdir -p {parent}` or WORKDIR"
    return [Missing(where, make if standing.owner == "" else LOCK, assumable=False)]


def _special(view: StepView) -> bool | None:
    """Whether a file that is copied is set-user-ID or set-group-ID, which chown takes away; None: not known."""
    context = view.around.context
    paths = copied_trees(view)
    if paths is None or context is None:
        return None
    for path in paths:
        mode = context.mode(path)
        if mode is None:
            return None
        if mode & _SET_ID and context.kind(path) is Kind.FILE:
            return True
    return False


def _proposal(
    situation: Situation, chown: _Chown, makers: list[StepView], made_before: bool, missing: tuple[Missing, ...]
) -> Proposal:
    node = chown.view.step.command.node
    edits = [add_flag(view.step.command.node, f"--chown={chown.owner}") for view in makers]
    if made_before:
        edits.append(Edit(chown.flag, ""))
    elif chown.whole:
        above = block(situation.dockerfile, makers[-1].step.command.node).start
        comments = "".join(situation.source.slice(comment.span) for comment in node.comments)
        edits += [Edit(comment.span, "") for comment in node.comments]
        edits.append(Edit(Span(node.start, node.end), ""))
        if comments:
            edits.append(Edit(Span(above, above), comments))
    else:
        edits.append(Edit(chown.drop, ""))
    lines = ", ".join(str(view.step.command.node.line) for view in makers)
    alone = f"all that is at {chown.path} comes from line {lines}"
    if made_before:
        alone += f", but for {chown.path} itself, which the RUN still changes"
    return Proposal(
        "chown-copy",
        chown.view.step.command.span,
        tuple(edits),
        Tier.KNOWLEDGE,
        Equivalence.IMAGE,
        alone,
        f"all files of {chown.path} are in one layer instead of two: chown -R copies each of them",
        missing,
        assumes=("chown does what POSIX says, and no file there has capabilities",),
    )


_DEBIAN = {"debian": PlatformFacts("sha256:" + "d" * 64, listings={"/": ("srv", "usr"), "/srv": ()})}
_FILES = {"src/main.py": "", "run.sh": ""}

REWRITE = Rewrite(
    name="chown-copy",
    order=15,
    summary="Give files their owner in the COPY and not in a RUN after it.",
    why="`chown -R` in a RUN stores every file a second time. COPY --chown makes files, and the directories that it "
    "makes for them, with that owner at once. The image stays the same where all that stands at the path was made by "
    "such COPYs, where the directory above was there before, and where the ids are numbers. chown takes set-user-ID "
    "bits away and COPY does not: a file with one is left alone.",
    tier=Tier.KNOWLEDGE,
    equivalence=Equivalence.IMAGE,
    propose=_propose,
    examples=(
        Example(
            "A RUN that does nothing else goes away, its comment stays",
            "FROM debian\nCOPY src /app\n# not as root\nRUN chown -R 1000:1000 /app\nUSER 1000\n",
            "FROM debian\n# not as root\nCOPY --chown=1000:1000 src /app\nUSER 1000\n",
            _FILES,
            _DEBIAN,
            level="assumed",
        ),
        Example(
            "WORKDIR has made the directory for root: the RUN changes that one alone",
            "FROM debian\nWORKDIR /app\nCOPY . .\nRUN chown -R 1000:1000 /app\n",
            "FROM debian\nWORKDIR /app\nCOPY --chown=1000:1000 . .\nRUN chown 1000:1000 /app\n",
            _FILES,
            _DEBIAN,
            level="assumed",
        ),
        Example(
            "The first part of a RUN, after several COPYs",
            "FROM debian\nCOPY src /srv/app/src\nCOPY run.sh /srv/app/\nRUN chown -R 1:2 /srv/app && make\n",
            "FROM debian\nCOPY --chown=1:2 src /srv/app/src\nCOPY --chown=1:2 run.sh /srv/app/\nRUN make\n",
            _FILES,
            _DEBIAN,
            level="assumed",
        ),
        Example(
            "It rests on what chown does: not without asking",
            "FROM debian\nCOPY src /app\nRUN chown -R 1000:1000 /app\n",
            None,
            _FILES,
            _DEBIAN,
        ),
        Example(
            "Something else has made files there",
            "FROM debian\nCOPY src /app\nRUN make -C /app\nRUN chown -R 1000:1000 /app\n",
            None,
            _FILES,
            _DEBIAN,
            level="assumed",
        ),
        Example(
            "The base image has the directory",
            "FROM debian\nCOPY src /srv\nRUN chown -R 1000:1000 /srv\n",
            None,
            _FILES,
            _DEBIAN,
            level="assumed",
        ),
        Example(
            "The directory above would get the owner too",
            "FROM debian\nCOPY src /data/app\nRUN chown -R 1000:1000 /data/app\n",
            None,
            _FILES,
            _DEBIAN,
            level="assumed",
            missing="whether /data is there before the COPY of line 2",
        ),
        Example(
            "What a name means is up to the image",
            "FROM debian\nCOPY src /app\nRUN chown -R app:app /app\n",
            None,
            _FILES,
            _DEBIAN,
            level="assumed",
        ),
        Example(
            "The COPY makes more than that",
            "FROM debian\nCOPY . /\nRUN chown -R 1000:1000 /src\n",
            None,
            _FILES,
            _DEBIAN,
            level="assumed",
        ),
    ),
)
