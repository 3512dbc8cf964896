FROM --platform=linux/amd64 scratch AS amd64
COPY --chown=1000:1000 --chmod=0644 --link a /a
COPY --chown=user:group a /a
COPY --chmod=u=rwX,go=rX a /a
COPY --link=false --exclude=*.o --exclude=x/** a /a
COPY -- --a /a
COPY --chown=1 -- -x- /a
COPY --ch"ow"n='1:2' a /a
COPY --chown=a\ b a /a
ADD --chown=1 --chmod=755 --link a /a
ADD --keep-git-dir=true https://example.com/a/b.git /a
ADD --keep-git-dir https://example.com/a/b.git#main:sub /a
ADD --checksum=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 https://example.com/x /x
ADD --exclude=a b /c
RUN --network=none true
RUN --network=host true
RUN --mount=type=cache,target=/c,id=i,sharing=locked,uid=1,gid=2,mode=0755 --network=none true
RUN -- --odd
RUN -x --mount=not-a-flag
RUN --mount=target=/a -- --mount=target=/b
HEALTHCHECK --interval=1m30s --timeout=1.5h --start-period=0 --start-interval=500ms --retries=3 CMD true
HEALTHCHECK --interval= CMD true
ARG --ignored A=1
STOPSIGNAL --ignored 9
CMD -- --x
