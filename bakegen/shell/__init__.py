"""The shell texts of RUNs: text to tree (`grammar.parse`), words to values (`expand`), and the way back to the source.

Pure, and without a word about what commands do: that is said in `bakegen.effects`.
"""
