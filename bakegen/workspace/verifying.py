"""Builds an original and its rewriting on the engine and compares the images; how often, and what may be cached.

See docs/decisions/0008-what-verify-builds.md. `bakegen.compare` does the comparing, `solving` runs buildx.
"""

from __future__ import annotations

import re
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bakegen.compare import Comparison, Image, Shared, confirmed, differences, read_image
from bakegen.compare.archive import NO_ZSTD
from bakegen.compare.declared import Declared
from bakegen.definition.csvfields import join_fields
from bakegen.diagnostics import error
from bakegen.errors import EngineError, InputError
from bakegen.workspace.solving import solve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bakegen.compare import Difference

SECONDS = 3600.0
"""No single build takes longer, unless said otherwise."""

_REFERENCE = re.compile(r"[A-Za-z0-9][\w.\-:/@]*", re.ASCII)
_STEPS = re.compile(r"\[(?:\S+ )?\d+/(\d+)\] ")


class Buildable(Protocol):
    """Something that buildx can build: a Dockerfile with all that belongs to it, or a target of a project."""

    @property
    def platform(self) -> str | None:
        """The one platform that is built; None for the engine's own."""
        ...

    @property
    def cwd(self) -> Path | None:
        """Where buildx runs."""
        ...

    def arguments(self, folder: Path, output: Mapping[str, str], *, fresh: bool) -> list[str]:
        """The arguments of buildx, with files of its own written to `folder`; `fresh` takes no step from the cache."""
        ...


