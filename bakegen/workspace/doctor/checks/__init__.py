"""The table of all checks; a new one goes into the table at the end of its module."""

from __future__ import annotations

from bakegen.workspace.doctor.checks import builder, caching, engine, machine, project, registry

CHECKS = (*engine.CHECKS, *builder.CHECKS, *caching.CHECKS, *registry.CHECKS, *project.CHECKS, *machine.CHECKS)
"""Every check, in the order in which they are shown."""

GROUPS = tuple(dict.fromkeys(check.group for check in CHECKS))
"""What `--only` may name."""
