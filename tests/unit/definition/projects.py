"""Projects in memory for tests of definitions and matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.definition.loader import load_project
from bakegen.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bakegen.definition.project import Project
    from bakegen.diagnostics import Diagnostic


class MemoryFiles:
    """A project's files as a mapping from path to text or bytes."""

    def __init__(self, files: Mapping[str, str | bytes]) -> None:
        self.files = {
            path: data.encode("utf-8", "surrogateescape") if isinstance(data, str) else data
            for path, data in files.items()
        }

    def read(self, path: str) -> bytes | None:
        """The bytes of a file."""
        return self.files.get(path)

    def exists(self, path: str) -> bool:
        """Whether the file is there."""
        return path in self.files

    def folders(self, path: str) -> Sequence[str]:
        """The folders in `path`, in an order that is not sorted."""
        lead = "" if path == "." else path + "/"
        inside = [name.removeprefix(lead) for name in self.files if name.startswith(lead)]
        return list(dict.fromkeys(name.partition("/")[0] for name in reversed(inside) if "/" in name))


def project(
    images: Mapping[str, str | bytes] | None = None,
    settings: str | bytes = "",
    environ: Mapping[str, str] | None = None,
    flags: Sequence[str] = (),
    files: Mapping[str, str | bytes] | None = None,
) -> Project:
    """The project of a bakegen.yaml and the image.yaml texts of `images`, each image with a Dockerfile."""
    everything: dict[str, str | bytes] = {"bakegen.yaml": settings}
    for name, text in (images or {}).items():
        everything[f"images/{name}/image.yaml"] = text
        everything[f"images/{name}/Dockerfile"] = "FROM scratch\n"
    everything |= files or {}
    return load_project(MemoryFiles(everything), environ or {}, flags)


def errors(
    images: Mapping[str, str | bytes] | None = None,
    settings: str | bytes = "",
    environ: Mapping[str, str] | None = None,
    flags: Sequence[str] = (),
    files: Mapping[str, str | bytes] | None = None,
) -> list[Diagnostic]:
    """The diagnostics that loading this project ends with; fails where it loads."""
    try:
        project(images, settings, environ, flags, files)
    except InputError as problem:
        return list(problem.diagnostics)
    raise AssertionError("the project loads")
