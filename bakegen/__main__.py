"""The `bakegen` command: `python -m bakegen` and the console script both start here."""

from __future__ import annotations

import sys


def main() -> int:
    """Runs the command line and returns its exit code."""
    from bakegen.cli.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
