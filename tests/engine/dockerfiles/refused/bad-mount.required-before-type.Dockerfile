FROM scratch
RUN --mount=required,type=secret,id=x true
