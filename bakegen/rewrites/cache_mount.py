"""Rewrite `cache-mount`: package managers keep their downloads in cache mounts, on the builder and in no layer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import Run
from bakegen.effects.model import Equivalence, Tier
from bakegen.effects.places import ANYWHERE, ancestors, clean, inside
from bakegen.facts.model import PlatformFacts
from bakegen.rewrites.caches import Owner, identity, later_use, owner
from bakegen.rewrites.frontend import accepts
from bakegen.rewrites.model import Example, Missing, Proposal, Rewrite
from bakegen.rewrites.runs import add_mounts, drop_span, simple_commands
from bakegen.rewrites.sweeping import obstacle, sweep
from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.effects.model import CacheDirectory, Install
    from bakegen.effects.stages import StageView, StepView
    from bakegen.rewrites.model import Situation

_ARCHIVES = "/var/cache/apt"
_KEPT = "/var/cache/apt/kept"
_LISTS = "/var/lib/apt/lists"
_DOCKER_CLEAN = "/etc/apt/apt.conf.d/docker-clean"


@dataclass
class _Plan:
    """What one RUN gets; `blocked` is why it does not get more."""

    run: Run
    mounts: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    blocked: list[Missing] = field(default_factory=list)
    declared: list[str] = field(default_factory=list)
    assumes: list[str] = field(default_factory=list)
    installs: list[Install] = field(default_factory=list)


def _propose(situation: Situation) -> Iterator[Proposal]:
    if not accepts(situation.dockerfile, 2):
        return
    for stage in situation.stages:
        for index, view in enumerate(stage.own):
            if isinstance(view.step.command, Run) and any(install.caches for install in view.effect.installs):
                plan = _Plan(view.step.command)
                _fill(situation, stage, index, view, plan)
                if plan.mounts:
                    yield _proposal(situation, view, plan)
                if plan.blocked:
                    yield _proposal(situation, view, _Plan(plan.run, missing=plan.blocked))


def _fill(situation: Situation, stage: StageView, index: int, view: StepView, plan: _Plan) -> None:
    taken = [view.around.real(mount.target) for mount in view.step.mounts if mount.target]
    whose = owner(view)
    for install, cache in _caches(view):
        at = cache.target
        if any(inside(at, one) or inside(one, at) for one in taken) or _lists_from_elsewhere(view, at):
            continue
        blocked = obstacle(view, plan.run, at)
        if blocked:
            what = f"a way to mount {at}: the RUN {blocked}"
            plan.blocked.append(Missing(what, "clean up only what is not in it", assumable=False))
            continue
        use = later_use(situation, stage, index, at, needed=at == _LISTS)
        if use.blocked:
            plan.blocked.append(Missing(f"whether {at} can leave the image: {use.blocked}", "leave it as it is", False))
            continue
        if use.assumes and not _holder_is_there(view, at):
            what = (
                f"whether {at} can leave the image: the directories above it appear with it, which a later RUN may see"
            )
            plan.blocked.append(Missing(what, "make them in an earlier RUN", assumable=False))
            continue
        if at == _ARCHIVES and not _keep_archives(view, plan):
            continue
        plan.assumes += use.assumes
        _mount(situation, view, install, cache, whose, plan)
    for one in dict.fromkeys(plan.installs):
        _drop_defeats(situation, one, plan)
    swept = sweep(situation.dockerfile, view, plan.run, plan.targets, {one.tool for one in plan.installs})
    # What is swept away needs no options.
    gone = [edit.span for edit in swept if not edit.text]
    plan.edits = [one for one in plan.edits if not any(span.start < one.span.start < span.end for span in gone)]
    plan.edits += swept


def _holder_is_there(view: StepView, at: str) -> bool:
    """Whether the home directory that a cache lies in is there without it, as root's always is."""
    around = view.around
    home = around.home
    if home is None or home in ("/", "/root") or not inside(at, home):
        return True
    if around.base is not None and (around.base.is_directory(home) or home in around.base.homes.values()):
        return True
    return any(inside(place.path, home) for _, place in around.dirty) or any(
        inside(one.path, home) for one in around.copied
    )


def _caches(view: StepView) -> Iterator[tuple[Install, CacheDirectory]]:
    """The caches of a RUN's installers, each directory once."""
    seen: set[str] = set()
    for install in view.effect.installs:
        for cache in install.caches:
            if cache.target not in seen:
                seen.add(cache.target)
                yield install, cache


