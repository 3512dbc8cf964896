"""What `bakegen doctor` does: looks at everything side by side first, then judges what was seen."""
