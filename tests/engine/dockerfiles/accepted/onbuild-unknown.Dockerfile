FROM scratch AS base
ONBUILD UNKNOWN thing
ONBUILD COPY --bogus a b
ONBUILD COPY a
FROM scratch