def _lists_from_elsewhere(view: StepView, at: str) -> bool:
    """Whether apt's lists come from an earlier RUN, which a mount would hide."""
    if at != _LISTS:
        return False
    first = next((one for one in view.effect.installs if any(cache.target == at for cache in one.caches)), None)
    return first is None or not any(place.path == at for place in first.outputs)


def _mount(
    situation: Situation, view: StepView, install: Install, cache: CacheDirectory, whose: Owner, plan: _Plan
) -> None:
    at = cache.target
    plan.missing += [
        Missing(f"whether {install.tool} uses {at}: {clause}", "take that setting away", assumable=False)
        for clause in cache.disabled_by
    ]
    plan.missing += whose.doubts(view, at)
    base = view.around.base
    if base is None and not view.around.scratch:
        plan.missing.append(Missing(f"whether the base image has files in {at}, hidden then", "run `bakegen lock`"))
    elif base is not None and base.listings.get(at) and at not in (_ARCHIVES, _LISTS):
        plan.missing.append(Missing(f"what the base image has in {at}, which is hidden then", "look into the image"))
    values = ["type=cache", f"target={at}"]
    if cache.sharing != "shared":
        values.append(f"sharing={cache.sharing}")
    name = identity(situation, view, install, at, whose)
    if name:
        values.append(f"id={name}")
    else:
        plan.missing.append(Missing(f"the project's name: without it all projects of a builder share {at}", "name it"))
    plan.mounts.append(",".join([*values, *whose.values]))
    plan.targets.append(at)
    plan.installs.append(install)
    plan.declared += [one for one in cache.leftovers if clean(one) not in ancestors(at)]


def _keep_archives(view: StepView, plan: _Plan) -> bool:
    """Has apt keep its archives where Debian's images do not empty them after each use; whether that worked out.

    Those images come with docker-clean, which deletes /var/cache/apt/archives/*.deb by name whenever dpkg ran: in
    another directory below Dir::Cache they stay. Setting the hook aside would change the image.
    """
    base = view.around.base
    # Whatever else is installed brings no such hook.
    written = any(place == ANYWHERE or inside(place.path, "/etc/apt") for _, place in view.around.dirty)
    written = written or any(inside(_DOCKER_CLEAN, one.path) for one in view.around.copied)
    if base is not None and _DOCKER_CLEAN not in base.files and not written:
        return True
    found = []
    for text, command in simple_commands(plan.run):
        words = [word.literal for word in command.words]
        for number, word in enumerate(command.words):
            if words[number] in ("apt-get", "apt") and "update" not in words:
                at = text.place(word.start, word.end).end
                found.append(Edit(Span(at, at), f" -o Dir::Cache::Archives={_KEPT}"))
                break
    plan.edits += found
    return bool(found)


def _drop_defeats(situation: Situation, install: Install, plan: _Plan) -> None:
    """Takes the options away that switch a cache off."""
    for span in install.defeats:
        if install.tool == "apk":
            # --no-cache also fetches the index anew.
            plan.edits.append(Edit(span, "--update-cache"))
            continue
        edits = drop_span(situation.dockerfile, plan.run, span)
        if edits is None:
            word = situation.source.slice(span)
            plan.missing.append(Missing(f"how to take {word} out of this command", "take it out by hand", False))
        else:
            plan.edits += edits


def _proposal(situation: Situation, view: StepView, plan: _Plan) -> Proposal:
    tools = " and ".join(dict.fromkeys(one.tool for one in plan.installs or view.effect.installs))
    edits = (*add_mounts(situation.dockerfile, plan.run, tuple(plan.mounts)), *plan.edits) if plan.mounts else ()
    reason = f"{tools} keeps in {', '.join(plan.targets) or 'its cache'} only what it can download or make again"
    assumes = dict.fromkeys((*(one for install in view.effect.commands for one in install.assumes), *plan.assumes))
    found = Proposal(
        REWRITE.name,
        plan.run.span,
        edits,
        Tier.KNOWLEDGE,
        Equivalence.DECLARED,
        reason,
        f"run again on the same builder, {tools} downloads only what is new; the downloads are in no layer",
        tuple(dict.fromkeys(plan.missing)),
        tuple(dict.fromkeys(plan.declared)),
        assumes=tuple(assumes),
    )
    if not situation.ephemeral:
        return found
    new = Missing("a builder that is kept: cache mounts are not exported with the registry cache", "use one", False)
    return replace(found, tier=Tier.ADVICE, missing=(*found.missing, new))


