FROM a@b
FROM scratch
