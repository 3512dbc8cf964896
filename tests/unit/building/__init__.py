"""Tests of `bakegen.building`."""
