ARG I="a b"
FROM $I
