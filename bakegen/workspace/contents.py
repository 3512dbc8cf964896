"""The content of a part of a plan: its contexts and its content keys, worked out once for all who ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from bakegen.plan.content import content_keys
from bakegen.plan.model import TargetKind
from bakegen.workspace.context import Contexts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.plan.content import ContentKey
    from bakegen.plan.model import Plan
    from bakegen.workspace.project import Workspace


@dataclass(frozen=True)
class Contents:
    """What the images of a plan hold, as far as anybody asks.

    Attributes:
        workspace: the project.
        plan: the part of its plan.
        contexts: the files that it reads.
    """

    workspace: Workspace
    plan: Plan
    contexts: Contexts = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "contexts", Contexts(self.workspace.files))

    def with_stages(self, plan: Plan) -> Contents:
        """The same images in a plan that has more targets of stages: their keys stay."""
        found = Contents(self.workspace, plan)
        object.__setattr__(found, "contexts", self.contexts)
        if "inputs" in self.__dict__:
            found.__dict__["inputs"] = self.inputs
        return found

    @cached_property
    def inputs(self) -> Mapping[str, ContentKey]:
        """The content key of each image, with what it is made of or why there is none.

        Raises:
            InputError: a context lies outside of the project, or cannot be read.
        """
        images = [name for name, target in self.plan.targets.items() if target.kind is TargetKind.IMAGE]
        return content_keys(self.plan, self.contexts, images)

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """The content keys of the images that have one; raises as `inputs`."""
        return {name: one.key for name, one in self.inputs.items() if one.key}
