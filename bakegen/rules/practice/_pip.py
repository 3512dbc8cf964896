"""pip as rules see it: its installs, whatever it is called by, and where it keeps its cache.

Source: https://pip.pypa.io/en/stable/cli/pip_install/ and .../topics/caching/.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakegen.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bakegen.rules.calls import ShellCall, ShellWord
    from bakegen.rules.dockerfiles import DockerfileSubject

CACHE = "~/.cache/pip"
_NAME = re.compile(r"pip(?:[23](?:\.\d+)?)?")
_PYTHON = re.compile(r"(?:python(?:[23](?:\.\d+)?)?|pypy3?)")
_VALUED = frozenset(
    [
        "-r",
        "--requirement",
        "-c",
        "--constraint",
        "-e",
        "--editable",
        "-t",
        "--target",
        "--platform",
        "--python-version",
        "--implementation",
        "--abi",
        "--root",
        "--prefix",
        "--src",
        "--upgrade-strategy",
        "-C",
        "--config-settings",
        "--config-setting",
        "--global-option",
        "--install-option",
        "--no-binary",
        "--only-binary",
        "-i",
        "--index-url",
        "--pypi-url",
        "--extra-index-url",
        "-f",
        "--find-links",
        "--progress-bar",
        "--root-user-action",
        "--report",
        "--log",
        "--proxy",
        "--retries",
        "--timeout",
        "--exists-action",
        "--trusted-host",
        "--cert",
        "--client-cert",
        "--cache-dir",
        "--use-feature",
        "--use-deprecated",
        "--python",
        "--keyring-provider",
        "-b",
        "--build",
        "--build-constraint",
        "--resume-retries",
        "--uploaded-prior-to",
        "--group",
        "--default-timeout",
        "--requirements-from-script",
    ]
)
"""Options of ``pip install`` that take the next word."""


@dataclass(frozen=True)
class PipInstall:
    """A ``pip install``.

    Attributes:
        call: the call, of pip or of python.
        verb: the word ``install``.
        operands: what is installed, as it is written.
        options: the options, without the values that stand in words of their own.
    """

    call: ShellCall
    verb: ShellWord
    operands: tuple[ShellWord, ...]
    options: frozenset[str]


def installs(subject: DockerfileSubject) -> Iterator[PipInstall]:
    """All calls of ``pip install``, also as ``python -m pip install``."""
    for script in subject.scripts:
        for call in script.calls:
            words = call.words
            if _PYTHON.fullmatch(call.name):
                at = next((index for index, word in enumerate(words) if word.text == "-m"), None)
                if at is None or len(words) < at + 2 or words[at + 1].text != "pip":
                    continue
                words = words[at + 2 :]
            elif not _NAME.fullmatch(call.name):
                continue
            found = _read(call, words)
            if found is not None:
                yield found


def _read(call: ShellCall, words: tuple[ShellWord, ...]) -> PipInstall | None:
    operands: list[ShellWord] = []
    options: set[str] = set()
    waiting = iter(words)
    for word in waiting:
        text = word.text
        if text.startswith("-") and len(text) > 1:
            name = text.partition("=")[0]
            options.add(name if name.startswith("--") else name[:2])
            if text in _VALUED:
                next(waiting, None)
        else:
            operands.append(word)
    if not operands or operands[0].text != "install":
        return None
    return PipInstall(call, operands[0], tuple(operands[1:]), frozenset(options))
