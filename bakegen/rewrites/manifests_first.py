"""Rewrite `manifests-first`: the files that decide what is installed are copied and installed before the rest."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Run
from bakegen.effects.commute import commute, commute_all
from bakegen.effects.model import Equivalence, Tier
from bakegen.effects.places import ancestors
from bakegen.facts.model import Kind, PlatformFacts
from bakegen.rewrites.climbing import climb, is_context_copy
from bakegen.rewrites.context_copies import (
    Manifest,
    after_manifests,
    brings_more,
    copied_by,
    copy_lines,
    is_held,
    is_plain_file,
    narrowed,
    source_at,
)
from bakegen.rewrites.model import Example, Missing, Proposal, Rewrite
from bakegen.rewrites.moves import insert_before, move_before

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bakegen.effects.stages import StageView, StepView
    from bakegen.effects.surroundings import Copied
    from bakegen.facts.model import ContextFacts
    from bakegen.rewrites.model import Situation


def _propose(situation: Situation) -> Iterator[Proposal]:
    for stage in situation.stages:
        for index, view in enumerate(stage.own):
            if isinstance(view.step.command, Run) and view.effect.installs:
                yield from proposals(situation, stage, stage.own, index)


def proposals(situation: Situation, stage: StageView, steps: Sequence[StepView], index: int) -> Iterator[Proposal]:
    """The proposal for the RUN at `index` of `steps`, the own steps of `stage` or what they might become."""
    context = situation.evidence.context
    found = _first(situation, stage, steps, index, context) if context is not None else None
    if found is not None:
        yield found


def _first(
    situation: Situation, stage: StageView, steps: Sequence[StepView], index: int, context: ContextFacts
) -> Proposal | None:
    run = steps[index]
    manifests = _manifests(run, context)
    copies = {id(view): copied_by(stage, view) for view in steps[:index] if is_context_copy(view)}

    def held_by(view: StepView) -> tuple[Manifest, ...]:
        return tuple(one for one in manifests if is_held(copies.get(id(view), ()), one))

    def brings_both(view: StepView) -> bool:
        held = held_by(view)
        return bool(held) and brings_more(copies[id(view)], {one.source for one in held}, context)

    missing = _missing(run)
    if missing:
        # What such a RUN touches is not known: only the advice can be given.
        return _advice(situation, run, [view for view in steps[:index] if id(view) in copies], copies, missing)
    # A COPY of nothing but manifests goes along.
    way = climb(steps, index, brings_both, lambda view: bool(held_by(view)))
    copy = way.stop
    if copy is None or not brings_both(copy):
        return None
    copied, held = copies[id(copy)], held_by(copy)
    fresh = tuple(one for one in held if copy.around.origin(one.path) != one.source)
    first = copy_lines(situation, copy, fresh, context)
    if first is None:
        return None
    made = {parent for one in held for parent in ancestors(one.path)}
    effect, blocked = narrowed(run.effect, copied, {one.path for one in manifests}, made, context)
    if blocked:
        return _proposal(situation, run, copy, held, missing=(_in_context(run, blocked),))
    before = after_manifests(copy.effect, made)
    verdict = way.verdict & commute_all((view.effect for view in way.group[:-1]), before) & commute(effect, before)
    if verdict.reason is not None:
        return None
    nodes = tuple(view.step.command.node for view in way.group)
    edits = [insert_before(situation.dockerfile, copy.step.command.node, line) for line in first]
    edits += move_before(situation.dockerfile, nodes, copy.step.command.node)
    assumes = verdict.assumes
    found = _proposal(situation, run, copy, held, assumes=assumes)
    return replace(found, edits=tuple(edits))


def _advice(
    situation: Situation,
    run: StepView,
    views: list[StepView],
    copies: dict[int, tuple[Copied, ...]],
    missing: tuple[Missing, ...],
) -> Proposal | None:
    """What stands in the way, said about the last COPY that brings more than one of the manifests."""
    context = situation.evidence.context
    assert context is not None
    paths = [path for install in run.effect.installs for path in (*install.manifests, *install.optional)]
    for view in reversed(views):
        found = []
        for path in paths:
            for item in copies[id(view)]:
                source = source_at(item, path)
                if source is not None and context.kind(source) is Kind.FILE:
                    found.append(Manifest(path, source))
                    break
        if found and brings_more(copies[id(view)], {one.source for one in found}, context):
            return _proposal(situation, run, view, tuple(found), missing=missing)
    return None


def _manifests(run: StepView, context: ContextFacts) -> tuple[Manifest, ...]:
    """The files of the context that the installers of a RUN read."""
    found: dict[str, Manifest] = {}
    for install in run.effect.installs:
        for path in (*install.manifests, *install.optional):
            source = run.around.origin(path)
            if source is not None and is_plain_file(source, context):
                found.setdefault(path, Manifest(path, source))
    return tuple(found.values())


def _missing(run: StepView) -> tuple[Missing, ...]:
    found = []
    for install in run.effect.installs:
        for clause in install.obstacles:
            found.append(Missing(f"{install.tool} depends on more than its manifests: {clause}", _SUPPLY, False))
        for clause in install.unknown:
            supply = _SUPPLY_UNKNOWN if run.around.complete else f"{_SUPPLY_UNKNOWN}; and run `bakegen lock`"
            found.append(Missing(f"what {install.tool} reads is not known: {clause}", supply, False))
    return tuple(found)


_SUPPLY = (
    "install the dependencies in a RUN of their own, without the project itself (pip install -r, npm ci "
    "--ignore-scripts, uv sync --no-install-project, poetry install --no-root, …)"
)
_SUPPLY_UNKNOWN = "name the files in the command line and COPY them from the build context"


def _in_context(run: StepView, path: str) -> Missing:
    tools = " and ".join(dict.fromkeys(install.tool for install in run.effect.installs))
    return Missing(
        f"{tools} writes {path}, and the build context brings the same path",
        f"add {posixpath.basename(path)} to the ignore file, so that it is only installed",
        assumable=False,
    )


def _proposal(
    situation: Situation,
    run: StepView,
    copy: StepView,
    manifests: tuple[Manifest, ...],
    *,
    assumes: tuple[str, ...] = (),
    missing: tuple[Missing, ...] = (),
) -> Proposal:
    names = ", ".join(one.source for one in manifests)
    tools = " and ".join(dict.fromkeys(install.tool for install in run.effect.installs))
    reason = f"of what line {copy.step.command.node.line} copies {tools} reads only {names}, and writes nothing of it"
    return Proposal(
        REWRITE.name,
        run.step.command.span,
        (),
        Tier.KNOWLEDGE,
        Equivalence.IMAGE,
        reason,
        f"only a change of {names} re-runs {tools}, no longer every change of what line "
        f"{copy.step.command.node.line} copies",
        missing,
        assumes=assumes,
    )


REWRITE = Rewrite(
    name="manifests-first",
    order=40,
    own_order=True,
    summary="Copy the files that decide what is installed, install, and copy the rest afterwards.",
    why="Behind `COPY . .` every change of a source file installs all dependencies again. A package manager reads its "
    "manifests and lock files and writes where it installs: where these are all that it shares with the COPY, it can "
    "run in front of it, behind a COPY of the manifests alone. The later COPY brings the same files again, and sets "
    "the modes of the directories that the first one had to make. Not where the project itself is installed, where "
    "lifecycle scripts or patches count, and where the build context holds what is installed.",
    tier=Tier.KNOWLEDGE,
    equivalence=Equivalence.IMAGE,
    propose=_propose,
    examples=(
        Example(
            "Requirements before sources",
            "FROM python\nWORKDIR /app\nCOPY . .\n# all that we need\nRUN pip install -r requirements.txt\n",
            "FROM python\nWORKDIR /app\nCOPY requirements.txt ./\n# all that we need\n"
            "RUN pip install -r requirements.txt\nCOPY . .\n",
            files={"requirements.txt": "flask==3.0\n", "app.py": "import flask\n"},
            level="assumed",
        ),
        Example(
            "What the manifests name is followed; one COPY a directory, the flags stay",
            "FROM python\nCOPY --chown=0:0 . /app/\nWORKDIR /app\nRUN pip install -r requirements/prod.txt\n",
            "FROM python\nCOPY --chown=0:0 limits.txt /app/\n"
            "COPY --chown=0:0 requirements/prod.txt requirements/base.txt /app/requirements/\n"
            "WORKDIR /app\nRUN pip install -r requirements/prod.txt\nCOPY --chown=0:0 . /app/\n",
            files={
                "limits.txt": "jinja2<4\n",
                "requirements/base.txt": "flask\n",
                "requirements/prod.txt": "-r base.txt\n-c ../limits.txt\n",
                "app.py": "",
            },
            bases={"python": PlatformFacts("sha256:0")},
            level="assumed",
        ),
        Example(
            "The JSON form stays; what is there already is not copied again",
            'FROM python\nCOPY limits.txt /app/\nCOPY ["backend", "/app"]\n'
            "RUN pip install -r /app/requirements.txt -c /app/limits.txt\n",
            'FROM python\nCOPY limits.txt /app/\nCOPY ["backend/requirements.txt", "/app/"]\n'
            'RUN pip install -r /app/requirements.txt -c /app/limits.txt\nCOPY ["backend", "/app"]\n',
            files={"limits.txt": "jinja2<4\n", "backend/requirements.txt": "flask\n", "backend/app.py": ""},
            level="assumed",
        ),
        Example(
            "Installing the project itself needs its sources",
            "FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n",
            files={"requirements.txt": "flask\n-e .\n", "setup.py": ""},
            level="assumed",
            missing="editable form",
        ),
        Example(
            "What is installed is in the build context too: the later COPY would win",
            "FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install --target vendor -r requirements.txt\n",
            files={"requirements.txt": "flask\n", "vendor/flask.py": ""},
            level="assumed",
            missing="/app/vendor",
        ),
        Example(
            "The manifest is changed in between",
            "FROM python\nWORKDIR /app\nCOPY . .\nRUN rm -f requirements.txt\nRUN pip install -r requirements.txt\n",
            files={"requirements.txt": "flask\n", "app.py": ""},
            level="assumed",
        ),
        Example(
            "Only the manifests are copied: nothing is gained",
            "FROM python\nCOPY requirements.txt /app/\nRUN pip install -r /app/requirements.txt\n",
            files={"requirements.txt": "flask\n", "app.py": ""},
            level="assumed",
        ),
        Example(
            "The application starts before it is installed for",
            "FROM python\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt && python app.py --collect\n",
            files={"requirements.txt": "flask\n", "app.py": ""},
            level="assumed",
        ),
    ),
)
