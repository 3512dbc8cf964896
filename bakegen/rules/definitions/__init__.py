"""Rules about image definitions: image.yaml and bakegen.yaml."""
