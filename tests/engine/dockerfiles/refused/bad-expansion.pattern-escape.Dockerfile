FROM scratch
ENV B=x
ENV A=${B#\x}
