FROM scratch
ADD --from=base a /a
