"""What a rule about Dockerfiles may look at: the file, its values, commands and effects, each made when asked for."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from bakegen.dockerfile import read
from bakegen.dockerfile.instructions import Onbuild, Run, Shell
from bakegen.dockerfile.references import context_name
from bakegen.dockerfile.steps import DEFAULT_SHELL
from bakegen.facts.model import Evidence
from bakegen.rules.calls import read_script
from bakegen.rules.model import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bakegen.dockerfile import Dockerfile, Resolved, Stage
    from bakegen.dockerfile.instructions import Command
    from bakegen.dockerfile.resolve import ResolvedStage
    from bakegen.dockerfile.steps import Step
    from bakegen.effects.stages import StageView, StepView
    from bakegen.facts.model import ContextFacts
    from bakegen.rewrites.checks import View
    from bakegen.rewrites.model import Proposal, Situation
    from bakegen.rules.calls import RunScript, ShellCall
    from bakegen.rules.shellissues import Shellcheck
    from bakegen.text import Source, Span

C = TypeVar("C", bound="Command")


class DockerfileSubject:
    """One Dockerfile with all that is known around it.

    Attributes:
        source: its text.
        evidence: facts about bases and context; empty where nothing is known.
        ignore: the text of the ignore file that counts, "" where there is none.
        settings: what the configuration says.
        shellcheck: what finds issues in shell texts; None where shellcheck is not wanted or not there.
        contexts: the named contexts that it is built with, as far as they are known.
        dockerfile: the model. Rules run only where BuildKit reads the file (`dockerfile.ok`).
    """

    def __init__(
        self,
        source: Source,
        evidence: Evidence | None = None,
        ignore: str = "",
        settings: Settings | None = None,
        shellcheck: Shellcheck | None = None,
    ) -> None:
        self.source = source
        self.evidence = evidence or Evidence()
        self.ignore = ignore
        self.settings = settings or Settings()
        self.shellcheck = shellcheck
        self.contexts: Mapping[str, str] = {}
        self.dockerfile: Dockerfile = read(source)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages in the order of the file."""
        return self.dockerfile.stages

    @property
    def context(self) -> ContextFacts | None:
        """The build context, None where it is not known."""
        return self.evidence.context

    def replaced(self, name: str) -> bool:
        """Whether a named context stands in the place of an image or stage of this name."""
        return bool(self.contexts) and context_name(name) in {context_name(one) for one in self.contexts}

    @cached_property
    def lower(self) -> str:
        """The text in lower case, for a quick look whether a word is there at all."""
        return self.source.text.lower()

    @cached_property
    def _by_type(self) -> dict[type, list[tuple[Stage, Command]]]:
        found: dict[type, list[tuple[Stage, Command]]] = {}
        for stage in self.stages:
            found.setdefault(type(stage.start), []).append((stage, stage.start))
            for command in stage.commands:
                found.setdefault(type(command), []).append((stage, command))
                if isinstance(command, Onbuild) and command.trigger is not None:
                    found.setdefault(type(command.trigger), []).append((stage, command.trigger))
        return found

    def each(self, kind: type[C]) -> Iterator[tuple[Stage, C]]:
        """All instructions of a type with their stages, those inside an ONBUILD too; global ARGs are not among them."""
        for stage, command in self._by_type.get(kind, ()):
            assert isinstance(command, kind)
            yield stage, command

    def own(self, kind: type[C]) -> Iterator[tuple[Stage, C]]:
        """As `each`, without those inside an ONBUILD."""
        for stage in self.stages:
            for command in stage.commands:
                if isinstance(command, kind):
                    yield stage, command

    # --- shell commands

    @cached_property
    def scripts(self) -> tuple[RunScript, ...]:
        """The scripts of all RUNs, those inside an ONBUILD too, in the order of the file."""
        found: list[RunScript] = []
        by_name: dict[str, tuple[str, ...]] = {}
        # With the escape character of Windows the default shell is no POSIX shell either.
        default = DEFAULT_SHELL if self.dockerfile.escape == "\\" else ("cmd", "/S", "/C")
        for stage in self.stages:
            shell = by_name.get(stage.start.image.text, default)
            for command in stage.commands:
                if isinstance(command, Shell):
                    shell = command.words
                elif isinstance(command, Run):
                    found.append(read_script(command, shell, stage.index))
                elif isinstance(command, Onbuild) and isinstance(command.trigger, Run):
                    found.append(read_script(command.trigger, shell, stage.index, onbuild=True))
            if stage.name:
                by_name[stage.name] = shell
        return tuple(found)

    @cached_property
    def _calls_by_name(self) -> dict[str, list[ShellCall]]:
        found: dict[str, list[ShellCall]] = {}
        for script in self.scripts:
            for call in script.calls:
                found.setdefault(call.name, []).append(call)
        return found

    def calls(self, *names: str) -> Iterator[ShellCall]:
        """All calls of the programs `names`; in the order of the file for one name."""
        for name in names:
            yield from self._calls_by_name.get(name, ())

    def script(self, run: Run) -> RunScript:
        """The script of a RUN."""
        return next(script for script in self.scripts if script.run is run)

    # --- values

    @cached_property
    def resolved(self) -> Resolved:
        """The file with its defaults as values, for the last stage: only stages that it needs have steps."""
        images = {name: facts.image for name, facts in self.evidence.bases.items()}
        return self.dockerfile.resolve(images=images, contexts=self.contexts)

    @cached_property
    def every_stage(self) -> tuple[ResolvedStage, ...]:
        """All stages with values, those too that the last one does not need, in the order of the file."""
        found = {one.stage.index: one for one in self.resolved.reachable}
        images = {name: facts.image for name, facts in self.evidence.bases.items()}
        for stage in reversed(self.stages):
            if stage.index not in found:
                # The file as far as a stage builds that stage, whether it has a name or not.
                part = replace(self.dockerfile, stages=self.stages[: stage.index + 1])
                for one in part.resolve(images=images, contexts=self.contexts).reachable:
                    found.setdefault(one.stage.index, one)
        return tuple(found[index] for index in sorted(found))

    @cached_property
    def steps(self) -> dict[Command, Step]:
        """Every instruction of every stage with values: what it sees and what its operands become."""
        return {step.command: step for one in self.every_stage for step in one.steps if not step.triggered}

    # --- effects and rewrites: these take longer, and load much; ask a cheap question first

    @cached_property
    def view(self) -> View:
        """The file as the rewrites see it."""
        from bakegen.rewrites.driver import view

        return view(
            self.dockerfile,
            self.evidence,
            ignore=self.ignore,
            project=self.settings.project,
            ephemeral=bool(self.settings.ephemeral),
        )

    @property
    def situation(self) -> Situation:
        """What a rewrite may look at."""
        return self.view.situation

    @cached_property
    def views(self) -> tuple[StageView, ...]:
        """All stages that can be built, with the effect of every step."""
        return self.situation.stages

    @cached_property
    def effects(self) -> dict[Command, StepView]:
        """Every instruction with its effect and what is known before it."""
        return {view.step.command: view for stage in self.views for view in stage.own}

    @cached_property
    def _offers(self) -> dict[str, tuple[Proposal, ...]]:
        return {}

    def offers(self, rewrite: str) -> tuple[Proposal, ...]:
        """What one rewrite proposes for the file as it is, whatever is proved of it."""
        if rewrite not in self._offers:
            from bakegen.rewrites.driver import rewrite_named

            one = rewrite_named(rewrite)
            self._offers[rewrite] = tuple(one.propose(self.situation)) if not self.view.errors else ()
        return self._offers[rewrite]

    # --- places

    def slice(self, span: Span) -> str:
        """The text that a span covers."""
        return self.source.slice(span)
