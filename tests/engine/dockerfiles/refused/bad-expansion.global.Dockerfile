ARG A=${B:?needed}
FROM scratch
