"""Rewrite `bind-mount`: what is copied, used by one RUN and deleted by it is mounted for that RUN instead."""

from __future__ import annotations

import posixpath
import re
from dataclasses import field
from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Copy, Run
from bakegen.effects.commute import COMMUTE, Verdict, commute
from bakegen.effects.instructions import context_path, names_directory
from bakegen.effects.model import CommandEffect, Equivalence, Tier
from bakegen.effects.places import ANYWHERE, ancestors, entry, first_meeting, inside, tree
from bakegen.facts.model import Kind, PlatformFacts
from bakegen.rewrites.cleanups import Removal, removals
from bakegen.rewrites.context_copies import is_plain_file
from bakegen.rewrites.frontend import accepts
from bakegen.rewrites.model import Example, Missing, Proposal, Rewrite
from bakegen.rewrites.moves import block, line_end
from bakegen.rewrites.runs import Chain, add_mounts, chain, drop_command, drop_words
from bakegen.text import Edit, Span
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.effects.stages import StageView, StepView
    from bakegen.rewrites.model import Situation

_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:./-]+")


@dataclass(frozen=True)
class _Mounted:
    """One source of a COPY: where it comes from, where it goes, whether it is a directory (None: not known)."""

    origin: str
    source: str
    target: str
    directory: bool | None

    @property
    def text(self) -> str:
        """The value of ``--mount``."""
        start = f"from={self.origin}," if self.origin else ""
        return f"type=bind,{start}source={self.source},target={self.target}"


@dataclass
class _Doubts:
    """What is not proved."""

    tier: Tier = Tier.FACTS
    missing: list[Missing] = field(default_factory=list)
    assumes: list[str] = field(default_factory=list)


def _propose(situation: Situation) -> Iterator[Proposal]:
    if not accepts(situation.dockerfile, 2):
        return
    for stage in situation.stages:
        for index, view in enumerate(stage.own):
            mounted = _mounted(situation, view)
            if mounted:
                proposal = _follow(situation, stage, index, mounted)
                if proposal is not None:
                    yield proposal


def _mounted(situation: Situation, view: StepView) -> tuple[_Mounted, ...]:
    """What a COPY brings, where each of its sources could be mounted."""
    command = view.step.command
    if not isinstance(command, Copy) or command.files or command.chmod or command.chown:
        return ()
    if command.exclude or command.parents or not command.sources:
        return ()
    around, escape = view.around, situation.dockerfile.escape
    words = (*command.sources, command.destination)
    if not around.directory_sure or not all(around.sure(word.text, escape) for word in words):
        return ()
    origin = command.source_stage.text if command.source_stage is not None else ""
    target = around.path(view.step.destination)
    found = _from_stage(view, origin, target) if origin else _from_context(situation, view, target)
    plain = all(_PLAIN.fullmatch(one.source) and _PLAIN.fullmatch(one.target) for one in found)
    return found if plain and all(one.target != "/" and one.source for one in found) else ()


def _from_stage(view: StepView, origin: str, target: str) -> tuple[_Mounted, ...]:
    # `COPY --from=0` is a stage, a mount from=0 an image of that name.
    if len(view.step.sources) > 1 or origin.isdigit() or names_directory(view.step.destination):
        return ()
    return (_Mounted(origin, "/" + context_path(view.step.sources[0]), target, None),)


def _from_context(situation: Situation, view: StepView, target: str) -> tuple[_Mounted, ...]:
    context = situation.evidence.context
    if context is None:
        return ()
    sources = [context_path(source) for source in view.step.sources]
    if len(sources) == 1 and context.kind(sources[0]) is Kind.DIRECTORY:
        # Another user than root may not look into a directory that its mode closes to others; COPY makes it 0755.
        return (_Mounted("", sources[0], target, True),) if view.around.is_root else ()
    found = []
    for source in sources:
        mode = context.mode(source) or 0
        if not is_plain_file(source, context) or not (view.around.is_root or mode & 0o004):
            return ()
        below = names_directory(view.step.destination) or len(sources) > 1
        found.append(
            _Mounted("", source, posixpath.join(target, posixpath.basename(source)) if below else target, False)
        )
    return tuple(found)


