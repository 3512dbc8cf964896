"""Tests of `bakegen.rules`."""