@dataclass(frozen=True, slots=True)
class Build:
    """One Dockerfile with all that decides what is in its image.

    Attributes:
        dockerfile: its text, or its path.
        context: a folder, or what buildx takes in its place.
        ignore: the text of its ignore file; None for what buildx finds by itself.
        args: build arguments.
        contexts: named contexts.
        target: the stage.
        platform: one platform.
        extra: further arguments of ``buildx build``: ``--network=host``, ``--secret=…``.
    """

    dockerfile: str | Path
    context: str | Path = "."
    ignore: str | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    contexts: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    platform: str | None = None
    extra: tuple[str, ...] = ()

    @property
    def cwd(self) -> Path | None:
        """Wherever we are: paths are ours."""
        return None

    def arguments(self, folder: Path, output: Mapping[str, str], *, fresh: bool) -> list[str]:
        """See `Buildable`."""
        file = self.dockerfile if isinstance(self.dockerfile, Path) else folder / "Dockerfile"
        if isinstance(self.dockerfile, str) or self.ignore is not None:
            file = folder / "Dockerfile"
            data = self.dockerfile.read_bytes() if isinstance(self.dockerfile, Path) else _bytes(self.dockerfile)
            file.write_bytes(data)
        if self.ignore is not None:
            (folder / "Dockerfile.dockerignore").write_bytes(_bytes(self.ignore))
        fields = join_fields(f"{name}={value}" for name, value in output.items())
        found = ["build", f"--output={fields}", f"--file={file}"]
        found += [f"--build-arg={name}={value}" for name, value in self.args.items()]
        found += [f"--build-context={name}={value}" for name, value in self.contexts.items()]
        if self.target is not None:
            found.append(f"--target={self.target}")
        if self.platform is not None:
            found.append(f"--platform={self.platform}")
        if fresh:
            found.append("--no-cache")
        return [*found, *self.extra, "--", str(self.context)]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Built:
    """One build or reading that a verification made: of what, whether nothing came from the cache, seconds."""

    what: str
    fresh: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether two builds give the same image, and what it took to know."""

    comparison: Comparison
    builds: tuple[Built, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs that counts."""
        return self.comparison.same

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What differs and counts."""
        return self.comparison.differences


class Engine:
    """How builds are made, and where their images are kept for a moment: a context manager.

    Images are exported into one folder, which an engine sends only what it lacks: the layers of base images once.
    """

    def __init__(
        self, builder: str | None = None, timeout: float = SECONDS, say: Callable[[str], None] = lambda text: None
    ) -> None:
        """Builds on `builder` (buildx's own choice without), each within `timeout` seconds, telling `say`."""
        self._builder = builder
        self._timeout = timeout
        self._say = say
        self._shared = Shared()
        self._plain_layers = False
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.builds: list[Built] = []

    def __enter__(self) -> Engine:
        self._folder = tempfile.TemporaryDirectory(prefix="bakegen-verify-")
        return self

    def __exit__(self, *_: object) -> None:
        assert self._folder is not None
        self._folder.cleanup()

    @property
    def _layout(self) -> Path:
        assert self._folder is not None
        return Path(self._folder.name) / "images"

    def forget(self, images: Sequence[Image]) -> None:
        """Drops the layers that not all of `images` have: what is left is likely to be of their base."""
        kept = set(images[0].layers).intersection(*(one.layers for one in images[1:]))
        self._shared = Shared({digest: layer for digest, layer in self._shared.layers.items() if digest in kept})
        for path in self._layout.glob("blobs/*/*"):
            if f"{path.parent.name}:{path.name}" not in kept:
                path.unlink()

    def image(self, build: Buildable, what: str, *, fresh: bool) -> Image:
        """Builds, and reads the image.

        Args:
            build: what is built.
            what: its part in the verification, for people.
            fresh: whether no step may come from the cache.

        Raises:
            EngineError: it does not build, or there is no engine.
        """
        self._say(f"{what}: building{'' if fresh else '; what is in the cache is not run again'}")
        begun = time.monotonic()
        image, _ = self._read(build, what, fresh)
        seconds = time.monotonic() - begun
        self.builds.append(Built(what, fresh, seconds))
        self._say(f"{what}: {len(image.files)} entries, {megabytes(image.size)}, {seconds:.1f} s")
        return image

    def stored(self, name: str, what: str, platform: str | None) -> Image:
        """The image that `name` means: an OCI archive or layout on disk, else a reference that the builder can pull.

        A reference is read as a build ``FROM`` it sees it: where the configuration has no PATH, BuildKit's is there.

        Raises:
            InputError: it is neither, or an archive that cannot be read, or an image whose triggers would run.
            EngineError: it cannot be pulled.
        """
        begun = time.monotonic()
        if name and Path(name).exists():
            image = read_image(Path(name), platform, self._shared)
        elif _REFERENCE.fullmatch(name) is None:
            raise _no_image(name, "is neither a file nor a reference of an image")
        else:
            with tempfile.TemporaryDirectory(prefix="bakegen-verify-") as empty:
                build = Build(f"FROM {name}\n", empty, ignore="", platform=platform)
                image, steps = self._read(build, what, fresh=False)
            if steps > 1:
                raise _no_image(name, "has ONBUILD triggers, which reading it would run", "save it as an OCI archive")
        self.builds.append(Built(what, False, time.monotonic() - begun))
        return image

    def _read(self, build: Buildable, what: str, fresh: bool) -> tuple[Image, int]:
        """The image, and of how many steps its longest stage is."""
        image, steps = self._solve(build, what, fresh)
        if image is None:
            self._say(f"{what}: layers are packed with zstd; building again with plain ones")
            self._plain_layers = True
            image, steps = self._solve(build, what, fresh)
        assert image is not None
        return image, steps

    def _solve(self, build: Buildable, what: str, fresh: bool) -> tuple[Image | None, int]:
        """As `_read`; no image where layers are packed as they are in the base, and Python cannot unpack that."""
        output = {"type": "oci", "dest": str(self._layout), "tar": "false", "compression": "uncompressed"}
        if self._plain_layers:
            output["force-compression"] = "true"
        steps = 0

        def step(name: str) -> None:
            nonlocal steps
            found = _STEPS.match(name)
            steps = max(steps, int(found[1]) if found else 0)
            self._say(f"{what}: {name}")

        # So that an image of an earlier build is never taken for this one's.
        (self._layout / "index.json").unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(prefix="bakegen-verify-") as folder:
            command, *arguments = build.arguments(Path(folder), output, fresh=fresh)
            common = ["--progress=plain", "--provenance=false", "--sbom=false"]
            if self._builder is not None:
                common.append(f"--builder={self._builder}")
            solve([command, *common, *arguments], what=what, cwd=build.cwd, timeout=self._timeout, step=step)
        try:
            return read_image(self._layout, shared=self._shared), steps
        except InputError as problem:
            if problem.diagnostics[0].code == NO_ZSTD and not self._plain_layers:
                return None, steps
            raise EngineError(str(problem)) from None


def verify_pair(
    original: Buildable,
    rewritten: Buildable,
    *,
    control: bool = True,
    ignore: Sequence[str] = (),
    engine: Engine | None = None,
) -> Verification:
    """Builds both and compares the images.

    The original is built without any cache. The rewriting may take steps from the cache, which holds those of the
    original by then: what both have in common is not run twice and cannot differ by chance. Only where something
    differs is the original built once more, as the control, and, where that does not explain it, the rewriting
    without the cache, which may have held steps of another day; what counts must differ both times. One build after
    the other: BuildKit merges equal steps of builds that run at the same time, whatever they say about caches, so
    that a control would always agree.

    Args:
        original, rewritten: what to build.
        control: whether differences may be explained by a second build of the original.
        ignore: declared paths, see `bakegen.compare.declared`.
        engine: how to build.

    Raises:
        EngineError: one of them does not build, or there is no engine.
        InputError: a declared path is none.
    """
    Declared(ignore)
    if engine is None:
        with Engine() as own:
            return verify_pair(original, rewritten, control=control, ignore=ignore, engine=own)
    builds = len(engine.builds)
    before = engine.image(original, "original", fresh=True)
    after = engine.image(rewritten, "rewritten", fresh=False)
    images = [before, after]
    found = differences(before, after, ignore=ignore)
    twin = None
    if not found.same and control:
        twin = engine.image(original, "control", fresh=True)
        images.append(twin)
        found = differences(before, after, control=twin, ignore=ignore)
    if not found.same:
        again = engine.image(rewritten, "rewritten", fresh=True)
        second = differences(before, again, control=twin, ignore=ignore)
        found = confirmed(second, found) if control else second
    engine.forget(images)
    return Verification(found, tuple(engine.builds[builds:]))


def verify_images(
    original: str,
    rewritten: str,
    *,
    control: str | None = None,
    platform: str | None = None,
    ignore: Sequence[str] = (),
    engine: Engine | None = None,
) -> Verification:
    """Compares images that exist: OCI archives, or references that the builder can pull.

    Raises:
        InputError, EngineError: as `Engine.stored`.
    """
    Declared(ignore)
    if engine is None:
        with Engine() as own:
            return verify_images(original, rewritten, control=control, platform=platform, ignore=ignore, engine=own)
    builds = len(engine.builds)
    before = engine.stored(original, "original", platform)
    after = engine.stored(rewritten, "rewritten", platform)
    twin = None if control is None else engine.stored(control, "control", platform)
    return Verification(differences(before, after, control=twin, ignore=ignore), tuple(engine.builds[builds:]))


def megabytes(size: int) -> str:
    """A size for people."""
    return f"{size / 1_000_000:.1f} MB"


def _no_image(name: str, why: str, help_: str | None = None) -> InputError:
    return InputError([error("no-image", f"{name!r} {why}", help=help_)])