def _follow(situation: Situation, stage: StageView, index: int, mounted: tuple[_Mounted, ...]) -> Proposal | None:
    """The proposal for the COPY at `index`, if the next RUN that looks at its files deletes them."""
    copy = stage.own[index]
    verdict = COMMUTE
    for view in stage.own[index + 1 :]:
        if isinstance(view.step.command, Run):
            found = chain(view.step.command)
            swept = _deleting(found, view, mounted) if found is not None else None
            if found is not None and swept is not None:
                return _proposal(situation, copy, view, mounted, found, swept, verdict)
        verdict &= commute(copy.effect, view.effect)
        if verdict.reason is not None:
            return None
    return None


def _deleting(
    found: Chain, view: StepView, mounted: tuple[_Mounted, ...]
) -> dict[int, tuple[Removal, frozenset[int]]] | None:
    """The words of the chain's ``rm`` commands that name exactly what was copied: all of it, or None."""
    wanted = {one.target for one in mounted}
    result: dict[int, tuple[Removal, frozenset[int]]] = {}
    for removal in removals(found, view.around.directory):
        named = frozenset(number for number, path in removal.operands.items() if path in wanted)
        if named and removal.index:
            result[removal.index] = (removal, named)
            wanted -= {removal.operands[number] for number in named}
    return None if wanted or not result else result


def _proposal(
    situation: Situation,
    copy: StepView,
    view: StepView,
    mounted: tuple[_Mounted, ...],
    found: Chain,
    swept: dict[int, tuple[Removal, frozenset[int]]],
    verdict: Verdict,
) -> Proposal | None:
    run = view.step.command
    assert isinstance(run, Run)
    doubts = _Doubts(max(Tier.FACTS, verdict.tier, copy.effect.tier), [], [*verdict.assumes, *copy.effect.assumes])
    if not _use(view, mounted, found, swept, doubts) or not _place(situation, copy, mounted, doubts):
        return None
    dockerfile = situation.dockerfile
    own = block(dockerfile, copy.step.command.node)
    edits = [Edit(own, "")]
    comments = dockerfile.source.slice(Span(own.start, copy.step.command.node.start))
    if comments.strip():
        at = block(dockerfile, run.node).start
        edits.append(Edit(Span(at, at), comments if comments.endswith("\n") else comments + line_end(dockerfile)))
    edits += add_mounts(dockerfile, run, tuple(one.text for one in mounted))
    for position, (removal, numbers) in sorted(swept.items()):
        if len(numbers) == len(removal.operands):
            edits += drop_command(dockerfile, found, position)
        else:
            edits += drop_words(dockerfile, found.text, removal.command, numbers)
    names = ", ".join(one.target for one in mounted)
    reason = f"only the RUN of line {run.node.line} looks at {names}, does not change it, and deletes it"
    return Proposal(
        REWRITE.name,
        copy.step.command.span,
        tuple(edits),
        doubts.tier,
        Equivalence.IMAGE,
        reason,
        f"a layer less, and {names} is not carried along in one",
        tuple(doubts.missing),
        assumes=tuple(dict.fromkeys(doubts.assumes)),
    )


