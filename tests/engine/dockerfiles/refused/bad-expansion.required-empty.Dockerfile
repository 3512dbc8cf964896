FROM scratch
ENV B=""
ENV A=${B:?}
