"""What makes builds miss caches, and copies and mounts that do not do what they seem to."""
