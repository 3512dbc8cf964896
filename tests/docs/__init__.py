"""What the tests of the documentation share: its pages, what is marked to be run in them, and how each kind is checked.

How to write a page whose examples are tested: `bakegen/docs/README.md`.
"""
