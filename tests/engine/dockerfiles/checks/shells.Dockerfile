FROM busybox AS a
CMD a
SHELL ["/bin/sh", "-c"]
ENTRYPOINT b
FROM a
CMD c
FROM busybox
CMD
ENTRYPOINT [ a
CMD []
