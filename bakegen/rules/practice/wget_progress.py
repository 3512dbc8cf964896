"""Rule DF275: ``wget`` that fills the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._commands import put_behind, root_image, script_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import ShellCall
    from bakegen.rules.dockerfiles import DockerfileSubject

_QUIET = (
    "-q",
    "--quiet",
    "-nv",
    "--no-verbose",
    "-o",
    "--output-file",
    "-a",
    "--append-output",
    "-b",
    "--background",
    "--progress",
    "-V",
    "--version",
    "--help",
    "--spider",
)
_SMALL = (".asc", ".sig", ".gpg", ".key", ".pub", ".sh", ".py", ".txt", ".json", ".conf", ".sha256", ".list", ".repo",
          ".patch", ".diff", ".xml", ".yml", ".yaml", ".toml", ".pem", ".crt", ".md5")  # fmt: skip


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    if "wgetrc" in subject.lower:
        return
    for call in subject.calls("wget"):
        if _is_quiet(call) or not call.words or all(text.endswith(_SMALL) for text in _addresses(call)):
            continue
        image = root_image(subject, script_of(subject, call))
        if any(word in image for word in ("alpine", "busybox")) and not _installed(subject):
            continue  # BusyBox' wget knows no --progress, and prints little where there is no terminal
        why = "the wget of BusyBox does not know the option"
        fix = put_behind(call.program, call, "--progress=dot:giga", "Add --progress=dot:giga", why)
        message = "wget prints a line for every 50 KB that it downloads"
        yield Finding(call.program.span, message, "add --progress=dot:giga, or -nv", fix=fix)


def _installed(subject: DockerfileSubject) -> bool:
    return any(call.name == "apk" and "wget" in call.texts for script in subject.scripts for call in script.calls)


def _is_quiet(call: ShellCall) -> bool:
    if call.has(*_QUIET) or any(text.startswith("-nv") or "progress" in text for text in call.texts):
        return True
    if any(not word.literal and word.text.startswith("$") and "://" not in word.text for word in call.words[:-1]):
        return True  # options in a variable
    redirects = call.tree.redirects if call.tree is not None else ()
    return any(redirect.operator in ("&>", "&>>") or redirect.descriptor == 2 for redirect in redirects)


def _addresses(call: ShellCall) -> tuple[str, ...]:
    found = tuple(text for text in call.texts if "://" in text and not text.startswith("-"))
    return found or ("",)


RULE = Rule(
    code="DF275",
    name="wget-progress",
    summary="Keep wget's progress out of the log",
    why="Where there is no terminal, wget prints a line of dots for every 50 KB: 100 MB are 2,000 lines, in which the "
    "rest of the build's log goes under; BuildKit cuts off the output of a RUN at 2 MB. `--progress=dot:giga` prints "
    "a line for every 32 MB, `-nv` one line at the end, `-q` not even an error.\n\nNothing is reported for small "
    "files (keys, scripts, lists) and for Alpine and BusyBox, whose wget is another program.",
    severity=Severity.NOTE,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A large file",
            "FROM debian:13\nRUN ⟦wget⟧ -O x.tgz https://example.com/x.tar.gz\n",
            "FROM debian:13\nRUN wget --progress=dot:giga -O x.tgz https://example.com/x.tar.gz\n",
            safe=False,
        ),
        Example(
            "Quiet", "FROM debian:13\nRUN wget -qO- https://example.com/x.tgz | tar xz; wget -nv https://a.example/b\n"
        ),
        Example("With few dots", "FROM debian:13\nRUN wget --progress=dot:giga https://example.com/x.tgz\n"),
        Example("Into a log", "FROM debian:13\nRUN wget https://example.com/x.tgz 2>/dev/null\n"),
        Example("A key", "FROM debian:13\nRUN wget https://example.com/key.asc\n"),
        Example(
            "GNU wget on Alpine",
            "FROM alpine:3.22 AS a\nRUN apk add --no-cache wget\nFROM a\nRUN ⟦wget⟧ https://example.com/x.zip\n",
            "FROM alpine:3.22 AS a\nRUN apk add --no-cache wget\nFROM a\n"
            "RUN wget --progress=dot:giga https://example.com/x.zip\n",
            safe=False,
        ),
        Example("Another wget", "FROM alpine:3.22\nRUN wget https://example.com/x.tgz\n"),
    ),
    twins=("hadolint:DL3047",),
    words=("wget",),
)
