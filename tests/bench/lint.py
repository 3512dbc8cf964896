"""Linting, ours beside three others, in one run: `python -m tests.bench.lint [--corpus FOLDER] [--files N]`.

Times whole processes: one typical file, and many files in one call, on the same cores one after the other. Then prints
for each of hadolint's rules how often both report the same line of the same file, and how often only one of them does;
why is told in `lint_agreement`. The corpus is the Dockerfiles of this repository and generated ones like those that
people write, or all Dockerfiles of a folder. The peers come with `pip install '.[bench]'`; one that is not installed
is left out.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.dockerfile import read
from bakegen.rules.discovery import entries
from bakegen.text import Source
from bakegen.workspace.linting import find
from tests.bench.dockerfile import written_by_people

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[2]
AGREEMENT = Path(__file__).with_name("lint_agreement")
ONE_FILE = 2000
"""How many bytes the file for the measurement of one file has, about."""


@dataclass(frozen=True)
class Linter:
    """One way to lint: the words of the command before the files, and variables on top of the environment."""

    name: str
    words: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()

    def seconds(self, files: Sequence[str], folder: Path) -> float:
        """How long the process takes on these files."""
        import os

        start = time.perf_counter()
        done = subprocess.run(
            [*self.words, *files],
            cwd=folder,
            env={**os.environ, **dict(self.environment)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        took = time.perf_counter() - start
        if done.returncode not in (0, 1):
            print(f"{self.name} ended with {done.returncode}", file=sys.stderr)
        return took


def linters(cache: Path) -> Iterator[Linter]:
    """Ours, without and with results of an earlier run, and the peers that are installed."""
    ours = (sys.executable, "-m", "bakegen", "lint", "--isolated", "--format", "json")
    yield Linter("bakegen", (*ours, "--no-cache", "--no-shellcheck"))
    if installed("shellcheck") is not None:
        yield Linter("bakegen, with shellcheck", (*ours, "--no-cache", "--shellcheck"))
    yield Linter("bakegen, unchanged files", ours, (("XDG_CACHE_HOME", str(cache)),))
    for name, words in (
        ("hadolint", ("hadolint", "--no-color", "-f", "json")),
        ("tally", ("tally", "lint", "--no-config", "--format", "json")),
        ("tally, without shellcheck", ("tally", "lint", "--no-config", "--slow-checks=off", "--ignore", "shellcheck/*",
                                       "--format", "json")),
        ("dockerfile-doctor", ("dockerfile-doctor", "--format", "json")),
    ):  # fmt: skip
        program = installed(words[0])
        if program is not None:
            yield Linter(name, (program, *words[1:]))
        elif "," not in name:
            print(f"{name} is not installed: left out", file=sys.stderr)


def installed(program: str) -> str | None:
    """A program beside this Python, or on the PATH."""
    beside = Path(sys.executable).with_name(program)
    return str(beside) if beside.is_file() else shutil.which(program)


def corpus(folder: Path | None, most: int, into: Path) -> list[str]:
    """Copies at most so many Dockerfiles, each in a folder of its own; out: their paths in `into`."""
    texts: list[bytes] = []
    if folder is not None:
        texts = [path.read_bytes() for path, kind in find([folder])[0] if kind == "Dockerfile"]
    else:
        for place in ("images", "tests/golden/rewrites", "tests/engine/dockerfiles/accepted", "tests/bench/projects"):
            texts += [path.read_bytes() for path, kind in find([ROOT / place])[0] if kind == "Dockerfile"]
        texts += [written_by_people(seed).encode() for seed in range(max(0, most - len(texts)))]
    names = []
    for number, text in enumerate(dict.fromkeys(texts)):
        if number == most:
            break
        name = f"{number:04d}/Dockerfile"
        (into / name).parent.mkdir()
        (into / name).write_bytes(text)
        names.append(name)
    return names


def main(argv: Sequence[str] | None = None) -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="a folder with Dockerfiles")
    parser.add_argument("--files", type=int, default=1000, help="how many files at most (default: 1000)")
    parser.add_argument("--rounds", type=int, default=9, help="runs on the one file that the median is taken of")
    parser.add_argument("--agreement-only", action="store_true", help="measure nothing")
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "corpus"
        folder.mkdir()
        files = corpus(given.corpus, given.files, folder)
        if not given.agreement_only:
            # A file that BuildKit does not read ends a whole run of tally.
            readable = [name for name in files if read(Source.from_bytes(name, (folder / name).read_bytes())).ok]
            measure(readable, folder, Path(temporary) / "cache", given.rounds)
        program = installed("hadolint")
        if program is not None:
            print_agreement(hadolint_lines(program, files, folder), our_lines(files, folder))


def measure(files: Sequence[str], folder: Path, cache: Path, rounds: int) -> None:
    """Prints the table of times."""
    sizes = {name: (folder / name).stat().st_size for name in files}
    one = min(files, key=lambda name: abs(sizes[name] - ONE_FILE))
    print(
        f"{len(files)} files of {statistics.mean(sizes.values()):.0f} bytes on average; the one file has {sizes[one]}"
    )
    print(f"{'':28} {'one file':>10} {'all files':>10}")
    for linter in linters(cache):
        linter.seconds([one], folder)
        single = statistics.median(linter.seconds([one], folder) for _ in range(rounds))
        if "unchanged" in linter.name:
            linter.seconds(files, folder)
        print(f"{linter.name:28} {single * 1000:7.0f} ms {linter.seconds(files, folder):8.2f} s", flush=True)


Lines = dict[str, set[tuple[str, int]]]
"""Code of hadolint -> file and line."""


def hadolint_lines(program: str, files: Sequence[str], folder: Path) -> Lines:
    """What hadolint reports."""
    done = subprocess.run([program, "-f", "json", *files], cwd=folder, capture_output=True, check=False)
    found: Lines = {}
    for one in json.loads(done.stdout or b"[]"):
        found.setdefault(one["code"], set()).add((one["file"], one["line"]))
    return found


def our_lines(files: Sequence[str], folder: Path) -> Lines:
    """What we report, by hadolint's codes; a finding lies on all lines of its instruction that hadolint may name."""
    line = [sys.executable, "-m", "bakegen", "lint", "--isolated", "--no-cache", "--select", "ALL", "--format", "json"]
    done = subprocess.run([*line, *files], cwd=folder, capture_output=True, check=False)
    found: Lines = {}
    for one in json.loads(done.stdout)["findings"]:
        for twin in one["twins"]:
            tool, _, code = twin.partition(":")
            if tool == "hadolint":
                place = (
                    one["file"],
                    first_line((folder / one["file"]).read_text(errors="replace"), one["line"]),
                )
                found.setdefault(code, set()).add(place)
    return found