def _use(
    view: StepView,
    mounted: tuple[_Mounted, ...],
    found: Chain,
    swept: dict[int, tuple[Removal, frozenset[int]]],
    doubts: _Doubts,
) -> bool:
    """Whether the RUN leaves the files alone, but for deleting them at the end."""
    targets = frozenset(tree(one.target) for one in mounted)
    mounts = frozenset(tree(view.around.real(mount.target)) for mount in view.step.mounts if mount.target)
    if first_meeting(mounts, targets) or first_meeting(targets, mounts):
        return False
    spans = [found.text.place(found.items[position].start, found.items[position].end) for position in swept]
    others = [one for one in view.effect.commands if not any(_covers(span, one) for span in spans)]
    if first_meeting(frozenset(place for one in others for place in one.writes), targets):
        return False
    made = frozenset(entry(path) for one in others for path in one.ensures)
    if first_meeting(targets, made):
        return False
    if view.effect.barrier:
        last = max(swept) == len(found.items) - 1
        doubts.missing.append(
            Missing(
                f"what the RUN of line {view.step.command.node.line} does with the files: {view.effect.barrier}",
                "see that it changes nothing beside them, and write the mount by hand"
                + ("" if last else "; it goes on behind the rm"),
                assumable=False,
            )
        )
    doubts.tier = max(doubts.tier, view.effect.tier)
    doubts.assumes += view.effect.assumes
    if any(one.origin for one in mounted):
        doubts.tier = max(doubts.tier, Tier.KNOWLEDGE)
        doubts.assumes.append("the commands do not look at the owner of the files, which a mount does not make root")
    return True


def _covers(span: Span, command: CommandEffect) -> bool:
    return command.span is not None and span.start <= command.span.start and command.span.end <= span.end


def _place(situation: Situation, copy: StepView, mounted: tuple[_Mounted, ...], doubts: _Doubts) -> bool:
    """Whether nothing was there before, and the directories above are there: a COPY would have made them to stay."""
    around = copy.around
    base = around.base
    name = "the base image"
    for one in mounted:
        parent = posixpath.dirname(one.target)
        made = parent == "/" or parent == around.directory or _was_made(situation, copy, parent)
        known = True if made else (base.is_directory(parent) if base is not None else False if around.scratch else None)
        if known is False:
            return False
        if known is None:
            doubts.missing.append(Missing(f"whether {parent} is a directory in {name}", "run `bakegen lock`"))
        elif _was_written(copy, one.target):
            return False  # what was there is deleted as well, and under a mount it would come to light again
        elif not _absent(copy, one.target):
            doubts.missing.append(
                Missing(f"whether something is at {one.target} in {name}", f"look: docker run --rm IMAGE ls {parent}")
            )
    return True


def _was_made(situation: Situation, copy: StepView, path: str) -> bool:
    """Whether an earlier step of the stage made a directory."""
    for stage in situation.stages:
        if any(view is copy for view in stage.own):
            for view in stage.steps:
                if view is copy:
                    return False
                if path in view.effect.ensures or any(path in ancestors(place.path) for place in view.effect.writes):
                    return True
    return False


def _was_written(copy: StepView, path: str) -> bool:
    """Whether an earlier step of the stage is known to have written at `path` or below it."""
    real = copy.around.real(path)
    if any(inside(real, one.path) or inside(one.path, real) for one in copy.around.copied):
        return True
    written = [place for _, place in copy.around.dirty if place != ANYWHERE]
    return first_meeting(written, (tree(real),)) is not None


def _absent(copy: StepView, path: str) -> bool:
    around = copy.around
    if around.absent(path):
        return True
    base = around.base
    written = any(first_meeting((place,), (entry(path),)) for _, place in around.dirty)
    # What is below a directory that the base does not have was made here.
    return base is not None and not written and any(base.is_directory(one) is False for one in ancestors(path))


