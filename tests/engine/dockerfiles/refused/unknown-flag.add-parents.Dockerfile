FROM scratch
ADD --parents a /a
