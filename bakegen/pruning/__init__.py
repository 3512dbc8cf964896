"""What is in registries and what of it can go: references, manifests and blobs as a graph, sizes, policies; pure."""
