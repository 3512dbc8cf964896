"""What the images of a matrix have in common, by their layers and by their plan, and where they part: pure."""
