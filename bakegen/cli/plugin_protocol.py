"""What docker's client asks of a plugin, and how its own options reach bakegen: `docker bakegen …`.

The client (docker/cli, cli-plugins/) runs ``docker-bakegen`` with the very arguments that it was given, so its own
options stand before the plugin's name. It finds plugins by asking each for its metadata, at every ``docker --help``:
nothing heavy is imported before that is answered.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NAME = "bakegen"
METADATA = "docker-cli-plugin-metadata"
"""The command that a plugin answers with its metadata (cli-plugins/metadata/metadata.go)."""

SOCKET = "DOCKER_CLI_PLUGIN_SOCKET"
CLIENT = "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND"
"""The client as it was called."""

_WITH_VALUE = {"config", "context", "host", "log-level", "tlscacert", "tlscert", "tlskey"}
_SHORT = {"c": "context", "H": "host", "l": "log-level", "D": "debug", "v": "version", "h": "help"}
_FILES = {"tlscacert": "ca.pem", "tlscert": "cert.pem", "tlskey": "key.pem"}
"""The names that docker gives these files in the folder DOCKER_CERT_PATH (cli/flags/options.go)."""


class Call(NamedTuple):
    """One call by the client.

    Attributes:
        kind: ``run``, or ``complete`` where a shell asks what could stand at the end.
        words: the arguments for bakegen.
        options: docker's options and their values, in the order given; "" for one without a value.
    """

    kind: str
    words: tuple[str, ...]
    options: tuple[tuple[str, str], ...]


class Unusable(Exception):
    """An option of docker that cannot be handed on; the message says what to do."""


def metadata() -> str:
    """What the client wants to know of a plugin, in JSON."""
    import json

    from bakegen import __version__

    facts = {
        "SchemaVersion": "0.1.0",
        "Vendor": "bakegen",
        "Version": __version__,
        "ShortDescription": "Image definitions and version matrices as bake files with working caches",
    }
    return json.dumps(facts)


def read(argv: Sequence[str]) -> Call:
    """What the client's call means.

    Args:
        argv: the arguments after the program's name: docker's options, then ``bakegen ARGS…``, ``help bakegen ARGS…``
            or ``__complete bakegen ARGS…``.
    """
    options, rest = _options(list(argv))
    first, rest = (rest[0], rest[1:]) if rest else (NAME, [])
    wanted = [name for name, _ in options]
    if first in ("__complete", "__completeNoDesc"):
        _, rest = _options(rest)
        return Call("complete", tuple(rest[1:]), tuple(options))
    if first == "help":
        rest = ["help", *(rest[1:] if rest[:1] == [NAME] else rest)]
    elif "help" in wanted:
        rest = ["help", *rest]
    return Call("run", tuple(rest), tuple(options))


def _options(argv: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Docker's own options at the beginning of `argv`, and what follows them; read as pflag does."""
    found: list[tuple[str, str]] = []
    while argv and argv[0].startswith("-") and argv[0] != "-":
        word = argv.pop(0)
        if word == "--":
            break
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            if not equals and name in _WITH_VALUE and argv:
                value = argv.pop(0)
            found.append((name, value))
        else:
            found += _short(word[1:], argv)
    return found, argv


def _short(letters: str, argv: list[str]) -> Iterator[tuple[str, str]]:
    """The options of a word such as ``-Dc``; the value is the rest of the word or the next one."""
    while letters:
        name = _SHORT.get(letters[0], letters[0])
        letters = letters[1:]
        if name in _WITH_VALUE:
            yield name, letters.removeprefix("=") if letters else argv.pop(0) if argv else ""
            return
        yield name, ""


def environment(options: Sequence[tuple[str, str]]) -> dict[str, str | None]:
    """The variables that mean the same to every docker command that bakegen runs; None for one to be taken away.

    Raises:
        Unusable: there is no variable that means an option.
    """
    found: dict[str, str | None] = {}
    certificates: set[str] = set()
    for name, value in options:
        if name == "config":
            found["DOCKER_CONFIG"] = value
        elif name == "context":  # counts more than the variable DOCKER_HOST, which DOCKER_CONTEXT does not
            found |= {"DOCKER_CONTEXT": value, "DOCKER_HOST": None}
        elif name == "host":
            found |= {"DOCKER_HOST": value, "DOCKER_CONTEXT": None}
        elif name == "tlsverify":
            found["DOCKER_TLS_VERIFY"] = None if value in ("false", "0") else "1"
        elif name == "tls":
            found["DOCKER_TLS"] = None if value in ("false", "0") else "1"
        elif name in _FILES:
            folder, file = os.path.split(value)
            if file != _FILES[name]:
                raise Unusable(f"--{name} {value} cannot be handed on: call the file {_FILES[name]}, or use --context")
            certificates.add(folder or ".")
    if len(certificates) > 1:
        raise Unusable("--tlscacert, --tlscert and --tlskey cannot be handed on from several folders: use --context")
    if certificates:
        found["DOCKER_CERT_PATH"] = certificates.pop()
    return found


def main(argv: list[str]) -> int:
    """Runs ``docker-bakegen``.

    Args:
        argv: the arguments after the program's name.

    Returns:
        The exit code, which the client hands on.
    """
    if argv == [METADATA]:
        print(metadata())
        return 0
    call = read(argv)
    try:
        for name, value in environment(call.options).items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
    except Unusable as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    _same_client(os.environ.pop(CLIENT, ""))
    address = os.environ.pop(SOCKET, "")
    if call.kind == "complete":
        from bakegen.cli.completing import answer_docker
        from bakegen.cli.main import cli

        return answer_docker(cli, call.words or ("",))
    from bakegen.cli.main import run
    from bakegen.cli.plugin_end import end_with_client

    end_with_client(address)
    return run(list(call.words), program=f"docker {NAME}")


def _same_client(command: str) -> None:
    """Has bakegen run the docker that it was called by, where that was named by its path."""
    from pathlib import Path

    client = Path(command)
    if len(client.parts) > 1 and client.stem == "docker":
        os.environ["PATH"] = os.pathsep.join(filter(None, (str(client.parent.absolute()), os.environ.get("PATH", ""))))
