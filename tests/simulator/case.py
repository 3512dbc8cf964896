"""One case of the property test: a Dockerfile, the world that it is built in, and what the rewriter knows of it.

A case is text, so that a counterexample can be read, changed and kept: settings, a line of dashes, the Dockerfile.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from bakegen.facts.model import Evidence
from tests.simulator.builder import World
from tests.simulator.images import ToyImage, base_images, facts
from tests.simulator.world import IGNORES, VARIANTS, ToyContext, ToyHistory, context

if TYPE_CHECKING:
    from bakegen.facts.model import PlatformFacts

RULER = "-----"
SECRETS = {"token": b"secret token"}


@cache
def _images() -> dict[str, ToyImage]:
    return base_images()


@cache
def _facts() -> dict[str, PlatformFacts]:
    return {name: facts(image) for name, image in _images().items()}


@dataclass(frozen=True)
class Case:
    """A case.

    Attributes:
        blocks: the Dockerfile in pieces that shrinking may leave out one by one.
        options: which variant of the context; see `world.VARIANTS`.
        known: what the rewriter is told: ``bases``, ``context``, ``history``.
        build_args: those at hand when rewriting.
        other_args: further sets, for which the rewritten file must be right too unless `fixed`.
        fixed, ephemeral: as in `Situation`.
        weights: what decides how often files change.
    """

    blocks: tuple[str, ...]
    options: dict[str, str] = field(default_factory=lambda: {name: values[0] for name, values in VARIANTS.items()})
    known: frozenset[str] = frozenset(("bases", "context", "history"))
    build_args: dict[str, str] = field(default_factory=dict)
    other_args: tuple[dict[str, str], ...] = ()
    fixed: bool = False
    ephemeral: bool = False
    weights: tuple[int, ...] = (0, 3, 20, 7, 1)

    @property
    def dockerfile(self) -> str:
        """The Dockerfile's text."""
        return "".join(self.blocks)

    @property
    def ignore(self) -> str:
        """The text of the ignore file."""
        return IGNORES[self.options["ignore"]]

    def world(self, own_ignore: str | None = None) -> World:
        """The world to build in; `own_ignore` is the text of the Dockerfile's own ignore file."""
        return World(context(self.options, own_ignore), _images(), SECRETS)

    def evidence(self) -> Evidence:
        """What the rewriter is told."""
        tree = context(self.options)
        return Evidence(
            bases=_facts() if "bases" in self.known else {},
            context=ToyContext(tree) if "context" in self.known else None,
            history=ToyHistory(tree, self.weights) if "history" in self.known else None,
        )

    def without(self, first: int, count: int) -> Case:
        """The case without some of its blocks."""
        return replace(self, blocks=self.blocks[:first] + self.blocks[first + count :])

    def __str__(self) -> str:
        settings = [f"{name}={value}" for name, value in self.options.items()]
        settings.append("known=" + ",".join(sorted(self.known)))
        settings += [f"arg:{name}={value}" for name, value in self.build_args.items()]
        for index, others in enumerate(self.other_args):
            settings += [f"other{index}:{name}={value}" for name, value in others.items()]
        settings += [f"{name}=yes" for name, on in (("fixed", self.fixed), ("ephemeral", self.ephemeral)) if on]
        settings.append("weights=" + ",".join(map(str, self.weights)))
        return "\n".join(settings) + f"\n{RULER}\n{self.dockerfile}"


def read_case(text: str) -> Case:
    """The case that `str` gave."""
    head, _, dockerfile = text.partition(f"\n{RULER}\n")
    options = {name: values[0] for name, values in VARIANTS.items()}
    case = Case((dockerfile,))
    others: dict[str, dict[str, str]] = {}
    for line in head.splitlines():
        if not line or line.startswith("#"):
            continue
        name, _, value = line.partition("=")
        if name in options:
            options[name] = value
        elif name == "known":
            case = replace(case, known=frozenset(part for part in value.split(",") if part))
        elif name.startswith("arg:"):
            case.build_args[name[4:]] = value
        elif name.startswith("other"):
            key, _, variable = name.partition(":")
            others.setdefault(key, {})[variable] = value
        elif name == "weights":
            case = replace(case, weights=tuple(map(int, value.split(","))))
        elif name == "fixed":
            case = replace(case, fixed=True)
        elif name == "ephemeral":
            case = replace(case, ephemeral=True)
        else:
            raise ValueError(f"no setting {name!r} in a case")
    return replace(case, options=options, other_args=tuple(others.values()))
