"""The targets of one Dockerfile: one for its last stage, more where builds of other stages are written down."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from dataclasses import field
from typing import TYPE_CHECKING

from bakegen.dockerfile.expand import ExpandError, expansion
from bakegen.importing.dockerfile_tree_commands import UNKNOWN
from bakegen.importing.dockerfile_tree_contexts import guess_context
from bakegen.importing.dockerfile_tree_evidence import DOCUMENTATION
from bakegen.importing.dockerfile_tree_links import Maker
from bakegen.importing.dockerfile_tree_names import clean
from bakegen.importing.dockerfile_tree_words import PURPOSES
from bakegen.importing.model import Guess, Loss, Wanted
from bakegen.matrix.naming import fit_name
from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from bakegen.bake.meaning import Json
    from bakegen.dockerfile.instructions import Text
    from bakegen.dockerfile.model import Dockerfile
    from bakegen.dockerfile.resolve import Resolved
    from bakegen.importing.dockerfile_tree_contexts import Folders
    from bakegen.importing.dockerfile_tree_evidence import Evidence
    from bakegen.importing.dockerfile_tree_links import Link
    from bakegen.importing.dockerfile_tree_names import Named
    from bakegen.importing.dockerfile_tree_paths import Candidate

_FILL_IN = "fill-me-in"
"""The value of a build argument that only a person knows; it can stand anywhere in the name of an image."""
_SHARED = 2
"""How many others build on a stage that is worth a cache of its own."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A Dockerfile with all that is known of it.

    Attributes:
        candidate: its path.
        dockerfile: its content.
        named: its name.
        builds: builds of it that are written somewhere, the most believable first.
    """

    candidate: Candidate
    dockerfile: Dockerfile
    named: Named
    builds: tuple[Evidence, ...]


@dataclass(frozen=True)
class Written:
    """A target, but for its links to others.

    Attributes:
        name: of the target.
        attributes: of bake.
        origin: the Dockerfile.
        named: the Dockerfile's name.
        guesses: what was guessed.
        losses: what is not carried over.
        maker: what the target makes and needs.
    """

    name: str
    attributes: dict[str, Json]
    origin: str
    named: Named
    guesses: tuple[Guess, ...]
    losses: tuple[Loss, ...]
    maker: Maker = field(compare=False)

    def wanted(self, links: Sequence[Link]) -> Wanted:
        """The target with its links."""
        attributes = dict(self.attributes)
        taken: dict[str, Json] = {one.image: f"target:{one.target}" for one in links if one.taken}
        if taken:
            attributes["contexts"] = taken
        guesses = [*self.guesses]
        for one in links:
            why = one.why if one.taken else f"{one.why}: `{one.image}: target:{one.target}` would build on it"
            guesses.append(Guess(f"contexts.{one.image}", why))
        family = self.named.family if self.name == self.named.name else ""
        axes = dict(self.named.axes) if family else {}
        return Wanted(self.name, attributes, {}, self.origin, family, axes, tuple(guesses))


def written_targets(reading: Reading, folders: Folders, taken: Collection[str], why: str) -> Iterator[Written]:
    """The targets of a Dockerfile.

    Args:
        reading: what is known of it.
        folders: the tree.
        taken: names that other targets have.
        why: what its name rests on, where that is not its path.
    """
    stages = {stage.name for stage in reading.dockerfile.stages if stage.name}
    last = reading.dockerfile.stages[-1].name
    wanted = dict.fromkeys(one.target.lower() for one in reading.builds if one.target.lower() in stages)
    wanted.pop(last, None)
    plain = not wanted or any(one.target.lower() in ("", last) for one in reading.builds)
    names = set(taken)
    # The last stage keeps the name; where only others are built, the first of them has it.
    for at, stage in enumerate(["", *wanted] if plain else wanted):
        name = reading.named.name if not at else f"{reading.named.name}-{clean(stage) or 'stage'}"
        while name in names:
            name += "-stage"
        names.add(name)
        called = ("", last) if not stage else (stage,)
        builds = [one for one in reading.builds if one.target.lower() in called]
        sets = _argument_sets(builds) if not reading.named.axes else {}
        for values, build in sets.items():
            longer = fit_name("-".join([name, *values]))
            if longer not in names:
                names.add(longer)
                yield _written(reading, folders, longer, stage, [build], why if not at else "")
        if not sets:
            yield _written(reading, folders, name, stage, builds, why if not at else "")


def _argument_sets(builds: Sequence[Evidence]) -> dict[tuple[str, ...], Evidence]:
    """Builds of one file that differ in the values of the same arguments, each with tags of its own, by these values.

    Nothing where there are fewer than two, or where one of them is not wholly known.
    """
    files: dict[str, list[Evidence]] = {}
    for build in builds:
        if build.rank < DOCUMENTATION and build.args and build.tags:
            files.setdefault(build.place.rpartition(":")[0], []).append(build)
    for several in files.values():
        args = [{name: value for name, value in build.args if value is not None} for build in several]
        known = all(len(one) == len(build.args) for one, build in zip(args, several, strict=True))
        tags = [tag for build in several for tag in dict.fromkeys(build.tags)]
        if not known or len({*map(frozenset, args)}) > 1 or any(UNKNOWN in tag for tag in tags):
            continue
        differing = [name for name in args[0] if len({one[name] for one in args}) > 1]
        found = {tuple(one[name] for name in differing): build for one, build in zip(args, several, strict=True)}
        if len(found) == len(several) > 1 and len({*tags}) == len(tags):
            return found
    return {}


def _written(
    reading: Reading, folders: Folders, name: str, stage: str, builds: Sequence[Evidence], why: str
) -> Written:
    path = reading.candidate.path
    args, guesses, losses = _arguments(builds)
    if why:
        guesses.insert(0, Guess("name", why))
    resolved = reading.dockerfile.resolve(args, target=stage or None)
    missing = _missing(reading.dockerfile, resolved)
    if missing:
        losses += (_unset(reading.dockerfile, arg, image) for arg, image in missing.items())
        guesses += (Guess(f"args.{arg}", "FROM needs it, and nothing gives it a value: fill it in") for arg in missing)
        args |= dict.fromkeys(missing, _FILL_IN)
        resolved = reading.dockerfile.resolve(args, target=stage or None)
    context = _context(reading, folders, resolved, builds, guesses)
    attributes: dict[str, Json] = {"context": context or ".", "dockerfile": posixpath.relpath(path, context or ".")}
    if stage:
        attributes["target"] = stage
        guesses.append(Guess("target", f"{builds[0].place} builds this stage"))
    if args:
        attributes["args"] = dict(args)
    _tags(builds, attributes, guesses)
    platforms = next((one for one in builds if one.platforms and one.rank < DOCUMENTATION), None)
    if platforms is not None:
        attributes["platforms"] = list(platforms.platforms)
        guesses.append(Guess("platforms", f"{platforms.place} gives them"))
    if not stage:
        guesses += _hints(reading, resolved)
    images = tuple(dict.fromkeys(one.name for one in resolved.external_images))
    called = clean(reading.named.family or reading.named.name)
    suffix = reading.candidate.suffix
    # ``api/Dockerfile.dev`` makes no image called api.
    folder = posixpath.basename(reading.candidate.folder) if not suffix or reading.named.family else ""
    words = {called, clean(folder), clean(suffix) if suffix.lower() not in PURPOSES else ""}
    told = (one for one in builds if one.rank < DOCUMENTATION)
    tags = tuple((tag, one.place) for one in told for tag in one.tags)
    axes = tuple(value for _, value in reading.named.axes)
    maker = Maker(name, called, frozenset(words - {""}) if not stage else frozenset(), axes, tags, images)
    return Written(name, attributes, path, reading.named, tuple(guesses), tuple(losses), maker)


def _context(
    reading: Reading, folders: Folders, resolved: Resolved, builds: Sequence[Evidence], guesses: list[Guess]
) -> str:
    """The context's folder, and the guess that it is."""
    told = next((one for one in (*builds, *reading.builds) if one.context is not None), None)
    if told is not None and told.context is not None:
        others = sorted({one.context or "." for one in builds if one.context not in (None, told.context)})
        but = f"; other builds have {', '.join(others)}" if others else ""
        guesses.append(Guess("context", f"{told.place} builds it there{but}"))
        return told.context
    found = guess_context(folders, reading.candidate.path, resolved)
    if not found.sure:
        guesses.append(Guess("context", found.why))
    return found.folder


