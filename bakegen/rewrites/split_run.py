"""Rewrite `split-run`: the part of a RUN that installs gets a layer of its own in front of what changes more often."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Arg, CommandLine, Env, Run, Transfer
from bakegen.effects.interpret import Interpreter
from bakegen.effects.model import Effect, Equivalence, Tier
from bakegen.effects.places import Extent, first_meeting
from bakegen.effects.run import run_effect
from bakegen.effects.state import State
from bakegen.facts.model import PlatformFacts
from bakegen.rewrites import hoist_install, manifests_first
from bakegen.rewrites.cleanups import name_of, takes_away
from bakegen.rewrites.model import Example, Missing, Proposal, Rewrite
from bakegen.rewrites.moves import line_end
from bakegen.rewrites.runs import Chain, chain
from bakegen.shell.dialect import dialect
from bakegen.shell.grammar import parse
from bakegen.shell.syntax import ShellError
from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bakegen.effects.model import Install
    from bakegen.effects.stages import StageView, StepView
    from bakegen.rewrites.model import Situation

_NOT_KEPT = re.compile(r"/etc/(?:hosts|resolv\.conf|hostname)\b|/dev/shm|/proc/sys")
"""What a RUN may write and the next one does not see."""
_LAST_RESULT = re.compile(r"\$(?:[?!]|_(?!\w))")

_APT = frozenset(("apt-get", "apt", "aptitude", "dpkg"))
_DNF = frozenset(("dnf", "yum", "microdnf", "rpm"))
_SYSTEM = {"apt": _APT, "dpkg": _APT, "dnf": _DNF, "yum": _DNF, "microdnf": _DNF, "apk": frozenset(("apk",))}
"""Tools of one system's packages: these stay together."""


def _propose(situation: Situation) -> Iterator[Proposal]:
    for stage in situation.stages:
        for index, view in enumerate(stage.own):
            command = view.step.command
            if isinstance(command, Run) and not command.heredocs and view.effect.installs:
                found = chain(command) if _may_gain(stage.own, index) else None
                if found is not None and found.joined and len(found.items) > 1 and _mounts_last(view):
                    yield from _split(situation, stage, index, found)


def _may_gain(steps: Sequence[StepView], index: int) -> bool:
    """Whether there is anything above a RUN that a part of it could do without: asked before what takes long."""
    whole = steps[index]
    return any(
        isinstance(view.step.command, Transfer)
        or any(_is_volatile(name, whole) for name in view.effect.sets if isinstance(view.step.command, Arg))
        for view in steps[:index]
    )


def _is_volatile(name: str, whole: StepView) -> bool:
    """Whether other builds may give a RUN, which looks at a variable, another value of it."""
    return name in whole.around.unsure and not _is_steady(name) and name in whole.effect.variables


def _mounts_last(view: StepView) -> bool:
    """Whether what one part writes into the RUN's mounts is there for the next one, too."""
    return all(mount.kind != "tmpfs" and (mount.kind != "bind" or mount.read_only) for mount in view.step.mounts)


def _split(situation: Situation, stage: StageView, index: int, found: Chain) -> Iterator[Proposal]:
    """The longest first part for which a RUN of its own pays."""
    view = stage.own[index]
    for count in range(len(found.items) - 1, 0, -1):
        first = _first_part(view, found, count)
        if first is None:
            continue
        gain = _gain(situation, stage, index, first)
        if gain:
            blocked = _cleaned_up(view, found, count, first.effect)
            yield _proposal(situation, view, found, count, gain, first.effect, blocked)
            return


