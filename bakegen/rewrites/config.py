"""The config that each stage's image gets, worked out on paper: a check on rewrites that shares nothing with them.

Source: the dispatch functions in BuildKit's frontend/dockerfile/dockerfile2llb/convert.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.dockerfile.instructions import (
    Cmd,
    Entrypoint,
    Expose,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Shell,
    Stopsignal,
    Volume,
)

if TYPE_CHECKING:
    from bakegen.dockerfile.resolve import Resolved, ResolvedStage
    from bakegen.dockerfile.steps import Step

Config = dict[str, object]


def stage_configs(resolved: Resolved) -> dict[int, Config]:
    """Stage index -> canonical config, for the stages that are reached: fields by name, the environment as a map.

    What an outside image brings stays out, but for the environment: it is the same on both sides of a rewrite.
    """
    found: dict[int, Config] = {}
    for stage in resolved.reachable:
        base = stage.base
        inherited = found.get(base.stage.index, {}) if base is not None and not stage.replaced else {}
        found[stage.stage.index] = _config(stage, inherited)
    return found


def _config(stage: ResolvedStage, inherited: Config) -> Config:
    config: Config = {
        name: dict(value) if isinstance(value, dict) else value
        for name, value in inherited.items()
        if name != "onbuild"
    }
    own_command = False
    for step in stage.steps:
        if isinstance(step.command, Cmd):
            own_command = True
            config["command"] = (step.command.line.words, _shell(step, json=step.command.line.json))
        elif isinstance(step.command, Entrypoint):
            config["entrypoint"] = (step.command.line.words, _shell(step, json=step.command.line.json))
            if not own_command:
                config["command"] = None
        else:
            _apply(config, step)
    assert stage.image_environment is not None and stage.environment is not None
    config["environment"] = dict(stage.image_environment.items())
    config["build environment"] = dict(stage.environment.items())
    config["directory"], config["user"], config["shell"] = stage.directory, stage.user, stage.shell
    return config


def _shell(step: Step, *, json: bool) -> tuple[str, ...]:
    return () if json else step.shell


def _apply(config: Config, step: Step) -> None:
    command = step.command
    if isinstance(command, Label):
        labels: dict[object, object] = dict(step.pairs)
        config["labels"] = _map(config, "labels") | labels
    elif isinstance(command, Expose):
        config["ports"] = _set(config, "ports") | {_port(word) for word in step.words}
    elif isinstance(command, Volume):
        config["volumes"] = _set(config, "volumes") | set(step.words)
    elif isinstance(command, Stopsignal):
        config["stop signal"] = step.words
    elif isinstance(command, Shell):
        config["shell of the image"] = command.words
    elif isinstance(command, Maintainer):
        config["maintainer"] = command.author.text
    elif isinstance(command, Healthcheck):
        line = command.line
        flags = sorted((name, value.text) for name, value in command.flags)
        words = None if line is None else (line.words, _shell(step, json=line.json))
        config["health check"] = (words, flags)
    elif isinstance(command, Onbuild):
        triggers = config.get("onbuild", ())
        assert isinstance(triggers, tuple)
        config["onbuild"] = (*triggers, command.expression)


def _port(word: str) -> str:
    """What the image keeps of a port: the host's side goes, the protocol is in lower case."""
    port, _, protocol = word.rpartition(":")[2].partition("/")
    return f"{port}/{protocol.lower() or 'tcp'}"


def _map(config: Config, name: str) -> dict[object, object]:
    found = config.get(name, {})
    assert isinstance(found, dict)
    return found


def _set(config: Config, name: str) -> frozenset[object]:
    found = config.get(name, frozenset())
    assert isinstance(found, frozenset)
    return found
