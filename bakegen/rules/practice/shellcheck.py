"""Rule DF299: what shellcheck says of the shell texts of RUNs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.diagnostics import Severity
from bakegen.dockerfile.instructions import Arg, Env
from bakegen.rules.model import Example, Finding, Kind, Rule
from bakegen.rules.practice._commands import root_image
from bakegen.rules.shellissues import ShellText

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import RunScript
    from bakegen.rules.dockerfiles import DockerfileSubject

_LEVELS = {"error": Severity.ERROR, "warning": Severity.WARNING, "info": Severity.NOTE, "style": Severity.NOTE}
_ALWAYS = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy")
_NAMES = re.compile(r"[A-Za-z_]\w*")
_BUSYBOX = ("alpine", "busybox")
_DASH = ("debian", "ubuntu", "buildpack-deps")


def _check(subject: DockerfileSubject) -> Iterator[Finding]:
    if subject.shellcheck is None:
        return
    asked = [script for script in subject.scripts if script.text is not None and script.text.text.strip()]
    if not asked:
        return
    texts = [_text(subject, script) for script in asked]
    for script, text, issues in zip(asked, texts, subject.shellcheck(texts), strict=True):
        assert script.text is not None
        strict = text.shell != "sh" or _is_dash(subject, script)
        for issue in issues:
            # What POSIX does not have: /bin/sh is bash in many an image.
            if 3000 <= issue.code < 4000 and not strict:
                continue
            yield Finding(
                script.text.place(issue.start, issue.end),
                f"SC{issue.code}: {' '.join(issue.message.split()).rstrip('.')}",
                severity=_LEVELS.get(issue.level, Severity.NOTE),
                twins=(f"shellcheck:SC{issue.code}",),
            )


def _text(subject: DockerfileSubject, script: RunScript) -> ShellText:
    assert script.text is not None
    text = script.text.text
    known = {*_ALWAYS, *(name.upper() for name in _ALWAYS)}
    step = subject.steps.get(script.run)
    if step is not None:
        known.update(name for name, _ in step.environment.items())
    for stage, arg in subject.each(Arg):
        # One without a value may be given one; of a stage that nothing needs no values are known.
        if step is None or stage.index == script.stage:
            known.update(item.name for item in arg.items)
    if step is None:
        known.update(pair.key for _, env in subject.each(Env) for pair in env.pairs)
    used = set(_NAMES.findall(text))
    shell = script.shell
    if shell == "sh" and any(word in root_image(subject, script) for word in _BUSYBOX):
        shell = "ash"
    return ShellText(text, shell, tuple(sorted(known & used)))


def _is_dash(subject: DockerfileSubject, script: RunScript) -> bool:
    name = root_image(subject, script).partition("@")[0].partition(":")[0].rpartition("/")[2]
    return name in _DASH


RULE = Rule(
    code="DF299",
    name="shellcheck",
    summary="Heed what shellcheck says of the commands in RUN",
    why="[ShellCheck](https://www.shellcheck.net) knows what goes wrong in shell scripts: words that split, tests "
    "that are always true, `sudo` in front of a redirection. It is asked about the text of every RUN in shell form, "
    "heredocs too, for the shell that SHELL names, and knows the variables that ENV and ARG give. Its codes work in "
    "`ignore` comments and in the configuration: `# hadolint ignore=SC2086`, `# bakegen ignore=SC2086`.\n\nIt runs "
    "where it is installed: `pip install bakegen[shellcheck]`, or any `shellcheck` on PATH. What it says about "
    "features that POSIX does not have (SC3000 to SC3999) is left out where `/bin/sh` may be bash: it is reported for "
    "Debian and Ubuntu, where `/bin/sh` is dash, and not for other images. On Alpine and BusyBox the text is taken "
    "for BusyBox' shell. SC1090 and SC1091, which want a comment that a Dockerfile cannot hold, are left out.",
    severity=Severity.WARNING,
    kind=Kind.DOCKERFILE,
    check=_check,
    examples=(
        Example(
            "A word that splits", "FROM debian:13\nRUN for f in *; do \\\n    rm ⟦$f⟧ ; \\\n  done\n", message="SC2086"
        ),
        Example("In a heredoc", "FROM debian:13\nRUN <<EOF\nfor f in *; do\n  rm ⟦$f⟧ \ndone\nEOF\n", message="SC2086"),
        Example("Quoted", 'FROM debian:13\nRUN for f in *; do rm "$f"; done\n'),
        Example("The JSON form has no shell", 'FROM debian:13\nRUN ["rm", "a $f b"]\n'),
        Example("A shell that is none", 'FROM debian:13\nSHELL ["python3", "-c"]\nRUN print("a $f b")\n'),
        Example(
            "Silenced by its own code", "FROM debian:13\n# hadolint ignore=SC2086\nRUN for f in *; do rm $f ; done\n"
        ),
    ),
    twins=("shellcheck:SC2086",),
    words=("run",),
    links=("https://www.shellcheck.net/wiki/",),
)
