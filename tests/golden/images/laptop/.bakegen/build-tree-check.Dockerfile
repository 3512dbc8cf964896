# Rendered by bakegen from build-tree-check/Dockerfile: change that file, then run `bakegen render`.
#
# Run the tests that another machine has built.

FROM debian:trixie-slim
# The tree is mounted for the step: nothing of it is copied into a layer that nobody wants.
RUN --mount=type=bind,from=build-tree,target=/tree \
    --mount=type=bind,source=run-tests.sh,target=/run-tests.sh \
    sh /run-tests.sh /tree
