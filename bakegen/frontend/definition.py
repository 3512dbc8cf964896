"""Takes an image.yaml in place of a Dockerfile: one of its variants becomes the Dockerfile and the options of a build.

The project is read out of the build context, as far as this one image needs it. What only a client can do (tags,
outputs, caches, secrets) stays with the command line.
"""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING

from bakegen.definition.loader import IMAGE_FILE, PROJECT_FILE, load_project
from bakegen.diagnostics import error
from bakegen.dockerfile.ignore import IgnoreFile
from bakegen.errors import InputError
from bakegen.frontend import llb as make
from bakegen.frontend.listing import context_folder
from bakegen.frontend.request import BUILD_ARG, CONTEXT
from bakegen.matrix.expand import expand
from bakegen.plan.recipes import below, find_recipe, is_remote
from bakegen.templating.files import FileRenderer
from bakegen.text import Location, Source, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bakegen.frontend.bridge import Bridge
    from bakegen.frontend.context import Entrypoint, Place
    from bakegen.frontend.listing import ReadFolder
    from bakegen.frontend.messages import llb_pb2 as llb
    from bakegen.frontend.request import Request
    from bakegen.matrix.model import Variant
    from bakegen.plan.model import Recipe

_ALONE = "image"
"""The folder that an image is in whose folder is the whole build context."""

_VARIANT = "BAKEGEN_VARIANT"


def variant_build(
    bridge: Bridge, request: Request, place: Place, entry: Entrypoint, *, only_names: bool
) -> tuple[Request, dict[str, llb.Definition]]:
    """The build that a definition asks for: a request with its options, and inputs with its Dockerfile.

    Args:
        bridge: BuildKit.
        request: the build, whose build arguments choose the variant; what its command line sets is stronger.
        place: where the build's files are.
        entry: the definition.
        only_names: whether BuildKit can list a context without reading it.

    Raises:
        InputError: with everything that is wrong with the definition, and where.
    """
    folder = context_folder(bridge, request, place, [".git"], only_names=only_names)
    remote = place.dockerfile is place.context and place.context is not None
    files = _Files(folder, _directory(folder, entry, known=remote), entry)
    project = load_project(_DefinitionFiles(files), {})
    templates = project.settings.templates.value
    variant = _chosen(expand(project), request, entry)
    renderer = FileRenderer(lambda name: files.read_if_there(f"{templates}/{name}"))
    rendered = project.settings.rendered.value
    recipe = find_recipe(variant, files, renderer, rendered)
    if variant.axes and recipe.source is not None and "image.yaml" not in recipe.source.text:
        # Left out of what is copied with its folder, as where the project is rendered.
        recipe = find_recipe(variant, files, renderer, rendered, own=True)
    if recipe.remote or recipe.source is None:
        raise _refused(
            "builds from a context of its own by URL", variant.place("context"), "give that context to the build"
        )
    filename = f"{variant.name}.Dockerfile"
    texts = {filename: recipe.source.to_bytes()}
    if recipe.ignore is not None:
        texts[f"{filename}.dockerignore"] = recipe.ignore.to_bytes()
    op, caps = make.files(texts)
    inputs = {"dockerfile": make.definition([(op, f"[bakegen] render {variant.name}", caps)])[0]}
    top = files.real(recipe.context)
    if top is None:
        raise _refused(
            "the context is outside of what this build is given", variant.place("context"), "give a folder above it"
        )
    options = _options(request, variant, filename)
    if place.context is not None:
        options.pop(request.context_name, None)
        options.pop("contextkey", None)
        context = place.context.definition
        op, caps = make.folder("/" + top)
        inputs["context"] = make.extended(context, op, f"[internal] look into {top}", caps) if top else context
    elif top:
        inputs["context"] = _scoped(request, top, recipe)
    return replace(request, options=options), inputs


class _Files:
    """The project that one image is in, read out of the build context: no other image is there."""

    def __init__(self, folder: ReadFolder, directory: str, entry: Entrypoint) -> None:
        self._folder = folder
        self._entry = entry
        self._root = self._find_root(directory) if directory else None
        inside = posixpath.relpath(directory, self._root or ".") if self._root is not None else _ALONE
        self._image = posixpath.basename(directory) if inside == "." else inside

    def _find_root(self, directory: str) -> str:
        """The nearest folder above an image that has a project file; the one above it where none has."""
        above = posixpath.dirname(directory)
        while True:
            if PROJECT_FILE in self._folder.scan(above):
                return above
            if not above:
                return posixpath.dirname(directory)
            above = posixpath.dirname(above)

    def real(self, path: str) -> str | None:
        """Where a path of the project is in the build context; None for what is outside of that."""
        if self._root is None:
            if path != self._image and not path.startswith(self._image + "/"):
                return None
            return path[len(self._image) + 1 :]
        found = posixpath.normpath(posixpath.join(self._root, path))
        return None if found.startswith("../") or found == ".." else found.removeprefix(".")

    def read(self, path: str, location: Location | None = None) -> Source:
        """A file; `InputError` without it."""
        found = self.read_if_there(path)
        if found is None:
            raise InputError([error("no-file", f"there is no {path} in the build context", location)])
        return found

    def read_if_there(self, path: str, location: Location | None = None) -> Source | None:
        """A file, None without it."""
        if path == f"{self._image}/{IMAGE_FILE}":
            return Source.from_bytes(path, self._entry.text)
        real = self.real(path)
        found = self._folder.read(real) if real else None
        if found is None and path == PROJECT_FILE:
            return Source(path, f"images: ['{self._image}']\n")
        return Source(path, found.text) if found is not None else None

    def exists(self, path: str, location: Location | None = None) -> bool:
        """Whether there is a file or folder."""
        if path == f"{self._image}/{IMAGE_FILE}":
            return True
        real = self.real(path)
        return real is not None and (not real or self._folder.mode(real) is not None)

    def folders(self, path: str) -> Sequence[str]:
        """The folder on the way to the image, if `path` is on it."""
        lead = "" if path == "." else path + "/"
        return (self._image[len(lead) :].split("/")[0],) if self._image.startswith(lead) else ()