def _arguments(builds: Sequence[Evidence]) -> tuple[dict[str, str], list[Guess], list[Loss]]:
    """The build arguments of the most believable build that has any; what only running it would tell is lost."""
    for build in builds:
        if not build.args or build.rank >= DOCUMENTATION:
            continue
        known = {name: value for name, value in build.args if value is not None}
        unknown = [name for name, value in build.args if value is None]
        guesses = [Guess(f"args.{name}", f"{build.place} gives it") for name in known]
        if not unknown:
            return known, guesses, []
        names, shown = ", ".join(unknown), ", ".join(f"{name}: …" for name in unknown)
        what = f"only running it tells what it gives for the build argument{'s' * (len(unknown) > 1)} {names}"
        return known, guesses, [Loss(build.place, what, f"set args: {{{shown}}}, where the defaults are not meant")]
    return {}, [], []


def _tags(builds: Sequence[Evidence], attributes: dict[str, Json], guesses: list[Guess]) -> None:
    """The tags of the most believable build whose tags are wholly known; those of documentation are examples."""
    builds = [build for build in builds if build.rank < DOCUMENTATION]
    for build in builds:
        if build.tags and not any(UNKNOWN in tag for tag in build.tags):
            attributes["tags"] = list(dict.fromkeys(build.tags))
            guesses.append(Guess("tags", f"{build.place} gives them"))
            return
    for build in builds:
        if build.tags:
            shown = ", ".join(tag.replace(UNKNOWN, "…") for tag in build.tags)
            guesses.append(Guess("tags", f"{build.place} gives {shown}, with values that only running it tells"))
            return


