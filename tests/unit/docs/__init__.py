"""Tests of README.md and of everything below bakegen/docs."""
