"""What the builds of a history would have run under different policies for caches, told without building; pure.

`policies` goes through the builds of a history; `figures` sums up what ran; `shown` and `page` say it.
"""
