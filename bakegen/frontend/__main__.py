"""``python -m bakegen.frontend``: the entry point of the frontend's image."""

from __future__ import annotations

import gc

_GARBAGE = 100_000


def main() -> int:
    """Runs the frontend and returns its exit code."""
    # What lives is loaded modules and one build: looking for garbage in it, while they load too, costs more than it
    # finds.
    gc.set_threshold(_GARBAGE)
    from bakegen.frontend.main import main as run

    code = run()
    # The process ends here: the interpreter would look through all that is loaded for circles, several times.
    gc.freeze()
    return code


if __name__ == "__main__":
    raise SystemExit(main())
