FROM scratch
COPY --parents a/./b c /to/
COPY --parents=false a /a
