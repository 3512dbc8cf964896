"""What `bakegen init` says: what was found, what became of it, what is lost, and what comes next."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bakegen.cli import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bakegen.importing.comparing import Comparison, Difference
    from bakegen.importing.model import Loss
    from bakegen.workspace.importing import Imported

_SHOWN = 40


def report(imported: Imported, written: int | None) -> str:
    """What is said of an import: what was found, the images, guesses, losses, the comparison and what comes next.

    Args:
        imported: the import.
        written: how many files were written; None where that was not wanted.
    """
    parts = [f"Found {', '.join(_counted(*one) for one in imported.sources.items()) or 'nothing to build'}.\n"]
    rows = []
    for image in imported.definitions.images:
        first = image.members[0]
        dockerfile = first.attributes.get("dockerfile", "Dockerfile")
        context = str(first.attributes.get("context") or ".")
        where = "inline" if "dockerfile-inline" in first.attributes else _path(context, str(dockerfile))
        if first.template is not None:
            where = f"{imported.definitions.folder}/{image.name}/{first.template.name}"
        variants = str(len(image.members))
        axes = " × ".join(f"{len(values)} {axis}" for axis, values in image.axes.items())
        rows.append([image.name, f"{variants} ({axes})" if axes else variants, where, first.origin])
    if rows:
        parts.append(console.table(["image", "variants", "dockerfile", "from"], rows))
    parts += _section("Guessed, marked in the files:", _guesses(imported))
    parts += _section("In another form now:", told_once(imported.found.notes))
    parts += _section("Not carried over:", told_once(imported.found.losses))
    parts += _compared(imported.comparison) if rows else []
    parts += _next(imported, written)
    return "\n".join(part.rstrip("\n") + "\n" for part in parts if part)


def _guesses(imported: Imported) -> list[str]:
    """Each guess once, with the images that it is made for."""
    found: dict[str, list[str]] = {}
    for image in imported.definitions.images:
        for guess in image.guesses:
            found.setdefault(f"{guess.why} ({guess.field or 'name'})", []).append(image.name)
    return [f"  {_names(tuple(names))}: {what}" for what, names in found.items()]


def _path(context: str, dockerfile: str) -> str:
    from bakegen.plan.recipes import is_remote

    whole = f"{context.removeprefix('cwd://')}/{dockerfile}"
    return whole if is_remote(context) else os.path.normpath(whole)


_WORDS = {
    "bake": "bake files",
    "compose": "compose files",
    "versions": "versions.json",
    "workflows": "workflows",
    "dockerfiles": "Dockerfiles",
}


def _counted(kind: str, counts: tuple[int, int]) -> str:
    count, new = counts
    known = "" if new == count else " (known already)" if not new else f" ({new} of them new)"
    return f"{count} target{'s' if count != 1 else ''} in {_WORDS[str(kind)]}{known}"


def _section(head: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    more = [f"  … and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return ["\n".join([head, *lines[:_SHOWN], *more])]


def told_once(losses: Sequence[Loss]) -> list[str]:
    """Each loss once, with its places: ``Makefile:3, :7 and 2 more``."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for one in losses:
        path, _, line = one.origin.rpartition(":") if ":" in one.origin else (one.origin, "", "")
        found.setdefault((path, one.what, one.instead), []).append(line)
    lines = []
    for (path, what, instead), places in found.items():
        first, *others = dict.fromkeys(place for place in places if place) or [""]
        where = f"{path}:{first}" if first else path
        where += "".join(f", :{line}" for line in others[:2]) + (f" and {len(others) - 2} more" * (len(others) > 2))
        lines.append(f"  {where}: {what}\n      {instead}" if where else f"  {what}\n      {instead}")
    return lines


def _compared(comparison: Comparison) -> list[str]:
    total = comparison.targets
    one = total == 1
    lines = [f"{comparison.same} of {total} target{'' if one else 's'} build{'s' if one else ''} the same as before."]
    for what, names in comparison.added.items():
        lines.append(f"  added: {what} ({_names(names)})")
    lines += [_difference(one) for one in comparison.differences[:_SHOWN]]
    if len(comparison.differences) > _SHOWN:
        lines.append(f"  … and {len(comparison.differences) - _SHOWN} more")
    return ["\n".join(lines)]


def _difference(one: Difference) -> str:
    if not one.now:
        return f"  {one.name}: {one.what}: was {one.before}"
    return f"  {one.name}: {one.what}: was {one.before}, is {one.now}"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= 4 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def _next(imported: Imported, written: int | None) -> list[str]:
    if not imported.definitions.images:
        return ["Nothing was written: no image is left."]
    if written is None:
        return ["Nothing was written; without --dry-run it is."]
    moved = [path for path in imported.read if "/" not in path and path.startswith("docker-bake.")]
    same = len(imported.texts) - written
    ignored = imported.ignored
    git = f"; added to .gitignore: {', '.join(ignored.added)}" if ignored is not None else ""
    lines = [f"{written} files written{f', {same} as they were' if same else ''}{git}. Next:"]
    if moved:
        away = " && ".join(f"mv {path} {path.replace('docker-bake', 'bake.before', 1)}" for path in moved)
        lines.append(f"  {away}")
    lines += [
        "  bakegen render     write docker-bake.hcl",
        "  bakegen list       the targets with their tags and content keys",
        "  bakegen lock       pin base images to digests",
        "  bakegen ci github  the file that builds them in a CI: gitlab, jenkins and others, too",
    ]
    return ["\n".join(lines)]
