"""Cargo.toml: members of a workspace, local dependencies, build scripts; used by the model of cargo.

Source: https://doc.rust-lang.org/cargo/reference/manifest.html and .../workspaces.html.
"""

from __future__ import annotations

from dataclasses import dataclass

from bakegen.effects.manifests.documents import read_toml, table, texts

_GROUPS = ("dependencies", "dev-dependencies", "build-dependencies", "dev_dependencies", "build_dependencies")


@dataclass(frozen=True, slots=True)
class CargoToml:
    """What a Cargo.toml says.

    Attributes:
        members: globs of the workspace's members.
        local: directories that dependencies come from, as written.
        script: the build script, "" where the default counts; None where there is none by will.
        macros: whether it is a library of procedural macros.
        workspace: whether it is the root of a workspace.
    """

    members: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    script: str | None = ""
    macros: bool = False
    workspace: bool = False


def read_cargo_toml(text: str) -> CargoToml | None:
    """What the text of a Cargo.toml says; None where it is no TOML."""
    data = read_toml(text)
    if data is None:
        return None
    groups = [table(data, name) for name in _GROUPS]
    groups += [table(target, name) for target in table(data, "target").values() for name in _GROUPS]
    groups += [table(data, "workspace", "dependencies"), table(data, "replace")]
    groups += [table(source) for source in table(data, "patch").values()]
    local = [
        str(path)
        for group in groups
        for dependency in group.values()
        if isinstance(path := table(dependency).get("path"), str)
    ]
    build = table(data, "package").get("build")
    script = None if build is False else build if isinstance(build, str) else ""
    return CargoToml(
        members=texts(table(data, "workspace").get("members")),
        local=tuple(dict.fromkeys(local)),
        script=script,
        macros=table(data, "lib").get("proc-macro") is True,
        workspace="workspace" in data,
    )