def _first_part(view: StepView, found: Chain, count: int) -> StepView | None:
    """The step that the first commands would be on their own; None where they leave a trace in the shell."""
    command = view.step.command
    assert isinstance(command, Run)
    text = found.text.text[: found.items[count - 1].end]
    behind = {name_of(item)[0] for item in found.items[count:]}
    # What the whole RUN installs there tells that most parts are none, and takes no time.
    last = found.text.place(0, found.items[count - 1].end).end
    known = [one.install for one in view.effect.commands if one.span is not None and one.span.start < last]
    if not _fit_alone([one for one in known if one is not None], behind):
        return None
    if _LAST_RESULT.search(found.text.text, found.items[count].start) or _NOT_KEPT.search(text):
        return None
    step = replace(view.step, command=replace(command, line=CommandLine((text,), False)))
    effect = run_effect(step, view.around)
    if effect.barrier or not _stateless(text, view):
        return None
    if not _fit_alone(effect.installs, behind):
        return None
    return replace(view, step=step, effect=effect)


def _fit_alone(installs: Sequence[Install], behind: set[str]) -> bool:
    """Whether there is an install and none of a system whose packages the commands `behind` it handle, too.

    Lists of packages of one day and packages of another do not fit.
    """
    return bool(installs) and not any(behind & _SYSTEM.get(one.tool, frozenset()) for one in installs)


def _stateless(text: str, view: StepView) -> bool:
    """Whether a text leaves the shell as it found it: directory, variables, options."""
    kind = dialect(view.around.shell)
    if isinstance(kind, str):
        return False
    before = State(view.around.directory, errexit=kind.errexit, pipefail=kind.pipefail)
    try:
        tree = parse(text, bash=kind.bash)
    except ShellError:
        return False
    walker = Interpreter(view.around, Span, bash=kind.bash)
    after = walker.walk(tree, before, tested=False).success
    return after == before and not walker.reason


def _gain(situation: Situation, stage: StageView, index: int, first: StepView) -> str:
    """What a RUN of its own saves: a volatile ARG that it need not see, or COPYs that it need not follow."""
    whole = stage.own[index]
    own = list(stage.own)
    for back in range(index - 1, -1, -1):
        command = own[back].step.command
        if not isinstance(command, Arg):
            continue
        between = own[back + 1 : index]
        for name in sorted(own[back].effect.sets):
            readers = [one for one in between if isinstance(one.step.command, Run | Env)]
            read_before = any(name in one.effect.variables for one in readers)
            if _is_volatile(name, whole) and not read_before and name not in first.effect.variables:
                return f"a new value of {name} no longer re-runs {_tools(first)}, once ARG {name} stands behind it"
    alone = tuple(first if position == index else view for position, view in enumerate(own))
    for one in (manifests_first, hoist_install):
        if not any(proposal.edits for proposal in one.proposals(situation, stage, own, index)):
            for proposal in one.proposals(situation, stage, alone, index):
                if proposal.edits and proposal.assumable:
                    return f"with `{one.REWRITE.name}` {proposal.gain}"
    return ""


def _is_steady(name: str) -> bool:
    """Whether a variable, though given by the build, is the same for every build of one platform."""
    return name.startswith(
        ("TARGET", "BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT")
    ) or name.upper().endswith("_PROXY")


def _tools(view: StepView) -> str:
    return " and ".join(dict.fromkeys(install.tool for install in view.effect.installs))


def _cleaned_up(view: StepView, found: Chain, count: int, first: Effect) -> str:
    """A command of the second part that takes away what the first left: two layers would keep it; "" for none."""
    command = view.step.command
    assert isinstance(command, Run)
    left = first.writes | frozenset(place for install in first.installs for place in install.outputs)
    for item in found.items[count:]:
        text = found.source(item)
        if not takes_away(item, text):
            continue
        effect = run_effect(replace(view.step, command=replace(command, line=CommandLine((text,), False))), view.around)
        if effect.barrier or first_meeting(effect.writes, left) is not None:
            return text
        if any(place.extent is Extent.TREE and first_meeting((place,), effect.writes) for place in left):
            return text
    return ""


