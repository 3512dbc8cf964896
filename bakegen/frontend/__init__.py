"""The BuildKit frontend: ``# syntax=`` or ``BUILDKIT_SYNTAX`` hands it a Dockerfile, it hands on a rewritten one.

Run by BuildKit as ``python -m bakegen.frontend`` in a container of its own. From the bottom up: `wire` (gRPC over
stdin and stdout), `bridge` (typed calls), `llb` (the few definitions that are made here), `request` (what the build was
asked for), `context` (files of the build), `rewriting` (the package's rewrites), `sourcemap` (lines of the rewritten
text back to those of the user's), `warnings` and `errors` (what the user reads), `solve` (the way of a build).
"""
