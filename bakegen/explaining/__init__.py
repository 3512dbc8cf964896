"""What a change makes BuildKit run again, told from the inputs of each step, without building anything; pure.

`chains` makes a chain of steps of every target, each with keys over all that decides whether BuildKit finds it in a
cache; `compare` holds the chains of two commits against each other; `shown`, `markdown` and `data` say it.
"""