def _proposal(
    situation: Situation, view: StepView, found: Chain, count: int, gain: str, first: Effect, blocked: str
) -> Proposal:
    dockerfile = situation.dockerfile
    source = dockerfile.source
    node = view.step.command.node
    start = found.text.place(found.items[count - 1].end - 1, found.items[count - 1].end).end
    end = found.text.place(found.items[count].start, found.items[count].start + 1).start
    between = source.text[start:end]
    comments = [line.strip() for line in between.splitlines() if line.strip().startswith("#")]
    flags = "".join(f" {source.slice(node.place(flag.start, flag.end))}" for flag in node.flags)
    ending = line_end(dockerfile)
    text = ending + "".join(comment + ending for comment in comments) + f"{node.keyword}{flags} "
    reason = "the parts run one after the other as before; the first leaves nothing in the shell that the second uses"
    missing = Missing(
        f"a place to split in front of `{blocked}`: it removes what the first part leaves, which a layer would keep",
        "clean up directly behind the install, in front of what changes",
        assumable=False,
    )
    return Proposal(
        REWRITE.name,
        view.step.command.span,
        (Edit(Span(start, end), text),),
        Tier.KNOWLEDGE,
        Equivalence.IMAGE,
        reason,
        gain,
        (missing,) if blocked else (),
        assumes=first.assumes,
    )


REWRITE = Rewrite(
    name="split-run",
    order=30,
    summary="Split a RUN between what it installs and what changes more often.",
    why="`RUN install && build` installs again whenever anything that the build reads changes. Two RUNs do the same "
    "one after the other, if the first is understood, changes no directory, variable or option of the shell, and "
    "nothing behind it removes what it leaves. Done only where the first part gains: it need not see a build argument "
    "that the second one reads, or it can move in front of a COPY.",
    tier=Tier.KNOWLEDGE,
    equivalence=Equivalence.IMAGE,
    propose=_propose,
    examples=(
        Example(
            "A version that only the download needs",
            "FROM debian\nARG VERSION=1.0\nRUN apt-get update && apt-get install -y curl && \\\n"
            "    curl -fsSLo /tool https://example.org/$VERSION/tool\n",
            "FROM debian\nARG VERSION=1.0\nRUN apt-get update && apt-get install -y curl\n"
            "RUN curl -fsSLo /tool https://example.org/$VERSION/tool\n",
            level="assumed",
        ),
        Example(
            "Dependencies and the application in one RUN",
            "FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt \\\n"
            "    # needs the settings\n    && python manage.py collectstatic\n",
            "FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
            "# needs the settings\nRUN python manage.py collectstatic\n",
            files={"requirements.txt": "django\n", "manage.py": ""},
            bases={"python": PlatformFacts("sha256:0")},
            level="assumed",
        ),
        Example(
            "Both parts have the same mounts",
            "FROM debian\nCOPY . /src\nRUN --mount=type=cache,target=/c apt-get update && apt-get install -y gcc && "
            "gcc -o /app /src/main.c\n",
            "FROM debian\nCOPY . /src\nRUN --mount=type=cache,target=/c apt-get update && apt-get install -y gcc\n"
            "RUN --mount=type=cache,target=/c gcc -o /app /src/main.c\n",
            files={"main.c": "int main;"},
            level="assumed",
        ),
        Example(
            "What is left is cleaned up behind: the first layer would keep it",
            "FROM debian\nARG VERSION=1.0\nRUN apt-get update && apt-get install -y curl && "
            "curl -fsSLo /tool https://example.org/$VERSION/tool && rm -rf /var/lib/apt/lists/*\n",
            level="assumed",
            missing="rm -rf /var/lib/apt/lists/*",
        ),
        Example(
            "The second part needs a directory of the shell",
            "FROM python\nCOPY . /app\nRUN cd /app && pip install -r requirements.txt && python manage.py migrate\n",
            files={"requirements.txt": "django\n", "manage.py": ""},
            level="assumed",
        ),
        Example(
            "The first part reads the build argument too",
            "FROM debian\nARG VERSION=1.0\nRUN apt-get update && apt-get install -y curl=$VERSION && "
            "curl -fsSLo /tool https://example.org/$VERSION/tool\n",
            level="assumed",
        ),
        Example(
            "Nothing is gained",
            "FROM debian\nRUN apt-get update && apt-get install -y curl && curl -fsSLo /tool https://example.org/tool\n",
            level="assumed",
        ),
    ),
)
