"""``python -m bakegen.frontend``: the entry point of the frontend's image."""

from __future__ import annotations

from bakegen.frontend.main import main

if __name__ == "__main__":
    raise SystemExit(main())
