FROM scratch AS a
ONBUILD COPY --bogus a /b
FROM a
