"""The rules of `bakegen lint`: one file a rule, each with its reasons, examples and fix; found, not listed.

`model` says what a rule is, `dockerfiles` what a rule about Dockerfiles may look at, `check` runs them, `fixing` mends.
Rules lie in folders by what they look at: `buildkit`, `practice` and `cache` (Dockerfiles), `bakefiles`, `definitions`.
"""
