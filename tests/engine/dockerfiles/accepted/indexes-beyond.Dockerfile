FROM scratch
COPY --from=scratch /a /a
COPY --from=1 /a /b
