"""The `bakegen` command: `python -m bakegen` and the console script both start here."""

from __future__ import annotations

import contextlib
import gc
import sys


def main() -> int:
    """Runs the command line and returns its exit code."""
    if sys.argv[1:] == ["--version"]:  # asked by scripts at every step: answered without the command line library
        from bakegen import __version__

        with contextlib.suppress(OSError):  # what to do then the command line knows
            print(f"bakegen {__version__}", flush=True)
            return 0
    # A command makes many small values and hardly any circles: looking for those takes a tenth of a short run.
    gc.set_threshold(100_000, 20, 100)
    from bakegen.cli.main import run

    code = run(sys.argv[1:])
    # The process ends here: the interpreter would look through all that is loaded for circles, several times.
    gc.freeze()
    return code


def plugin() -> int:
    """Runs ``docker-bakegen``, which docker's client calls for `docker bakegen …`, and returns its exit code."""
    gc.set_threshold(100_000, 20, 100)
    from bakegen.cli.plugin_protocol import main as answer

    code = answer(sys.argv[1:])
    gc.freeze()
    return code


if __name__ == "__main__":
    raise SystemExit(main())