def _missing(dockerfile: Dockerfile, resolved: Resolved) -> dict[str, Text]:
    """Build arguments that a FROM needs and that have no value, with the image that needs them."""
    found: dict[str, Text] = {}
    for stage in resolved.stages:  # BuildKit reads the names of those that are not needed, too
        image = stage.stage.start.image
        try:
            unset = expansion(image.text, resolved.global_args, dockerfile.escape).unmatched
        except ExpandError:
            continue
        for name in sorted(unset):
            if not re.search(rf"\$\{{{re.escape(name)}:?[-+]", image.text):
                found.setdefault(name, image)
    return found


def _unset(dockerfile: Dockerfile, name: str, image: Text) -> Loss:
    line, _ = dockerfile.source.position(image.span.start)
    return Loss(
        f"{dockerfile.source.path}:{line}",
        f"FROM {image.text} needs the build argument {name}, which has no value",
        f"write it in place of {_FILL_IN} into `args`",
    )


def _hints(reading: Reading, resolved: Resolved) -> Iterator[Guess]:
    """What a person may want to add."""
    if reading.dockerfile.escape == "`":  # nobody sets it but for Windows
        yield Guess("platforms", "its escape character is that for Windows: BuildKit on Linux cannot run its steps")
    users: Counter[str] = Counter()
    for one in resolved.stages:
        linked = {resolved.stages[link.target].stage.name for link in one.links if link.target is not None}
        if one.base is not None:
            linked.add(one.base.stage.name)
        users.update(linked - {""})
    needed = {one.stage.name for one in resolved.reachable}
    shared = [name for name, count in users.items() if count >= _SHARED and name in needed]
    if shared:
        names = ", ".join(shared)
        yield Guess("stages", f"several stages build on {names}: `stages: [{names}]` gives each a cache of its own")
