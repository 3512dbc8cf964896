"""Targets of a project as `verifying` builds them: through bake, so that targets build on each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bakegen.bake.compose import main_file
from bakegen.bake.jsonfile import write_json
from bakegen.bake.model import BakeFile, BakeTarget

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bakegen.bake.model import Value
    from bakegen.plan.model import Recipe
    from bakegen.text import Source
    from bakegen.workspace.project import Workspace

_LEFT_OUT = frozenset({"tags", "output", "cache-to", "attest", "annotations", "call", "no-cache"})
"""What a build for comparing has no use for."""


@dataclass(frozen=True)
class TargetBuild:
    """A target of a project with the Dockerfile that it had, or with the rewritten one.

    What it builds on is the same for both, as rendered: a fault there shows at the target that has it.

    Attributes:
        workspace: the project.
        name: the target.
        platform: the one platform.
        original: whether its own Dockerfile is the one before the rewriting.
        allow: what bake may do (``network.host``).
    """

    workspace: Workspace
    name: str
    platform: str | None
    original: bool
    allow: tuple[str, ...] = ()

    @property
    def cwd(self) -> Path:
        """The project's folder: paths in bake files are relative to where bake runs."""
        return self.workspace.root

    def arguments(self, folder: Path, output: Mapping[str, str], *, fresh: bool) -> list[str]:
        """See `bakegen.workspace.verifying.Buildable`."""
        project, plan = self.workspace.project, self.workspace.plan
        made = main_file(plan, project.settings.default_branch.value, ())
        by_name = {target.name: target for target in made.targets}
        targets: list[BakeTarget] = []
        waiting, seen = [self.name], {self.name}
        while waiting:
            name = waiting.pop()
            values = self._values(name, by_name[name], folder)
            if name == self.name:
                values["output"] = (dict(output),)
                values.pop("cache-from", None)
                if fresh:
                    values["no-cache"] = True
            targets.append(BakeTarget(name, values))
            above = [parent.target for parent in plan.targets[name].parents if parent.target not in seen]
            seen.update(above)
            waiting += above
        file = folder / "docker-bake.json"
        text = write_json(BakeFile((), (), tuple(targets), made.variables), project.settings.min_buildx.value)
        file.write_text(text, "utf-8")
        return ["bake", f"--file={file}", *(f"--allow={one}" for one in self.allow), self.name]

    def _values(self, name: str, target: BakeTarget, folder: Path) -> dict[str, Value]:
        values = {key: value for key, value in target.attributes.items() if key not in _LEFT_OUT}
        values["output"] = ({"type": "cacheonly"},)
        if self.platform is not None:
            values["platforms"] = (self.platform,)
        source, ignore = self._texts(name, self.workspace.plan.targets[name].recipe)
        if source is not None:
            path = folder / f"{name}.Dockerfile"
            path.write_bytes(source.to_bytes())
            if ignore is not None:
                path.with_name(f"{path.name}.dockerignore").write_bytes(ignore.to_bytes())
            values.pop("dockerfile-inline", None)
            values["dockerfile"] = str(path)
        return values

    def _texts(self, name: str, recipe: Recipe) -> tuple[Source | None, Source | None]:
        if recipe.remote:
            return None, None
        if name == self.name and self.original and recipe.original is not None:
            return recipe.original, recipe.original_ignore
        return recipe.source, recipe.ignore
