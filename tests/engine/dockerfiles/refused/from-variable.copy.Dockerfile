FROM scratch
ARG A=x
COPY --from=$A a /a
