"""Rule DF280: a pipe whose first command may fail unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Fix, Kind, Rule
from bakegen.rules.practice._commands import masked, pipelines, root_image
from bakegen.shell.syntax import Simple
from bakegen.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import RunScript, ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject
    from bakegen.shell.syntax import Node, Pipeline

_DOWNLOADS = frozenset(("curl", "wget", "git", "gpg", "aws", "gsutil", "svn", "openssl", "pip", "npm", "gunzip", "zcat",
                        "xzcat", "bzcat", "tar", "unzip", "docker", "mysqldump", "pg_dump", "make", "go", "cargo",
                        "mvn", "envsubst", "jq"))  # fmt: skip
# Those that stop reading before the end: with pipefail the command before them fails for that.
_STOPS = frozenset(("head", "less", "true", ":"))
# Those that fail by themselves where nothing, or half of it, comes in.
_NOTICE = frozenset(("tar", "bsdtar", "gunzip", "gzip", "bunzip2", "bzip2", "unxz", "xz", "unzip", "zstd", "cpio",
                     "apt-key", "gpg", "gpg2", "grep", "egrep", "fgrep", "sha1sum",
                     "sha256sum", "sha512sum", "md5sum", "shasum"))  # fmt: skip


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    for script in subject.scripts:
        if script.tree is None or script.text is None or script.pipefail or script.shell == "" or _set(script):
            continue
        calls = {id(call.tree): call for call in script.calls}  # of `sudo tar` the call of tar, which comes later
        found = [one for one in pipelines(script.tree) if not masked(script.tree, one)]
        fixed = False
        for pipe in found:
            names = [_names(item, calls) for item in pipe.items]
            telling = next((name for name in names[:-1] if name in _DOWNLOADS), "")
            if not telling or names[-1] in _NOTICE or _is_over_early(pipe, names[-1], calls):
                continue
            first = script.text.place(pipe.items[0].start, pipe.items[-1].end)
            message = f"where {telling} fails, this RUN does not: only the end of a pipe counts"
            yield Finding(first, message, _help(script), fix=None if fixed else _fix(subject, script))
            fixed = True


def _names(item: Node, calls: dict[int, ShellCall]) -> str:
    call = calls.get(id(item)) if isinstance(item, Simple) else None
    return call.name if call is not None else ""


def _is_over_early(pipe: Pipeline, last: str, calls: dict[int, ShellCall]) -> bool:
    names = {_names(item, calls) for item in pipe.items[1:]}
    if names & _STOPS:
        return True
    for item in pipe.items[1:]:
        call = calls.get(id(item))
        if call is not None and call.name in ("grep", "egrep", "fgrep", "zgrep") and call.has("-q", "-m", "--quiet"):
            return True
        if (
            call is not None
            and call.name in ("sed", "awk")
            and any("q" in text or "exit" in text for text in call.texts)
        ):
            return True
    return False


def _set(script: RunScript) -> bool:
    return any("pipefail" in call.texts for call in script.calls if call.name in ("set", "bash", "ash", "shopt"))


def _help(script: RunScript) -> str:
    if script.shell == "bash":
        return 'say so with SHELL ["/bin/bash", "-o", "pipefail", "-c"], or begin with set -o pipefail'
    return 'use SHELL ["/bin/bash", "-o", "pipefail", "-c"] (on Alpine SHELL ["/bin/ash", "-eo", "pipefail", "-c"])'


def _fix(subject: DockerfileSubject, script: RunScript) -> Fix | None:
    """``set -o pipefail`` where the shell surely knows it."""
    node = script.run.node
    image = root_image(subject, script)
    if script.shell != "bash" and not ("alpine" in image and script.shell in ("sh", "ash")):
        return None
    if script.run.heredocs or script.onbuild:
        return None
    at = node.offset(node.arguments_start)
    why = "a command in a pipe that failed unseen stops the build now, also where it is ended by the one behind it"
    return Fix((Edit(Span(at, at), "set -o pipefail && "),), "Switch on pipefail", False, why)


RULE = Rule(
    code="DF280",
    name="pipefail",
    summary="Let a pipe fail where one of its commands does",
    why="The status of `curl … | sh` is that of `sh`. Where the download fails, `sh` reads nothing and is content, "
    "the RUN succeeds, and BuildKit keeps its empty layer in the cache: the next builds do not even try again. With "
    '`pipefail` the pipe fails with its first command that fails.\n\n`SHELL ["/bin/bash", "-o", "pipefail", "-c"]` '
    "switches it on for all RUNs behind it; it is kept in the image's config. Alpine's `/bin/sh` knows the option, "
    "Debian's and Ubuntu's (dash) mostly does not.\n\nWhat does not fail unseen is not reported: `echo … | tee`; "
    "pipes into programs that refuse an empty or broken input themselves (`curl … | tar xz`, `| gpg --dearmor`); "
    "pipes whose status is asked for by `||` or `if`; and pipes whose end stops reading early (`| head -1`, `| grep "
    "-q`), where `pipefail` makes a command fail that was only told to stop. Other linters report every pipe.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example("A download that fails unseen", "FROM debian:13\nRUN ⟦curl -fsSL https://example.com/x | sh⟧\n"),
        Example(
            "On Alpine",
            "FROM alpine:3.22\nRUN mkdir /x && ⟦wget -qO- https://example.com/x | sh -s /x⟧\n",
            "FROM alpine:3.22\nRUN set -o pipefail && mkdir /x && wget -qO- https://example.com/x | sh -s /x\n",
            safe=False,
        ),
        Example(
            "Switched on",
            'FROM debian:13\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN curl -f https://example.com/x | sh\n',
        ),
        Example(
            "Switched on in the RUN", "FROM alpine:3.22\nRUN set -eo pipefail; wget -O- https://example.com/x | sh\n"
        ),
        Example("What does not fail", "FROM debian:13\nRUN echo a | tee /etc/a && yes | make config\n"),
        Example("An end that notices", "FROM debian:13\nRUN curl -fL https://example.com/x.tgz | tar xz\n"),
        Example("An end that notices, as root", "FROM debian:13\nRUN wget -qO- https://example.com/x | sudo tar x\n"),
        Example("Caught", "FROM debian:13\nRUN curl -f https://example.com/x | sh || true\n"),
        Example("An end that stops early", "FROM debian:13\nRUN curl https://example.com/ | head -1 >/x\n"),
        Example("In the JSON form", 'FROM debian:13\nRUN ["curl", "x", "|", "sh"]\n'),
    ),
    twins=("hadolint:DL4006",),
    words=("|",),
)
