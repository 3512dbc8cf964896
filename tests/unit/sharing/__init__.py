"""Tests of bakegen.sharing."""