_BASE = PlatformFacts("sha256:0", distribution="debian", version="13", files=frozenset((_DOCKER_CLEAN,)))

REWRITE = Rewrite(
    name="cache-mount",
    order=80,
    summary="Keep the downloads of package managers in cache mounts.",
    why="A package manager keeps what it downloads to be faster the next time, and in an image there is no next time. "
    "In a cache mount it serves every later build on the builder, and is in no layer. What switches the cache off "
    "(--no-cache-dir) or empties it (rm -rf /var/lib/apt/lists/*) in the same RUN goes. The directories of the caches, "
    "which are declared, may differ afterwards. Not where a later step needs what is in them (apt's lists), where a "
    "setting switches the cache off, and where builders are new each time: cache mounts are never exported.",
    tier=Tier.KNOWLEDGE,
    equivalence=Equivalence.DECLARED,
    propose=_propose,
    examples=(
        Example(
            "pip: the option that switches the cache off goes",
            "FROM python\nRUN pip install --no-cache-dir flask\n",
            "FROM python\nRUN --mount=type=cache,target=/root/.cache/pip,id=example-root-cache-pip pip install flask\n",
            level="assumed",
        ),
        Example(
            "apt: lists and archives, which docker-clean would empty, and no clean-up; the style stays",
            "FROM debian\n"
            "RUN apt-get update \\\n && apt-get install -y curl \\\n && rm -rf /var/lib/apt/lists/* /tmp/x\n",
            "FROM debian\n"
            "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked,id=example-var-cache-apt-debian-13 \\\n"
            "    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked,"
            "id=example-var-lib-apt-lists-debian-13 \\\n"
            "    apt-get update \\\n && apt-get -o Dir::Cache::Archives=/var/cache/apt/kept install -y curl \\\n"
            " && rm -rf /tmp/x\n",
            bases={"debian": _BASE},
            level="assumed",
        ),
        Example(
            "A clean-up that goes gets no option before",
            "FROM debian\nRUN apt-get update && apt-get install -y curl && apt-get clean\n",
            "FROM debian\n"
            "RUN --mount=type=cache,target=/var/cache/apt,sharing=locked,id=example-var-cache-apt-debian-13 \\\n"
            "    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked,"
            "id=example-var-lib-apt-lists-debian-13 \\\n"
            "    apt-get update && apt-get -o Dir::Cache::Archives=/var/cache/apt/kept install -y curl\n",
            bases={"debian": _BASE},
            level="assumed",
        ),
        Example(
            "The cache belongs to the user who runs the command",
            "FROM python\nENV HOME=/home/app\nUSER 1000\nRUN pip install --target /home/app/lib flask\n",
            "FROM python\nENV HOME=/home/app\nUSER 1000\n"
            "RUN --mount=type=cache,target=/home/app/.cache/pip,id=example-home-app-cache-pip-uid1000,uid=1000 "
            "pip install --target /home/app/lib flask\n",
            bases={"python": PlatformFacts("sha256:0")},
            level="assumed",
        ),
        Example(
            "The lists come from an earlier RUN, which keeps them for this one",
            "FROM debian\nRUN apt-get update\nRUN apt-get install -y curl\n",
            "FROM debian\nRUN apt-get update\nRUN --mount=type=cache,target=/var/cache/apt,sharing=locked,"
            "id=example-var-cache-apt-debian-13 apt-get -o Dir::Cache::Archives=/var/cache/apt/kept install -y curl\n",
            bases={"debian": _BASE},
            level="assumed",
        ),
        Example(
            "A user whose number is not known: the cache would be root's",
            "FROM python\nRUN useradd -m app\nENV HOME=/home/app\nUSER app\nRUN pip install flask\n",
            bases={"python": PlatformFacts("sha256:0")},
            level="assumed",
            missing="numeric id of the user app",
        ),
        Example(
            "The mount point cannot be removed with what is around it",
            "FROM python\nRUN pip install flask && rm -rf /root/.cache\n",
            level="assumed",
            missing="removes /root/.cache",
        ),
        Example(
            "A variable switches the cache off",
            "FROM python\nENV PIP_NO_CACHE_DIR=1\nRUN pip install flask\n",
            level="assumed",
            missing="PIP_NO_CACHE_DIR",
        ),
        Example(
            "A mount is there already",
            "FROM python\nRUN --mount=type=cache,target=/root/.cache pip install flask\n",
            level="assumed",
        ),
        Example("Not at level proved", "FROM python\nRUN pip install flask\n", missing="hidden then"),
    ),
)
