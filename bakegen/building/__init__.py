"""What a build does and what it comes to, as values: decisions, progress, outcomes, reports; `bakegen.workspace` acts."""
