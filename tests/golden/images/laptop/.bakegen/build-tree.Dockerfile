# Rendered by bakegen from build-tree/Dockerfile: change that file, then run `bakegen render`.
# Rewritten by add-link; `bakegen rewrite` shows why.
#
# Build a tree, then hand over the part of it that other machines need.

FROM base-c AS build
WORKDIR /src
# A change in the sources compiles everything: make's own memory, the objects, is what this step makes. The Makefile and
# the headers come first because they change least.
COPY Makefile ./
COPY include include
COPY src src
COPY tests tests
RUN make -j"$(nproc)" OUT=/out

# What is left behind is decided here, in one place. Everything is kept by default: a new kind of file travels until
# somebody says otherwise, because a missing file is the worse surprise.
FROM build AS sorted
RUN mkdir /sorted \
 && cd /out \
 && tar -c --exclude="*.o" --exclude="*.a" --sort=name . | tar -x -C /sorted \
 && find /sorted -type d -empty -delete

# A layer for each part that changes at a pace of its own: with only the tests changed, only their layer travels.
FROM scratch AS handover
COPY --from=sorted --link /sorted/bin /bin
COPY --from=sorted --link /sorted/tests /tests
