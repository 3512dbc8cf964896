"""Rules about files as a whole and about the comments that silence other rules."""
