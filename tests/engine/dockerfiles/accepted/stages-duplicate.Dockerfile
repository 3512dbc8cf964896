FROM scratch AS x
ENV A=1
FROM x AS x
ARG B=$A
FROM scratch AS y
COPY --from=x /a /a
