"""Tests of bakegen.pruning."""
