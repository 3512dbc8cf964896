"""What a build does and comes to, as values: decisions, progress, outcomes, reports; `bakegen.workspace` acts."""
