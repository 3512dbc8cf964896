"""Gemfile and Gemfile.lock: what is local in them, and code that reading one runs; used by the model of bundler.

Source: https://bundler.io/man/gemfile.5.html and https://bundler.io/guides/bundler_docker_guide.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ENVIRONMENT = re.compile(r"""\bENV(?:\.fetch\(\s*|\.key\?\(\s*|\[\s*)['"]([A-Za-z_][A-Za-z0-9_]*)['"]""")
_RUBY_FILE = re.compile(r"""^\s*ruby\s*\(?\s*(?:file:\s*|File\.read\(\s*)['"]([^'"]+)['"]\s*\)?(?:\.\w+)*\s*\)?\s*$""")
_PATH = re.compile(r"""(?:\bpath:|:path\s*=>|^\s*path\s*\(?)\s*['"]([^'"]+)['"]""")
_CODE = re.compile(
    r"\b(?:File|IO|Dir|Pathname|Kernel|Open3|YAML|JSON|Bundler|Gem|require|require_relative|load|eval|instance_eval"
    r"|eval_gemfile|system|exec|spawn|open|send|binding|__dir__|__FILE__|plugin|install_if|exist\?)\b|`|%x|\bENV\b"
)
_GEMSPEC = re.compile(r"^\s*gemspec\b")
_COMMENT = re.compile(r"(?:^|\s)#(?!\{).*$")


@dataclass(frozen=True, slots=True)
class Gemfile:
    """What a Gemfile says.

    Attributes:
        files: files that it reads, as written.
        local: directories that gems come from.
        gemspec: whether it takes the project's own gemspec.
        code: lines that do more than name gems.
        variables: variables that it looks at.
    """

    files: tuple[str, ...] = ()
    local: tuple[str, ...] = ()
    gemspec: bool = False
    code: tuple[str, ...] = ()
    variables: frozenset[str] = frozenset()


def read_gemfile(text: str) -> Gemfile:
    """What the text of a Gemfile says; it is Ruby, so that everything unusual counts as code."""
    files: list[str] = []
    local: list[str] = []
    code: list[str] = []
    variables: set[str] = set()
    gemspec = False
    for line in text.splitlines():
        line = _COMMENT.sub("", line)
        variables.update(_ENVIRONMENT.findall(line))
        line = _ENVIRONMENT.sub("", line)
        wanted = _RUBY_FILE.match(line)
        if wanted:
            files.append(wanted[1])
            continue
        local += _PATH.findall(line)
        gemspec = gemspec or _GEMSPEC.match(line) is not None
        if _CODE.search(_without_strings(line)):
            code.append(line.strip())
    return Gemfile(tuple(files), tuple(dict.fromkeys(local)), gemspec, tuple(code), frozenset(variables))


def _without_strings(line: str) -> str:
    """The line without plain strings; one with code in it (``#{…}``) stays."""
    line = re.sub(r"""'[^']*'|"(?:[^"#\\]|\\.|#(?!\{))*\"""", "''", line)
    # Names of options are no calls: `require: false`, `:require => false`.
    return re.sub(r"\b\w+:(?!:)|(?<!:):\w+", "", line)


def read_gemfile_lock(text: str) -> tuple[str, ...]:
    """The directories that gems of a Gemfile.lock come from."""
    found: list[str] = []
    inside = False
    for line in text.splitlines():
        if line and not line[0].isspace():
            inside = line.strip() == "PATH"
        elif inside and line.strip().startswith("remote:"):
            found.append(line.partition(":")[2].strip())
    return tuple(dict.fromkeys(found))
