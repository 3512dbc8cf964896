"""Builds a resolved Dockerfile in memory: stage by stage, instruction by instruction, to a tree and a config.

Source: the dispatch functions in BuildKit's frontend/dockerfile/dockerfile2llb/convert.go.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import (
    Add,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    Stopsignal,
    User,
    Volume,
    Workdir,
)
from bakegen.dockerfile.instructions import Transfer as Transferring
from tests.simulator import accounts
from tests.simulator.copying import Transfer, linked, transfer
from tests.simulator.images import Config, ToyImage
from tests.simulator.mounting import mounted
from tests.simulator.shell import Process
from tests.simulator.tree import Failure, Tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bakegen.dockerfile import BaseImage, Dockerfile
    from bakegen.dockerfile.instructions import CommandLine
    from bakegen.dockerfile.resolve import Resolved, ResolvedStage
    from bakegen.dockerfile.steps import Step

DEFAULT_SHELL = ("/bin/sh", "-c")


@dataclass
class World:
    """What a build takes in beside the Dockerfile: the context as the engine gets it, images, caches."""

    context: Tree
    images: Mapping[str, ToyImage]
    secrets: Mapping[str, bytes] = field(default_factory=dict)
    caches: dict[str, Tree] = field(default_factory=dict)

    def base_images(self) -> dict[str, BaseImage]:
        """The configs of the images, as `Dockerfile.resolve` takes them."""
        from bakegen.dockerfile import BaseImage

        found = {}
        for name, image in self.images.items():
            config = image.config
            found[name] = BaseImage(
                tuple(config.env.items()), config.directory, config.user, config.shell, config.onbuild
            )
        return found


def build(dockerfile: Dockerfile, world: World, build_args: Mapping[str, str], target: str | None = None) -> ToyImage:
    """The image that BuildKit would make. Raises `Failure` where it would fail."""
    resolved = dockerfile.resolve(build_args, target=target, images=world.base_images())
    if not resolved.ok or resolved.target is None:
        raise Failure("; ".join(one.message for one in (*dockerfile.diagnostics, *resolved.diagnostics)))
    builder = _Builder(resolved, world)
    for stage in resolved.reachable:
        builder.stage(stage)
    return builder.done[resolved.target.stage.index]


class _Builder:
    def __init__(self, resolved: Resolved, world: World) -> None:
        self.resolved = resolved
        self.world = world
        self.done: dict[int, ToyImage] = {}

    def image(self, name: str) -> ToyImage:
        found = self.world.images.get(name)
        if name == "scratch":
            return ToyImage(Tree())
        if found is None:
            raise Failure(f"no image {name}")
        return found

    def stage(self, stage: ResolvedStage) -> None:
        base = self.done[stage.base.stage.index] if stage.base is not None else self.image(stage.image)
        building = _Stage(self, stage, base)
        for step in stage.steps:
            building.step(step)
        environment = stage.image_environment
        assert environment is not None
        config = replace(
            building.config,
            env=dict(environment.items()),
            directory=stage.directory or "/",
            user=stage.user,
            shell=() if stage.shell == DEFAULT_SHELL and not building.shell_set else stage.shell,
        )
        self.done[stage.stage.index] = ToyImage(building.tree, config)


class _Stage:
    def __init__(self, builder: _Builder, stage: ResolvedStage, base: ToyImage) -> None:
        self.builder = builder
        self.tree = base.tree.copy()
        # A child runs what the base asked for, and does not hand it on.
        self.config = replace(base.config, onbuild=())
        self.shell_set = bool(base.config.shell)
        self.cmd_set = False

    def step(self, step: Step) -> None:
        command = step.command
        if isinstance(command, Run):
            self._run(step, command)
        elif isinstance(command, Transferring):
            self._transfer(step, command)
        elif isinstance(command, Workdir):
            if step.words[0] != "/":
                uid, gid = accounts.owner(self.tree, step.user) if step.user else (0, 0)
                self.tree.makedirs(self.tree.rooted(step.words[0]), 0o755, uid, gid)
        else:
            self.config = self._configured(step)

    def _configured(self, step: Step) -> Config:
        command, config = step.command, self.config
        if isinstance(command, Cmd):
            self.cmd_set = True
            return replace(config, cmd=_words(command.line, step.shell))
        if isinstance(command, Entrypoint):
            kept = config.cmd if self.cmd_set else None
            return replace(config, entrypoint=_words(command.line, step.shell), cmd=kept)
        if isinstance(command, Label):
            return replace(config, labels={**config.labels, **{key: value or "" for key, value in step.pairs}})
        if isinstance(command, Expose):
            ports = {word if "/" in word else f"{word}/tcp" for word in step.words}
            return replace(config, ports=config.ports | ports)
        if isinstance(command, Volume):
            return replace(config, volumes=config.volumes | set(step.words))
        if isinstance(command, Stopsignal):
            return replace(config, signal=step.words[0])
        if isinstance(command, Healthcheck):
            line = None if command.line is None else (command.line.json, command.line.words)
            flags = tuple(sorted((name, value.text) for name, value in command.flags))
            return replace(config, health=(line, flags))
        if isinstance(command, Onbuild):
            return replace(config, onbuild=(*config.onbuild, command.expression))
        if isinstance(command, Maintainer):
            return replace(config, author=command.author.text)
        if isinstance(command, Shell):
            self.shell_set = True
        elif not isinstance(command, (Env, User)) and command.name != "ARG":
            raise Failure(f"cannot do {command.name}")
        return config

    def _transfer(self, step: Step, command: Transferring) -> None:
        origin = self.builder.world.context
        if isinstance(command, Copy) and command.source_stage is not None:
            origin = self._origin(step, command.source_stage.text)
        if isinstance(command, Copy) and command.parents:
            raise Failure("cannot do --parents")
        destination = step.destination
        if destination in (".", ""):
            destination = "./"
        slash = destination.endswith(("/", "/."))
        destination = posixpath.normpath(posixpath.join(step.directory or "/", destination))
        link = command.link and not step.chmod
        what = Transfer(
            origin,
            step.sources,
            step.files,
            destination + ("/" if slash and destination != "/" else ""),
            accounts.owner(None if link else self.tree, step.chown) if step.chown else None,
            step.chmod or None,
            tuple(item.text for item in command.exclude),
            isinstance(command, Add) and command.unpack is not False,
        )
        (linked if link else transfer)(self.tree, what)

    def _origin(self, step: Step, name: str) -> Tree:
        for one in step.links:
            if one.target is not None:
                return self.builder.done[one.target].tree
        return self.builder.image(name).tree

    def _run(self, step: Step, command: Run) -> None:
        who, home = accounts.user(self.tree, step.user)
        variables = dict(step.environment.items())
        variables.setdefault("HOME", home)
        directory = self.tree.rooted(step.directory or "/")
        self.tree.makedirs(directory)
        sources = {}
        links = [one for one in step.links if one.target is not None]
        for mount in step.mounts:
            if mount.kind == "bind" and mount.source_stage:
                stage = next((one.target for one in links if one.name == mount.source_stage.lower()), None)
                done = self.builder.done
                sources[mount.target] = (
                    done[stage].tree if stage is not None else self.builder.image(mount.source_stage).tree
                )
        with mounted(self.tree, step, self.builder.world, sources, variables):
            process = Process(
                self.tree, variables, directory, who, home, exported=set(variables), heredocs=_heredocs(command)
            )
            process.variables["PWD"] = directory
            if _run_line(process, command, step.shell):
                raise Failure(f"RUN {command.line.words} failed")


def _heredocs(command: Run) -> dict[str, tuple[str, bool]]:
    return {one.name: (_body(one.body, one.chomp), one.expand) for one in command.heredocs}


def _body(text: str, chomp: bool) -> str:
    return "".join(line.lstrip("\t") for line in text.splitlines(keepends=True)) if chomp else text


def _run_line(process: Process, command: Run, shell: tuple[str, ...]) -> int:
    line = command.line.shell
    if line is None:
        return process.execute(list(command.line.words), in_shell=False)
    heredocs = command.heredocs
    if len(heredocs) == 1 and line.strip().startswith("<<") and len(line.split()) == 1:
        line = _body(heredocs[0].body, heredocs[0].chomp)
    # sh -c does not hand on the heredocs' texts: the shell reads them behind the line.
    if process._find(shell[0]) is None:
        raise Failure(f"{shell[0]}: not found")
    flags = "".join(word[1:] for word in shell[1:] if word.startswith("-"))
    child = process.child(errexit="e" in flags)
    return child.run(line)


def _words(line: CommandLine, shell: tuple[str, ...]) -> tuple[str, ...]:
    return line.words if line.json else (*shell, *line.words)
