"""Rewrites the Dockerfile of a target by the policy of its image, where the definition asks for it.

Between `recipes` (which Dockerfile) and `reading` (what it comes to): the rewritten text is what is written beside
the bake file and what content keys are made of.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from bakegen.diagnostics import did_you_mean, error, warning
from bakegen.errors import InputError
from bakegen.plan.marker import MARKER
from bakegen.plan.model import WrittenFile
from bakegen.plan.recipes import with_header
from bakegen.rewrites.driver import LEVELS, rewrite, rewrites
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bakegen.diagnostics import Diagnostic
    from bakegen.facts.model import Evidence
    from bakegen.matrix.model import Variant
    from bakegen.plan.model import Recipe
    from bakegen.rewrites.driver import Outcome

OFF = "off"


class Evidences(Protocol):
    """Gathers the facts that proofs rest on."""

    def evidence(self, recipe: Recipe, variant: Variant, platform: str | None) -> Evidence:
        """The facts for one platform of one target."""
        ...


@dataclass
class Rewriter:
    """Rewrites the recipes of one plan; what was done for one variant serves all others that are built alike.

    Attributes:
        evidences: gathers facts.
        folder: where rendered Dockerfiles go, relative to the project.
        warnings: what came up.
    """

    evidences: Evidences
    folder: str
    warnings: list[Diagnostic] = field(default_factory=list)
    _known: dict[object, Outcome] = field(default_factory=dict)

    def apply(self, recipe: Recipe, variant: Variant, target: str | None, platforms: Sequence[str]) -> Recipe:
        """`recipe` as the variant's policy wants it: rewritten, or as it is.

        Raises:
            InputError: the policy names a rewrite that there is not.
        """
        level = variant.text("rewrite") or OFF
        if level not in LEVELS or recipe.source is None or recipe.remote:
            return recipe
        outcome = self._outcome(recipe, variant, target, platforms, level)
        if outcome is None or not outcome.changed:
            return recipe
        return _rewritten(recipe, variant, outcome, self.folder)

    def _outcome(
        self, recipe: Recipe, variant: Variant, target: str | None, platforms: Sequence[str], level: str
    ) -> Outcome | None:
        """The outcome that holds for all platforms; None where there is no such."""
        assert recipe.source is not None
        names = {field: _names(variant, field) for field in ("rewrite-only", "rewrite-skip")}
        key = (
            recipe.source.text,
            bool(recipe.path),
            recipe.context,
            recipe.ignore and recipe.ignore.text,
            tuple(variant.mapping("args").items()),
            tuple(variant.mapping("contexts").items()),
            target,
            tuple(platforms),
            level,
            tuple(names.items()),
            variant.text("repository") or variant.image,
        )
        if key in self._known:
            return self._known[key]
        found = [
            rewrite(
                recipe.source,
                self.evidences.evidence(recipe, variant, platform),
                build_args=variant.mapping("args"),
                target=target,
                platform=platform,
                contexts=variant.mapping("contexts"),
                level=level,
                only=names["rewrite-only"],
                # A text that stands in the definition has no ignore file of its own to add to.
                skip=names["rewrite-skip"] if recipe.path else (*names["rewrite-skip"], "ignore-file"),
                ignore=recipe.ignore.text if recipe.ignore is not None else "",
                project=variant.text("repository") or variant.image,
                fixed=True,
            )
            for platform in platforms or (None,)
        ]
        outcome = found[0]
        if any(one.source.text != outcome.source.text or one.ignore != outcome.ignore for one in found):
            self.warnings.append(
                warning(
                    "rewrite-platforms",
                    f"{variant.name} is not rewritten: its platforms allow different changes",
                    variant.place("rewrite"),
                    help="leave out the rewrites that differ with `rewrite-skip`, or build platforms as an axis",
                )
            )
            outcome = replace(outcome, applied=())
        self._known[key] = outcome
        return outcome


def _names(variant: Variant, name: str) -> tuple[str, ...]:
    known = [one.name for one in rewrites()]
    given = variant.texts(name)
    for one in given:
        if one not in known:
            help = did_you_mean(one, known) or f"there are {', '.join(known)}"
            raise InputError(
                [error("unknown-rewrite", f"no rewrite is called {one!r}", variant.place(name), help=help)]
            )
    return given


def _rewritten(recipe: Recipe, variant: Variant, outcome: Outcome, folder: str) -> Recipe:
    """The recipe whose Dockerfile is the rewritten text, written into `folder` with an ignore file of its own."""
    assert recipe.source is not None
    done = replace(
        recipe,
        source=Source(recipe.source.path, outcome.source.text),
        trace=None,
        original=recipe.source,
        original_ignore=recipe.ignore,
        declared=outcome.declared,
        rewrites=outcome.applied,
    )
    if not recipe.path:
        return done
    out = posixpath.join(folder, f"{variant.name}.Dockerfile")
    source = Source(out, outcome.source.text)
    made = ", ".join(dict.fromkeys(one.proposal.rewrite for one in outcome.applied))
    origin = recipe.origin or recipe.path
    files = [WrittenFile(out, with_header(source.text, origin, f"Rewritten by {made}; `bakegen rewrite` shows why."))]
    ignore = recipe.ignore
    if ignore is not None or outcome.ignore:
        text = ignore.text if ignore is not None else f"# {MARKER} for {origin}.\n"
        if not text.startswith("# " + MARKER):
            text = f"# {MARKER} for {origin}.\n# From {ignore.path if ignore is not None else origin}:\n{text}"
        lead = text if text.endswith("\n") else text + "\n"
        text = lead + "".join(f"{pattern}\n" for pattern in outcome.ignore)
        ignore = Source(f"{out}.dockerignore", text)
        files.append(WrittenFile(ignore.path, text))
    return replace(done, path=out, source=source, ignore=ignore, files=tuple(files), origin=origin)
