"""``python -m tests.simulator --cases 10000``: generates Dockerfiles, rewrites them, and looks for a difference.

Prints every counterexample, made small, and how often each rewrite was applied. Exit status 1 for any difference.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.simulator.case import read_case
from tests.simulator.checking import LEVELS, check, shrink
from tests.simulator.hunting import hunt_at_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.simulator.hunting import Total


def main(words: Sequence[str] | None = None) -> int:
    """Runs the hunt; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--cases", type=int, default=1000, help="how many Dockerfiles that build (default: 1000)")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the first")
    parser.add_argument("--level", choices=LEVELS, action="append", help="only this level")
    parser.add_argument("--only", action="append", default=[], help="only this rewrite; may be repeated")
    parser.add_argument("--skip", action="append", default=[], help="leave this rewrite out; may be repeated")
    parser.add_argument("--stop-after", type=int, default=10, help="stop after so many counterexamples (default: 10)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many processes (default: all cores)")
    parser.add_argument("--case", type=Path, help="check one case from a file instead")
    parser.add_argument("--write", type=Path, help="a folder to write counterexamples to")
    given = parser.parse_args(words)
    levels = tuple(given.level or LEVELS)
    if given.case is not None:
        case = read_case(given.case.read_text())
        report = check(case, levels, given.only, given.skip)
        print("\n".join(map(str, report.findings)) or f"no difference; built: {report.built} {report.why_not}")
        return 1 if report.findings else 0
    start = time.monotonic()

    told = 0

    def say(total: Total) -> None:
        nonlocal told
        for seed, _, finding in total.found[told:]:
            print(f"  seed {seed}: {str(finding).partition(chr(10))[0]}", file=sys.stderr)
        told = len(total.found)
        print(
            f"  {total.cases} cases, {total.wrong} counterexamples, {time.monotonic() - start:.0f} s", file=sys.stderr
        )

    total = hunt_at_once(given.cases, given.seed, levels, given.only, given.skip, given.stop_after, given.jobs, say)
    for seed, case, finding in total.found:
        small, why = shrink(case, finding, given.only, given.skip)
        text = f"# seed {seed}\n# {str(why).replace(chr(10), chr(10) + '# ')}\n{small}"
        print(f"{'=' * 100}\n{text}{'.' * 40} rewritten\n{why.rewritten}")
        if given.write is not None:
            given.write.mkdir(parents=True, exist_ok=True)
            (given.write / f"seed-{seed}-{finding.level}.case").write_text(text)
    seconds = time.monotonic() - start
    print(f"{total.cases} cases ({total.seeds} generated) in {seconds:.0f} s; {total.changed} rewritten texts changed")
    for (level, name), count in sorted(total.fired.items()):
        print(f"  {level:8} {name:20} in {count} cases")
    print(f"{total.excused} images of other build arguments differ where a named assumption does not hold")
    print(f"{total.wrong} counterexamples, {len(total.found)} of them unlike each other")
    return 1 if total.found else 0


if __name__ == "__main__":
    sys.exit(main())
