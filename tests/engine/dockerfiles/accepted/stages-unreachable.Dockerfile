FROM scratch AS bad
EXPOSE $UNSET
STOPSIGNAL NOPE
COPY --chmod=x a /a
RUN --mount=type=nothing,target=/x true
COPY --from=later /a /a
FROM scratch AS later
ENV A=${UNSET:?}
FROM scratch
