FROM busybox
CMD a
CMD b
LABEL a=$A
FROM busybox AS x
WORKDIR y
FROM busybox
ENV A b
FROM x AS y
WORKDIR z
FROM scratch
COPY --from=y /y /
