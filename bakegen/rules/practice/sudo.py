"""Rule DF252: ``sudo`` in a RUN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_AS_ANOTHER = ("-u", "--user", "-g", "--group", "-i", "--login", "-V", "--version", "-l", "-v", "-k")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for call in subject.calls("sudo"):
        if _as_another(call):
            continue
        step = subject.steps.get(call.run)
        user = step.user.partition(":")[0] if step is not None else ""
        if user in ("root", "0"):
            message, help = "sudo as root does nothing", "leave it out"
        elif user:
            message = f"sudo needs to be installed and configured for {user}"
            help = f"put the RUN under USER root, and go back with USER {user}"
        else:
            message = "sudo in a build: a RUN does its work as the user of USER"
            help = "leave it out, or put the RUN under USER root"
        yield Finding(call.program.span, message, help, fix=_fix(subject, call) if user in ("", "root", "0") else None)


def _as_another(call: ShellCall) -> bool:
    """Whether sudo's own options name somebody else than root."""
    command = call.operands("-u", "-g", "-C", "-h", "-p", "-r", "-t", "-U", "-D", "-R", "-T", "--user", "--group")
    own = call.words[: call.words.index(command[0])] if command else call.words
    texts = [word.text for word in own]
    return any(text.startswith(_AS_ANOTHER) for text in texts) and texts != ["-u", "root"]


def _fix(subject: DockerfileSubject, call: ShellCall) -> Fix | None:
    if call.tree is None or not call.words or not call.words[0].literal or call.texts[0].startswith("-"):
        return None
    if "=" in call.texts[0]:
        return None
    span = Span(call.program.span.start, call.words[0].span.start)
    if subject.slice(span).strip(" \t") != call.program.text:
        return None
    why = "sudo runs the command with another environment, and as root, which the user may not be here"
    return Fix((Edit(span, ""),), "Leave out sudo", False, why)


RULE = Rule(
    code="DF252",
    name="sudo",
    summary="Say who runs a command with USER, not with sudo",
    why="RUN does its work as the user that USER names, mostly root: there sudo adds nothing. For another user it "
    "needs a package and a rule without a password, both of which stay in the image, where they give whoever breaks "
    "into the container root's rights. It also hides variables from the command: `sudo` clears the environment, `ENV` "
    "and `ARG` included, proxies too. `USER root` in front and `USER name` behind say the same with nothing "
    "installed.\n\n`sudo -u NAME`, which gives rights up, is not reported. The fix is not safe, because of the "
    "environment.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "As root",
            "FROM debian:13\nUSER root\nRUN ⟦sudo⟧ make install\n",
            "FROM debian:13\nUSER root\nRUN make install\n",
            safe=False,
            message="does nothing",
        ),
        Example("As another user", "FROM debian:13\nUSER app\nRUN make && ⟦sudo⟧ make install\n", message="app"),
        Example(
            "An option of the command",
            "FROM debian:13\nRUN ⟦sudo⟧ pip install -i https://pypi.example.com/simple x==1\n",
            "FROM debian:13\nRUN pip install -i https://pypi.example.com/simple x==1\n",
            safe=False,
        ),
        Example("To give rights up", "FROM debian:13\nRUN sudo -u postgres psql -c 'SELECT 1'\n"),
        Example(
            "Only installed", "FROM debian:13\nRUN apt-get install -y sudo && echo 'app ALL=(ALL) ALL' >/etc/sudoers\n"
        ),
        Example("Under USER", "FROM debian:13\nUSER root\nRUN make install\nUSER app\n"),
    ),
    twins=("hadolint:DL3004",),
    words=("sudo",),
)
