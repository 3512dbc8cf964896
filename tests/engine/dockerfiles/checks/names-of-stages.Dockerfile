FROM busybox AS a
FROM a AS A
FROM a AS a
FROM busybox AS scratch
FROM scratch
CMD ["a"]
