"""Reading Dockerfiles, ours beside two others, in one run: `python -m tests.bench.dockerfile [--files N]`.

The same files go through each: the awkward ones that the tests hold against BuildKit, and generated ones like those
people write (2 KB on average). Prints the median of a file in microseconds, and how time grows with a file's size.
"""

from __future__ import annotations

import argparse
import gc
import random
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bakegen.dockerfile import parse, read
from bakegen.dockerfile.lexer import split_words
from bakegen.text import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOLDER = Path(__file__).parents[1] / "engine" / "dockerfiles" / "accepted"
ROUNDS = 7
PAIRS = ("ENV", "LABEL", "ARG")

_APT = "apt-get update && \\\n    apt-get install -y --no-install-recommends \\\n{}    && rm -rf /var/lib/apt/lists/*"
_PACKAGES = "build-essential curl git ca-certificates libpq-dev libssl-dev pkg-config unzip wget gnupg tini".split()  # noqa: SIM905


def written_by_people(seed: int) -> str:
    """A Dockerfile like those in repositories: a few stages, package installs, copies, configuration."""
    choose = random.Random(seed)
    lines = ["# syntax=docker/dockerfile:1"] if choose.random() < 0.3 else []
    lines += ["ARG VERSION=3.12", ""]
    for number in range(choose.choice((1, 1, 1, 2, 3))):
        lines += [f"# Stage {number}: what it is for", f"FROM python:${{VERSION}}-slim AS stage{number}", ""]
        lines += ["ENV PYTHONUNBUFFERED=1 \\", "    PIP_NO_CACHE_DIR=1 \\", '    APP_HOME="/srv/app"']
        packages = "".join(f"        {name} \\\n" for name in choose.sample(_PACKAGES, choose.randint(2, 8)))
        lines += ["RUN " + _APT.format(packages), "", "WORKDIR $APP_HOME"]
        if choose.random() < 0.5:
            lines += ["# Dependencies first, so that their layer is kept.", "COPY requirements.txt pyproject.toml ./"]
        cache = choose.choice(("", "--mount=type=cache,target=/root/.cache/pip "))
        lines += [f"RUN {cache}pip install -r requirements.txt"]
        if choose.random() < 0.25:
            body = [f"echo step {step}" for step in range(choose.randint(2, 9))]
            lines += ["RUN <<EOF", "set -eux", *body, "EOF"]
        for step in range(choose.randint(1, 6)):
            lines += [
                f"RUN set -eux; \\\n    # step {step}\n    ./configure --prefix=/opt/{step}; \\\n    make -j4 install"
            ]
        lines += ["COPY --chown=1000:1000 . .", f'LABEL org.opencontainers.image.title="app {number}" maintainer=me']
    lines += [
        "EXPOSE 8000/tcp 9000",
        "USER 1000:1000",
        "HEALTHCHECK --interval=30s CMD curl -f localhost:8000 || exit 1",
    ]
    lines += ['ENTRYPOINT ["tini", "--"]', 'CMD ["python", "-m", "app"]', ""]
    return "\n".join(lines)


def corpus(files: int) -> list[str]:
    """Texts that all readers here accept: the awkward ones and `files` generated ones."""
    awkward = [path.read_bytes() for path in sorted(FOLDER.glob("*.Dockerfile"))]
    texts = []
    for data in awkward:
        try:
            texts.append(data.decode())
        except UnicodeDecodeError:
            continue  # the others take no such bytes
    return texts + [written_by_people(seed) for seed in range(files)]


def tree(text: str) -> None:
    """Ours: the lossless tree."""
    parse(Source("Dockerfile", text))


def tree_and_words(text: str) -> None:
    """Ours: the tree, and the words of every ENV, LABEL and ARG, which the others also split."""
    found = parse(Source("Dockerfile", text))
    for node in found.instructions:
        if node.name in PAIRS:
            split_words(node.logical, node.arguments_start, node.arguments_end, found.escape)


def model(text: str) -> None:
    """Ours: the tree and the whole model, every instruction checked."""
    read(Source("Dockerfile", text))


