"""From what a repository has already (bake files, compose files, Dockerfiles, workflows) to image definitions."""