REWRITE = Rewrite(
    name="bind-mount",
    order=20,
    summary="Mount what is copied for one RUN that deletes it afterwards.",
    why="A file that is copied, used and deleted stays in the layer of its COPY. Mounted for the RUN it is in no "
    "layer, and the flattened image is the same: nobody else looks at it, the RUN does not change it, nothing was "
    "there before, and the directory above it is there anyway. BuildKit takes the empty file away again that it needs "
    "to mount over.",
    tier=Tier.FACTS,
    equivalence=Equivalence.IMAGE,
    propose=_propose,
    examples=(
        Example(
            "A file that is only unpacked",
            "FROM debian\nWORKDIR /work\nCOPY words.txt /work/words.txt\n"
            "RUN cp /work/words.txt /opt/words && rm /work/words.txt\n",
            "FROM debian\nWORKDIR /work\n"
            "RUN --mount=type=bind,source=words.txt,target=/work/words.txt cp /work/words.txt /opt/words\n",
            files={"words.txt": "a b\n"},
            bases={"debian": PlatformFacts("sha256:0", listings={"/": ("opt", "tmp", "usr"), "/opt": (), "/usr": ()})},
        ),
        Example(
            "Two files, and an rm that also removes others; comments travel",
            "FROM debian\nWORKDIR /work\n# the parts\nCOPY a b /work/\n# one from two\n"
            "RUN cat a b > /opt/both \\\n && rm -f a b /opt/old\n",
            "FROM debian\nWORKDIR /work\n# the parts\n# one from two\n"
            "RUN --mount=type=bind,source=a,target=/work/a \\\n    --mount=type=bind,source=b,target=/work/b \\\n"
            "    cat a b > /opt/both \\\n && rm -f /opt/old\n",
            files={"a": "1\n", "b": "2\n"},
            bases={"debian": PlatformFacts("sha256:0", listings={"/": ("opt", "tmp", "usr"), "/opt": (), "/usr": ()})},
        ),
        Example(
            "In a directory of the base nobody knows what was there: it is assumed that nothing was",
            "FROM debian\nCOPY words.txt /tmp/\nRUN cp /tmp/words.txt /opt/words && rm /tmp/words.txt\n",
            "FROM debian\nRUN --mount=type=bind,source=words.txt,target=/tmp/words.txt cp /tmp/words.txt /opt/words\n",
            files={"words.txt": "a b\n"},
            bases={"debian": PlatformFacts("sha256:0", listings={"/": ("opt", "tmp"), "/opt": (), "/tmp": ()})},
            level="assumed",
        ),
        Example(
            "An earlier COPY had put a file there, which is deleted too",
            "FROM debian\nCOPY *.txt /tmp/\nCOPY words.txt /tmp/\n"
            "RUN cp /tmp/words.txt /opt/words && rm /tmp/words.txt\n",
            files={"words.txt": "a b\n", "more.txt": "c\n"},
            bases={"debian": PlatformFacts("sha256:0", listings={"/": ("opt", "tmp"), "/opt": (), "/tmp": ()})},
            level="assumed",
        ),
        Example(
            "The RUN changes the file: a mount is read-only",
            "FROM debian\nCOPY tool /tmp/tool\nRUN chmod +x /tmp/tool && cp /tmp/tool /opt/ && rm /tmp/tool\n",
            files={"tool": "…"},
            level="assumed",
        ),
        Example(
            "The COPY makes a directory that stays",
            "FROM debian\nCOPY words.txt /work/words.txt\nRUN cp /work/words.txt /opt/words && rm /work/words.txt\n",
            files={"words.txt": "a b\n"},
            bases={"debian": PlatformFacts("sha256:0", listings={"/": ("opt", "tmp"), "/opt": (), "/tmp": ()})},
            level="assumed",
        ),
        Example(
            "Another RUN reads it before it is deleted",
            "FROM debian\nCOPY words.txt /tmp/\nRUN cp /tmp/words.txt /opt/words\n"
            "RUN cp /tmp/words.txt /opt/more && rm /tmp/words.txt\n",
            files={"words.txt": "a b\n"},
            level="assumed",
        ),
        Example(
            "A script may do anything with the files beside it",
            "FROM debian\nCOPY setup.sh /tmp/\nRUN sh /tmp/setup.sh && rm /tmp/setup.sh\n",
            files={"setup.sh": "…"},
            bases={"debian": PlatformFacts("sha256:0", listings={"/": ("opt", "tmp"), "/opt": (), "/tmp": ()})},
            level="assumed",
            missing="what the RUN of line 3 does",
        ),
    ),
)