def readers() -> Iterator[tuple[str, Callable[[str], object]]]:
    """Each reader that is installed, by name."""
    yield "bakegen tree", tree
    yield "bakegen tree + words", tree_and_words
    yield "bakegen model", model
    try:
        import e2b_dockerfile_utils  # type: ignore[import-not-found, import-untyped, unused-ignore]

        yield "e2b-dockerfile-utils", e2b_dockerfile_utils.parse_dockerfile_ast
    except ImportError:
        print("e2b-dockerfile-utils is not installed: pip install -e .[bench]", file=sys.stderr)
    try:
        import dockerfile  # type: ignore[import-not-found, import-untyped, unused-ignore]

        yield "dockerfile", dockerfile.parse_string
    except ImportError:
        print("dockerfile is not installed: pip install -e .[bench]", file=sys.stderr)


def compare(texts: list[str]) -> None:
    """Prints the median time of a file for each reader; rounds are interleaved, the best of each file counts."""
    chosen = list(readers())
    accepted = []
    for text in texts:
        try:
            for _, reader in chosen:
                reader(text)
        except Exception:  # what one reader refuses is no base for a comparison
            continue
        accepted.append(text)
    best = {name: [float("inf")] * len(accepted) for name, _ in chosen}
    for _ in range(ROUNDS):
        for name, reader in chosen:
            gc.collect()
            times = best[name]
            for index, text in enumerate(accepted):
                start = time.perf_counter()
                reader(text)
                times[index] = min(times[index], time.perf_counter() - start)
    size = sum(len(text.encode()) for text in accepted) / len(accepted)
    medians = {name: statistics.median(times) * 1e6 for name, times in best.items()}
    print(f"{len(accepted)} of {len(texts)} files, {size:.0f} bytes on average, best of {ROUNDS} rounds\n")
    print(f"{'reader':24}{'median µs':>10}" + "".join(f"{'/ ' + name:>24}" for name in list(medians)[3:]))
    for name, median in medians.items():
        ratios = "".join(f"{median / medians[other]:>24.2f}" for other in list(medians)[3:])
        print(f"{name:24}{median:>10.0f}{ratios}")


def growing(size: int) -> Iterator[tuple[str, str]]:
    """Texts of every kind that could take more than linear time, `size` lines or words long."""
    yield "lines", "FROM a\n" + "RUN echo hi && true # x\n" * size
    yield "3 MB of people's files", "\n".join(written_by_people(seed) for seed in range(size // 65))
    yield "comments", "FROM a\n" + "# a comment\n" * size
    yield "continuation lines", "FROM a\nRUN x \\\n" + "  y \\\n" * size + " z\n"
    yield "comments in continuation", "FROM a\nRUN x \\\n" + "  # y\n" * size + " z\n"
    yield "heredocs", "FROM a\n" + "RUN <<E\nx\nE\n" * (size // 3)
    yield "unterminated heredocs", "FROM a\n" + "".join(f"RUN <<E{number}\n" for number in range(size))
    yield "unknown instructions", "FROM a\n" + "FOO bar\n" * size
    yield "environment", "FROM a\n" + 'ENV A="b c" D=$A\n' * size
    yield "stages", "".join(f"FROM a AS s{n}\nCOPY --from=s{max(0, n - 1)} /x /y\n" for n in range(size // 2))
    yield "one long line", "FROM a\nRUN " + "x " * min(size // 4, 30_000) + "\n"
    yield "one long ENV", "FROM a\nENV A=" + "\"a\"'b'" * min(size // 12, 9_000) + "\n"


def growth(size: int) -> None:
    """Prints the time of each kind of text, and how it grows where the text doubles: 2 is linear."""
    print(f"\n{'what':28}{'bytes':>10}{'parse s':>10}{'x':>6}{'read s':>10}{'x':>6}")
    for (name, small), (_, large) in zip(growing(size // 2), growing(size), strict=True):
        row = f"{name:28}{len(large):>10}"
        for reader in (tree, model):
            times = []
            for text in (small, large):
                best = float("inf")
                for _ in range(3):
                    gc.collect()
                    start = time.perf_counter()
                    reader(text)
                    best = min(best, time.perf_counter() - start)
                times.append(best)
            row += f"{times[1]:>10.3f}{times[1] / times[0]:>6.1f}"
        print(row, flush=True)


def main() -> None:
    """Runs both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=300, help="how many generated files")
    parser.add_argument("--lines", type=int, default=100_000, help="how long the long files are")
    options = parser.parse_args()
    compare(corpus(options.files))
    growth(options.lines)


if __name__ == "__main__":
    main()
