FROM base
COPY --from=assets / /a
COPY --from=scripts / /s
COPY --from=src / /src
COPY --from=layout / /l
COPY --from=alpine / /alpine
