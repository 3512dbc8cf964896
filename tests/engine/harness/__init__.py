"""Real Docker engines, buildx and registries for the tests; `python -m tests.engine.harness up` gives them by hand."""
