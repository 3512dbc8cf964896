FROM scratch
COPY <<E /x
${A:?needed}
E
