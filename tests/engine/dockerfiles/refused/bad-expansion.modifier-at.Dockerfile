FROM scratch
ENV A=${B@Q}
