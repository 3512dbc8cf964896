"""Rule DF250: commands that do nothing useful in a build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._commands import behind, is_fed, script_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import RunScript, ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_STARTS = ("start", "restart", "reload")
_IDLE = frozenset(
    ("service", "echo", "printf", "true", ":", "rm", "sleep", "sync", "ls", "cat", "apt-get", "apt", "yum")
)
_MESSAGES = {
    "top": "top shows what nobody sees",
    "free": "free shows what nobody sees",
    "ps": "ps shows what nobody sees",
    "vim": "vim waits for somebody at a terminal",
    "shutdown": "shutdown has no machine to shut down",
    "mount": "mount is not allowed to in a build",
    "ssh": "ssh has no key in a build",
    "kill": "kill has nothing to stop: no process outlives its RUN",
    "service": "the service that is started here ends with the RUN",
}


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for call in subject.calls(*_MESSAGES):
        script = script_of(subject, call)
        if call.nested or call.piped or is_fed(script, call) or _has_output(call):
            continue
        if _JUDGES[call.name](script, call):
            span = call.span if call.name == "service" else call.program.span
            yield Finding(span, _MESSAGES[call.name])


def _has_output(call: ShellCall) -> bool:
    return call.tree is not None and any(redirect.operator.startswith(">") for redirect in call.tree.redirects)


def _always(script: RunScript, call: ShellCall) -> bool:
    return not call.has("--version", "-V", "--help")


def _vim(script: RunScript, call: ShellCall) -> bool:
    # With commands given it can do its work and leave.
    return not call.has("-c", "-e", "-E", "-s", "-S", "-u", "--version") and not any("+" in text for text in call.texts)


def _mount(script: RunScript, call: ShellCall) -> bool:
    return bool(call.words) and script.run.security != "insecure" and _always(script, call)


def _ssh(script: RunScript, call: ShellCall) -> bool:
    return not any(mount.kind in ("ssh", "secret", "bind") for mount in script.run.mounts) and _always(script, call)


def _first(script: RunScript, call: ShellCall) -> bool:
    return script.calls[0] is call and not call.has("-l", "-0")


def _service(script: RunScript, call: ShellCall) -> bool:
    started = len(call.texts) > 1 and call.texts[1] in _STARTS
    return started and all(one.name in _IDLE for one in behind(script, call))


_JUDGES = {
    "top": _always,
    "free": _always,
    "ps": _always,
    "vim": _vim,
    "shutdown": _always,
    "mount": _mount,
    "ssh": _ssh,
    "kill": _first,
    "service": _service,
}


RULE = Rule(
    code="DF250",
    name="senseless-command",
    summary="Leave out commands that do nothing useful in a build",
    why="A RUN has no terminal, no init system, no other machine's keys, and no process of it lives on when it ends; "
    "only files stay. `service nginx start` at the end of a RUN starts nothing in the container: that is what CMD or "
    "ENTRYPOINT do. `mount` needs rights that a build does not have; `--mount` and a RUN with `--security=insecure` "
    "are the ways to have what it would do. For `ssh`, `RUN --mount=type=ssh` lends the keys of whoever builds.\n\n"
    "Unlike in other linters, a service that is started for the commands behind it in the same RUN (a database to be "
    "filled) is right, and so is `ps` or `mount` whose output something reads, and `kill` of what the RUN has started.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("A service for nobody", "FROM debian:13\nRUN apt-get install -y nginx && ⟦service nginx start⟧\n"),
        Example("Something to look at", "FROM debian:13\nRUN make && ⟦free⟧ -m && ⟦ps⟧ aux\n"),
        Example("A mount", "FROM debian:13\nRUN ⟦mount⟧ -t tmpfs none /x && make\n"),
        Example("A database to be filled", "FROM debian:13\nRUN service mysql start && mysql </dump.sql\n"),
        Example(
            "What runs here is stopped here", "FROM debian:13\nRUN server --daemon && make test && kill $(cat pid)\n"
        ),
        Example("Something reads it", "FROM debian:13\nRUN ps aux | grep -q x || mount | grep -q y; X=$(free -m)\n"),
        Example("Keys are lent", "FROM debian:13\nRUN --mount=type=ssh ssh git@example.com archive >x\n"),
        Example("Rights are given", "FROM debian:13\nRUN --security=insecure mount -t proc proc /x && make\n"),
    ),
    twins=("hadolint:DL3001",),
    words=tuple(_MESSAGES),
)
