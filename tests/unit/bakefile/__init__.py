"""Tests of `bakegen.bakefile`."""
