"""`bakegen plugin`: makes `docker bakegen` a command of docker's client, and takes it away again."""

from __future__ import annotations

import os

import click

from bakegen.cli import console
from bakegen.cli.manual import Command, Group, Manual
from bakegen.errors import ExitCode

_PLACE = "$DOCKER_CONFIG/cli-plugins/docker-bakegen, without DOCKER_CONFIG in ~/.docker"
_VARIABLES = {"DOCKER_CONFIG": "the folder of docker's configuration. [default: ~/.docker]"}
_system = click.option("--system", is_flag=True, help="For all users: in /usr/local/lib/docker/cli-plugins.")


@click.group(
    "plugin",
    cls=Group,
    manual=Manual(
        examples={
            "bakegen plugin install": "",
            "docker bakegen build --plan": "afterwards",
            "bakegen plugin status": "where it is, and whether it works",
        },
        exits={1: "it is not there, or does not work (status)"},
        environment=_VARIABLES,
        reads=_PLACE,
        writes=_PLACE,
        see="plugin/install plugin/remove plugin/status completion",
    ),
)
def command() -> None:
    """Make bakegen a command of docker: docker bakegen.

    As a plugin of docker's client bakegen does what it does otherwise, with docker's own options before its name:
    `docker --context build-server bakegen build`. Exit codes are the same, and a build ends in the same way when docker
    is interrupted. Docker's completion completes it.
    """


@command.command(
    "install",
    manual=Manual(
        examples={"bakegen plugin install": "for this user", "bakegen plugin install --system": "for all, as root"},
        environment=_VARIABLES,
        reads="the program docker-bakegen of this installation",
        writes=_PLACE,
        see="plugin/status plugin/remove",
    ),
)
@_system
def install_command(system: bool) -> int:
    """Install the plugin for this user, or for all.

    Writes a link to this installation's docker-bakegen where docker looks for plugins, or a small script where there is
    none. It goes on working when bakegen is upgraded in place; after a removal docker ignores the link.
    """
    from bakegen.workspace.docker_plugin import folder_for, install

    found = install(folder_for(os.environ, system=system))
    if found.problem:
        console.say(f"error: {found.path}: {found.problem}")
        return ExitCode.ENGINE
    console.say(f"installed {found.path}, which leads to {found.target}")
    console.say("try: docker bakegen --help")
    return ExitCode.CLEAN


@command.command(
    "remove",
    manual=Manual(
        examples={"bakegen plugin remove": ""},
        environment=_VARIABLES,
        reads=_PLACE,
        writes=_PLACE + ": removed",
        see="plugin/install",
    ),
)
@_system
def remove_command(system: bool) -> int:
    """Remove the plugin.

    Only what `bakegen plugin install` has written is removed; bakegen itself stays.
    """
    from bakegen.workspace.docker_plugin import folder_for, remove

    folder = folder_for(os.environ, system=system)
    path = remove(folder)
    console.say(f"removed {path}" if path else f"there is none in {folder}")
    return ExitCode.CLEAN


@command.command(
    "status",
    cls=Command,
    manual=Manual(
        examples={"bakegen plugin status": ""},
        exits={0: "it is there and works", 1: "it is not there, or does not work"},
        environment=_VARIABLES,
        reads=_PLACE + ", /usr/local/lib/docker/cli-plugins/docker-bakegen",
        see="plugin/install",
    ),
)
def status_command() -> int:
    """Tell where the plugin is installed, and whether it works.

    Each place is asked as docker asks it. The first one counts: that of the user before that of all users.
    """
    from bakegen.workspace.docker_plugin import SYSTEM, folder_for, look

    found = [one for one in map(look, (folder_for(os.environ), SYSTEM)) if one is not None]
    if not found:
        console.say("not installed; `bakegen plugin install` does it")
        return ExitCode.FINDINGS
    rows = [[str(one.path), str(one.target or "not of bakegen"), one.version, one.problem or "works"] for one in found]
    console.write(console.table(["plugin", "leads to", "version", "state"], rows))
    return ExitCode.FINDINGS if found[0].problem else ExitCode.CLEAN
