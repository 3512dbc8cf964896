"""Tests of `bakegen.rules.formats`."""
