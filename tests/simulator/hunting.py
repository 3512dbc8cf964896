"""Many cases one after the other; used by the property test and by ``python -m tests.simulator``."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.simulator.checking import LEVELS, check
from tests.simulator.generator import generate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.simulator.case import Case
    from tests.simulator.checking import Finding


_PART = 250
_APART = 100_000


@dataclass
class Total:
    """The sum of many cases: `cases` could be built, of `seeds` that were generated; `wrong` counts all findings.

    `excused` counts images that differ for build arguments against which an assumption was named.
    """

    cases: int = 0
    seeds: int = 0
    changed: int = 0
    wrong: int = 0
    excused: int = 0
    fired: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: list[tuple[int, Case, Finding]] = field(default_factory=list)

    def __iadd__(self, other: Total) -> Total:
        self.cases += other.cases
        self.seeds += other.seeds
        self.changed += other.changed
        self.wrong += other.wrong
        self.excused += other.excused
        self.fired += other.fired
        self.found += other.found
        return self


def hunt(
    cases: int,
    seed: int = 0,
    levels: Sequence[str] = LEVELS,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    stop_after: int = 1,
    alike: int = 1,
) -> Total:
    """Checks `cases` generated cases; ends early after `stop_after` counterexamples, of which `alike` may be alike.

    Raises `RuntimeError` where too few generated Dockerfiles can be built at all.
    """
    total = Total()
    while total.cases < cases and len(total.found) < stop_after:
        case = generate(seed + total.seeds)
        report = check(case, levels, only, skip)
        total.seeds += 1
        if not report.built:
            if total.seeds > 100 + 4 * total.cases:
                raise RuntimeError(f"only {total.cases} of {total.seeds} generated Dockerfiles build: {report.why_not}")
            continue
        total.cases += 1
        total.changed += report.changed
        total.excused += report.excused
        total.fired += report.fired
        for finding in report.findings:
            total.wrong += 1
            likes = sum((one.rewrites, one.kind) == (finding.rewrites, finding.kind) for _, _, one in total.found)
            if likes < alike:
                total.found.append((seed + total.seeds - 1, case, finding))
    return total


def hunt_at_once(
    cases: int,
    seed: int,
    levels: Sequence[str],
    only: Sequence[str],
    skip: Sequence[str],
    stop_after: int,
    jobs: int,
    say: Callable[[Total], None],
) -> Total:
    """As `hunt`, in parts that `jobs` processes share; the cases are the same for any number. `say` hears of parts."""
    sizes = [min(_PART, cases - at) for at in range(0, cases, _PART)]
    total = Total()
    with ProcessPoolExecutor(jobs) as pool:
        parts = [
            pool.submit(hunt, size, seed + index * _APART, levels, only, skip, stop_after)
            for index, size in enumerate(sizes)
        ]
        for part in parts:
            total += part.result()
            say(total)
            if len(total.found) >= stop_after:
                pool.shutdown(cancel_futures=True)
                break
    return total
