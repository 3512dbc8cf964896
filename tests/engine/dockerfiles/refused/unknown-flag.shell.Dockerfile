FROM scratch
SHELL --x ["a"]
