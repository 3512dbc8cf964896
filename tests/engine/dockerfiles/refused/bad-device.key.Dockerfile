FROM scratch
RUN --device=name=a,class=b true
