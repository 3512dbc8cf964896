"""Settings of the suite."""

SECRET_KEY = "not a secret"
GREETING = "Hello"
