"""What makes a good Dockerfile, whatever it costs in time: twins of hadolint's rules, and more."""
