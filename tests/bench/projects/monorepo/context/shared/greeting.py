"""What all services share."""


def of(text: str) -> str:
    """A greeting."""
    return f"{text}!"