class _DefinitionFiles:
    """The same as the definition layer asks for it."""

    def __init__(self, files: _Files) -> None:
        self._files = files
        self.exists, self.folders = files.exists, files.folders

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, None without it."""
        found = self._files.read_if_there(path)
        return found.to_bytes() if found is not None else None


def _directory(folder: ReadFolder, entry: Entrypoint, *, known: bool) -> str:
    """The folder of the build context that the definition is in: the build says no more than the file's name."""
    if known:
        return posixpath.dirname(entry.filename)
    name = posixpath.basename(entry.filename)
    alike = [path for path in _named(folder, name) if folder.size(path) == len(entry.text)]
    found = [path for path in alike if (source := folder.read(path)) and source.to_bytes() == entry.text]
    if len(found) == 1:
        return posixpath.dirname(found[0])
    what = f"the build context has several files like it: {', '.join(sorted(found))}"
    place = Location(Source.from_bytes(entry.filename, entry.text), Span(0, 0))
    help = "give the project's folder to the build"
    raise _refused(what if found else "it is not in the build context", place, help)


def _named(folder: ReadFolder, name: str) -> Iterator[str]:
    waiting = [""]
    while waiting:
        at = waiting.pop()
        for one, kind in folder.scan(at).items():
            path = posixpath.join(at, one)
            if kind == "directory":
                waiting.append(path)
            elif one == name:
                yield path


def _chosen(variants: Sequence[Variant], request: Request, entry: Entrypoint) -> Variant:
    """The variant that the build arguments choose: by name, or by values of axes."""
    args = request.build_args
    left = [one for one in variants if args.get(_VARIANT) in (None, "", one.name)]
    left = [one for one in left if all(_fits(args, axis, str(value)) for axis, value in one.axes.items())]
    if len(left) == 1:
        return left[0]
    place = variants[0].location if variants else Location(Source.from_bytes(entry.filename, entry.text), Span(0, 0))
    names = ", ".join(one.name for one in variants)
    axes = next((f" or --build-arg {axis}=…" for one in variants for axis in one.axes), "")
    what = "several variants are" if left else "no variant is"
    raise _refused(f"{what} meant by the build arguments", place, f"--build-arg {_VARIANT}=… of {names}{axes}")


def _fits(args: Mapping[str, str], axis: str, value: str) -> bool:
    return args.get(axis, args.get(axis.upper(), value)) == value


def _options(request: Request, variant: Variant, filename: str) -> dict[str, str]:
    """The options of the request, and behind them what the variant sets."""
    contexts = variant.mapping("contexts")
    for name, value in contexts.items():
        if not is_remote(value) or value.startswith("target:"):
            raise _refused(
                f"the context {name!r} is one that a frontend cannot reach",
                variant.place(f"contexts.{name}"),
                f"give it as --build-context {name}=…, or build with docker buildx bake",
            )
    set_ = {
        **{BUILD_ARG + name: value for name, value in variant.mapping("args").items()},
        **{"label:" + name: value for name, value in variant.mapping("labels").items()},
        **{CONTEXT + name: value for name, value in contexts.items()},
    }
    target, platforms = variant.text("target"), variant.texts("platforms")
    set_ |= {"target": target} if target is not None else {}
    set_ |= {"platform": platforms[0]} if len(platforms) == 1 else {}
    given = {name: value for name, value in request.options.items() if name != "dockerfilekey"}
    return {**set_, **given, "filename": filename}


def _scoped(request: Request, top: str, recipe: Recipe) -> llb.Definition:
    """A folder of the client's build context, its ignore file applied, as a context of its own."""
    rules = IgnoreFile.parse(recipe.ignore).rules if recipe.ignore is not None else ()
    directory = request.context_name
    source, caps = make.local_source(
        directory,
        request.session_of(directory),
        hint=f"{directory}-bakegen:{top}",
        follow=(top,),
        exclude=[f"{'!' if one.negated else ''}{below(top, one.pattern)}" for one in rules],
    )
    copy, copy_caps = make.folder("/" + top)
    return make.definition([(source, "[internal] load build context", caps), (copy, f"[internal] {top}", copy_caps)])[0]


def _refused(what: str, place: Location, help: str) -> InputError:
    return InputError([error("frontend-definition", what, place, help=help)])
