"""From a variant to the Dockerfile and ignore file that BuildKit will read for it, rendered where that is needed."""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Protocol

from bakegen.diagnostics import error
from bakegen.dockerfile import parse
from bakegen.dockerfile.ignore import IgnoreFile, ignore_file_names
from bakegen.errors import InputError
from bakegen.plan.marker import MARKER
from bakegen.plan.model import Recipe, WrittenFile
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from bakegen.matrix.model import Variant
    from bakegen.plan.keys import SourcePattern
    from bakegen.text import Location

# What BuildKit takes as something else than a local folder: client/build and buildx's build/url.go.
_REMOTE = re.compile(r"(?:[a-z][a-z0-9+.-]*://|git@|github\.com/|target:|-\Z)")

# What bakegen writes beside the definitions: it would change the content key of what copies all of the project.
_WRITTEN = ("docker-bake*", "bakegen.lock", "bakegen-report.json", "bakegen-steps.json")


class Files(Protocol):
    """Reads files of the project; paths are relative to it, with ``/``."""

    def read(self, path: str, location: Location | None = None) -> Source:
        """The file, or `InputError`, which points at `location`."""
        ...

    def read_if_there(self, path: str, location: Location | None = None) -> Source | None:
        """The file, or None where there is none."""
        ...

    def exists(self, path: str, location: Location | None = None) -> bool:
        """Whether there is a file or folder; `InputError` where the project may not reach it."""
        ...


class Renderer(Protocol):
    """Renders Dockerfile templates."""

    def render(self, source: Source, context: Mapping[str, object]) -> str:
        """The text, or `InputError`."""
        ...

    def line_map(self, source: Source, context: Mapping[str, object]) -> tuple[tuple[Source, int] | None, ...]:
        """The template and line that each rendered line comes from."""
        ...


def is_remote(context: str) -> bool:
    """Whether a context is a URL, an image or a target rather than a folder."""
    return _REMOTE.match(context) is not None


def below(directory: str, path: str) -> str:
    """`path`, which is written relative to `directory`, relative to the project."""
    return posixpath.normpath(posixpath.join(directory, path))


def find_recipe(
    variant: Variant,
    files: Files,
    renderer: Renderer,
    folder: str,
    *,
    own: bool = False,
) -> Recipe:
    """The recipe of a variant.

    A Dockerfile is rendered into `folder` when it is a template, when `ignore` adds patterns, and when
    `folder` itself lies in the context: rendered files and local caches are no input of a build. Where that gives the
    variant an ignore file of its own, definition and template are in it, too: one more version is a change of both.
    With `own` it has one for that alone, where one of them lies in the context.

    Raises:
        InputError: the Dockerfile is missing, a context lies outside of the project, or a template fails.
    """
    _refuse_outside(variant, files)
    written = variant.text("context") or "."
    if is_remote(written):
        path = variant.text("dockerfile") or "Dockerfile"
        return Recipe(path, written, remote=True, source=None, ignore=None)
    context = below(variant.directory, written)
    inline = variant.text("dockerfile-inline")
    if inline is not None:
        source = Source(f"{variant.directory}/image.yaml (dockerfile-inline)", inline)
        ignore = files.read_if_there(posixpath.join(context, ".dockerignore"), variant.place("context"))
        return Recipe("", context, remote=False, source=source, ignore=ignore)
    path = _dockerfile(variant, files)
    original = files.read(path, variant.place("dockerfile"))
    ignore = _ignore_file(files, path, context, variant.place("context"))
    covers = context == "." or folder == context or folder.startswith(context + "/")
    added = variant.texts("ignore")
    is_template = path.endswith(".j2")
    hidden = _sources(variant, path if is_template else None, context, added)
    if not (is_template or added or covers or (own and hidden)):
        return Recipe(path, context, remote=False, source=original, ignore=ignore)
    source, trace = original, None
    out = posixpath.join(folder, f"{variant.name}.Dockerfile")
    if is_template:
        seen = variant.template_context()
        source = Source(out, renderer.render(original, seen))
        trace = partial(renderer.line_map, original, seen)
    patterns = [*hidden, *added]
    if covers:
        patterns.append(posixpath.relpath(folder, context))
        top = posixpath.relpath(".", context)
        if not top.startswith(".."):
            patterns += [posixpath.normpath(posixpath.join(top, name)) for name in _WRITTEN]
    ignore_text = _ignore_text(ignore, patterns, path, variant)
    merged = Source(f"{out}.dockerignore", ignore_text)
    written_files = (WrittenFile(out, with_header(source.text, path)), WrittenFile(merged.path, ignore_text))
    return Recipe(
        out, context, remote=False, source=source, ignore=merged, files=written_files, trace=trace, origin=path
    )


