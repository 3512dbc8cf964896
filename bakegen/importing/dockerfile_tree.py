"""Reads the Dockerfiles of a tree for `bakegen init`: names, contexts, stages and links between them are guessed.

What each guess rests on is kept beside it. Builds that CI, Makefiles, scripts or documentation write down are believed
before anything else; see ``docs/reference/init-dockerfiles.md``.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.model import read
from bakegen.importing.dockerfile_tree_contexts import Folders
from bakegen.importing.dockerfile_tree_evidence import DOCUMENTATION, look
from bakegen.importing.dockerfile_tree_links import find_links
from bakegen.importing.dockerfile_tree_names import clean, name_all, title_of
from bakegen.importing.dockerfile_tree_paths import meaning, sort_out
from bakegen.importing.dockerfile_tree_targets import Reading, Written, written_targets
from bakegen.importing.model import Found, Loss
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from bakegen.dockerfile.model import Dockerfile
    from bakegen.importing.dockerfile_tree_paths import Candidate, Sorted
    from bakegen.importing.sources import Files


def read_dockerfiles(files: Files) -> Found:
    """The targets of all Dockerfiles of a tree."""
    sorted_out = sort_out(files.paths)
    losses = [*_left_out(sorted_out, set(files.paths))]
    read_ones: dict[str, Dockerfile] = {}
    candidates: list[Candidate] = []
    for candidate in sorted_out.candidates:
        content = files.read(candidate.path)
        if content is None or not content.strip():
            continue
        dockerfile = read(Source.from_bytes(candidate.path, content))
        if dockerfile.ok:
            read_ones[candidate.path] = dockerfile
            candidates.append(candidate)
        elif dockerfile.stages or dockerfile.tree.foreign is not None:
            losses.append(_unread(dockerfile))
    seen = look(files, read_ones)
    tags = [tag for one in seen.builds if "/" not in one.dockerfile and one.rank < DOCUMENTATION for tag in one.tags]
    title, why = title_of(files.read, tags)
    names = name_all(candidates, title, lambda one: _lines(read_ones[one.path]))
    folders = Folders(files)
    builds = defaultdict(list)
    for build in seen.builds:
        builds[build.dockerfile].append(build)
    written: list[Written] = []
    for candidate in candidates:
        named = names[candidate.path]
        reading = Reading(candidate, read_ones[candidate.path], named, tuple(builds[candidate.path]))
        own = title not in map(clean, meaning(candidate))
        reason = why if own and (named.family or named.name) == title else ""
        written += written_targets(reading, folders, {one.name for one in written}, reason)
    links = find_links([one.maker for one in written], seen.spaces)
    targets = tuple(one.wanted(links[one.name]) for one in written)
    losses += (loss for one in written for loss in one.losses)
    return Found(targets=targets, losses=tuple(losses), notes=tuple(_of_others(sorted_out)))


def _lines(dockerfile: Dockerfile) -> frozenset[str]:
    stripped = (line.strip() for line in dockerfile.source.text.split("\n"))
    return frozenset(line for line in stripped if line and not line.startswith("#"))


def _left_out(found: Sorted, paths: Collection[str]) -> Iterable[Loss]:
    """Files that look like Dockerfiles and are not taken."""
    for path in found.templates:
        if posixpath.join(posixpath.dirname(path), "versions.json") in paths:
            continue  # the reader of these tells of it
        if path.endswith((".j2", ".jinja", ".jinja2")):
            what, then = "the values of this template are not known", "write an image.yaml that has them as `vars`"
        else:
            what = "a template of a Dockerfile in another program's language"
            then = "write it as a Dockerfile.j2, or run init where it is rendered"
        yield Loss(path, what, then)


def _of_others(found: Sorted) -> Iterable[Loss]:
    """Dockerfiles that are not the project's own; that they are not taken is no loss."""
    by_folder: dict[tuple[str, str], list[str]] = defaultdict(list)
    for path, why in found.vendored:
        by_folder[why, path.partition("/")[0]].append(path)
    for (why, _), paths in by_folder.items():
        what = "this one is" if len(paths) == 1 else f"this one and {len(paths) - 1} more are"
        yield Loss(paths[0], f"{what} not taken: {why}", "write an image.yaml for what is built of these")


def _unread(dockerfile: Dockerfile) -> Loss:
    """A Dockerfile that cannot be built as it is."""
    problem = next((one for one in dockerfile.diagnostics if one.severity is Severity.ERROR), None)
    if problem is None or problem.location is None:
        return Loss(
            dockerfile.source.path, "it is for another frontend than Docker's own", "write its image.yaml by hand"
        )
    line, _ = dockerfile.source.position(problem.location.span.start)
    return Loss(
        f"{dockerfile.source.path}:{line}", f"BuildKit refuses it: {problem.message}", "mend it, then run init again"
    )
