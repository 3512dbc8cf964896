"""pyproject.toml, uv.lock and poetry.lock: what is local in them; used by the models of uv and poetry.

Source: the pyproject.toml specification of packaging.python.org, https://docs.astral.sh/uv/concepts/projects/ and
https://python-poetry.org/docs/dependency-specification/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bakegen.effects.manifests.documents import read_toml, table, tables, texts

_FILE_URL = re.compile(r"@\s*(?:file:|\.{0,2}/)")


@dataclass(frozen=True, slots=True)
class Pyproject:
    """What a pyproject.toml says.

    Attributes:
        packaged: whether it says how to build the project (``[build-system]``).
        uv_package: ``tool.uv.package``, None where it is not said.
        dynamic: fields of the project's metadata that building it decides.
        local: directories and files that dependencies come from, as written.
        members: globs of the workspace's members; empty where it is no workspace.
        workspace: whether it is the root of a workspace, or depends on members of one.
        package_mode: ``tool.poetry.package-mode``.
    """

    packaged: bool = False
    uv_package: bool | None = None
    dynamic: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    workspace: bool = False
    package_mode: bool = True

    @property
    def builds(self) -> bool:
        """Whether uv installs the project itself, not its dependencies alone."""
        return self.packaged if self.uv_package is None else self.uv_package


@dataclass(frozen=True, slots=True)
class Locked:
    """What a lock file says.

    Attributes:
        own: directories of projects that are built or only looked at: the project itself is ``.``.
        virtual: those of them that are not built.
        archives: packages' files.
    """

    own: tuple[str, ...] = ()
    virtual: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()


def read_pyproject(text: str) -> Pyproject | None:
    """What the text of a pyproject.toml says; None where it is no TOML."""
    data = read_toml(text)
    if data is None:
        return None
    local: list[str] = []
    workspace = bool(table(data, "tool", "uv", "workspace"))
    for source in table(data, "tool", "uv", "sources").values():
        for one in (table(source), *tables(source)):
            if isinstance(one.get("path"), str):
                local.append(str(one["path"]))
            workspace = workspace or one.get("workspace") is True
    poetry = table(data, "tool", "poetry")
    groups = [table(poetry, "dependencies"), table(poetry, "dev-dependencies")]
    groups += [table(group, "dependencies") for group in table(poetry, "group").values()]
    for group in groups:
        for dependency in group.values():
            for one in (table(dependency), *tables(dependency)):
                local += [str(one[key]) for key in ("path", "file") if isinstance(one.get(key), str)]
    project = table(data, "project")
    written = [*texts(project.get("dependencies"))]
    for extra in (*table(project, "optional-dependencies").values(), *table(data, "dependency-groups").values()):
        written += texts(extra)
    local += [one.partition("@")[2].partition(";")[0].strip() for one in written if _FILE_URL.search(one)]
    package = table(data, "tool", "uv").get("package")
    return Pyproject(
        packaged="build-system" in data,
        uv_package=package if isinstance(package, bool) else None,
        dynamic=texts(project.get("dynamic")),
        local=tuple(dict.fromkeys(local)),
        members=texts(table(data, "tool", "uv", "workspace").get("members")),
        workspace=workspace,
        package_mode=poetry.get("package-mode") is not False,
    )


def read_uv_lock(text: str) -> Locked | None:
    """What is local in a uv.lock; None where it is none."""
    data = read_toml(text)
    if data is None:
        return None
    own, virtual, archives = [], [], []
    for package in tables(data.get("package")):
        source = table(package, "source")
        for kind in ("editable", "directory", "virtual"):
            if isinstance(source.get(kind), str):
                own.append(str(source[kind]))
                virtual += [str(source[kind])] if kind == "virtual" else []
        if isinstance(source.get("path"), str):
            archives.append(str(source["path"]))
    return Locked(tuple(own), tuple(virtual), tuple(archives))


def read_poetry_lock(text: str) -> Locked | None:
    """What is local in a poetry.lock; None where it is none."""
    data = read_toml(text)
    if data is None:
        return None
    own, archives = [], []
    for package in tables(data.get("package")):
        source = table(package, "source")
        url = source.get("url")
        if isinstance(url, str) and source.get("type") == "directory":
            own.append(url)
        elif isinstance(url, str) and source.get("type") == "file":
            archives.append(url)
    return Locked(tuple(own), (), tuple(archives))