def copies_definition(variant: Variant, recipe: Recipe, reads: Iterable[SourcePattern]) -> bool:
    """Whether a variant of a matrix reads the image.yaml that it is made from with the folder, not by its name.

    One more version would then change what all others copy.
    """
    path = posixpath.relpath(_definition(variant), recipe.context)
    if not variant.axes or path.startswith("..") or recipe.remote or recipe.files:
        return False
    read = [posixpath.normpath(one.path.lstrip("/") or ".") for one in reads]
    if path in read or (recipe.ignore is not None and IgnoreFile.parse(recipe.ignore).excludes(path)):
        return False
    return any(one == "." or path.startswith(f"{one}/") or _may_match(one, path) for one in read)


def _may_match(pattern: str, path: str) -> bool:
    """Whether a pattern with wildcards can mean `path` or a folder that it is in."""
    parts = pattern.split("/")
    if not any(letter in pattern for letter in "*?["):
        return False
    return all(map(fnmatchcase, path.split("/"), parts)) and len(parts) <= path.count("/") + 1


def _definition(variant: Variant) -> str:
    return f"{variant.directory}/image.yaml"


def _sources(variant: Variant, template: str | None, context: str, added: Collection[str]) -> list[str]:
    """The definition and the template of a variant that lie in its context, as patterns; none that `added` has.

    They come first, so that a later ``!image.yaml`` takes the file back in.
    """
    if "*" in added:
        return []
    paths = [_definition(variant), *([template] if template is not None else [])]
    inside = [posixpath.relpath(path, context) for path in paths]
    return [path for path in inside if not path.startswith("..") and path not in added]


def _refuse_outside(variant: Variant, files: Files) -> None:
    """`InputError` where a context is a folder that the project may not reach; it may be missing still."""
    named = {f"contexts.{name}": value for name, value in variant.mapping("contexts").items()}
    for field, value in {"context": variant.text("context") or ".", **named}.items():
        if not is_remote(value):
            files.exists(below(variant.directory, value), variant.place(field))


def _dockerfile(variant: Variant, files: Files) -> str:
    name = variant.text("dockerfile")
    if name is not None:
        return below(variant.directory, name)
    for candidate in ("Dockerfile.j2", "Dockerfile"):
        path = below(variant.directory, candidate)
        if files.exists(path):
            return path
    raise InputError(
        [
            error(
                "no-dockerfile",
                f"{variant.directory} holds neither Dockerfile.j2 nor Dockerfile",
                variant.location,
                help="add one, or name it in the field `dockerfile`",
            )
        ]
    )


def _ignore_file(files: Files, dockerfile: str, context: str, place: Location) -> Source | None:
    own, common = ignore_file_names(dockerfile)
    return files.read_if_there(own) or files.read_if_there(posixpath.join(context, common), place)


def with_header(text: str, path: str, *more: str) -> str:
    """`text` with a comment that says where it comes from, below the parser directives, which must come first.

    `more` are further lines of the comment. A bare ``#`` keeps BuildKit from taking it as the description of what
    follows.
    """
    at = _end_of_directives(text)
    if at is None:
        return text
    lead = "" if at == 0 or text[:at].endswith("\n") else "\n"
    lines = [
        f"# {MARKER} from {path}: change that file, then run `bakegen render`.",
        *(f"# {one}" for one in more),
        "#",
    ]
    return f"{text[:at]}{lead}" + "\n".join(lines) + f"\n{text[at:]}"


@lru_cache(maxsize=64)
def _end_of_directives(text: str) -> int | None:
    """The offset behind the parser directives; None where the file is written for another frontend."""
    tree = parse(Source("", text))
    return None if tree.foreign is not None else tree.directives_end


def _ignore_text(base: Source | None, patterns: list[str], path: str, variant: Variant) -> str:
    for pattern in patterns:
        if "\n" in pattern or "\r" in pattern:
            raise InputError(
                [
                    error(
                        "ignore-pattern",
                        "a pattern of `ignore` has a line break in it",
                        variant.place("ignore"),
                        help="write each pattern as an entry of its own",
                    )
                ]
            )
    lines = [f"# {MARKER} for {path}."]
    if base is not None:
        lines += [f"# From {base.path}:", base.text.removeprefix("\ufeff").rstrip("\r\n")]
    if patterns:
        lines += ["# From the field `ignore`, and what bakegen itself writes:", *patterns]
    return "\n".join(lines) + "\n"
