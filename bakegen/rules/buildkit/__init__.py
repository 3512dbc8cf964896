"""Twins of the checks that BuildKit makes before a build, with the same findings."""
