FROM scratch
USER --x root