def first_line(text: str, line: int) -> int:
    """The line on which the instruction begins that stands at `line`: that is what hadolint reports."""
    from bakegen.dockerfile import parse
    from bakegen.text import Source

    for node in parse(Source("", text)).instructions:
        if node.line <= line <= max(node.end_line, node.line):
            return node.line
    return line


def print_agreement(theirs: Mapping[str, set[tuple[str, int]]], ours: Lines) -> None:
    """Prints the table of agreement, rule by rule."""
    told = explained()
    twins = {
        twin.partition(":")[2]: one.code for one in entries() for twin in one.twins if twin.startswith("hadolint:")
    }
    print(f"\n{'hadolint':9} {'bakegen':8} {'both':>6} {'only it':>8} {'only we':>8}  told in lint_agreement")
    total: Counter[str] = Counter()
    for code in sorted({*theirs, *ours, *twins}):
        if not code.startswith("DL"):
            continue
        both = theirs.get(code, set()) & ours.get(code, set())
        alone, we = theirs.get(code, set()) - both, ours.get(code, set()) - both
        total.update(both=len(both), alone=len(alone), we=len(we))
        note = "yes" if code in told else "-" if not alone and not we else "NO"
        print(f"{code:9} {twins.get(code, '-'):8} {len(both):6} {len(alone):8} {len(we):8}  {note}")
    print(f"{'all':18} {total['both']:6} {total['alone']:8} {total['we']:8}")


def explained() -> set[str]:
    """The codes whose disagreements are told."""
    pages: Iterable[Path] = AGREEMENT.glob("*.md")
    return {code for page in pages for code in re.findall(r"^#+ .*?(DL\d{4})", page.read_text(), re.MULTILINE)}


if __name__ == "__main__":
    main()
