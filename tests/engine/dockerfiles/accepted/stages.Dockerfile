# base is the start
FROM scratch AS base
FROM base AS Upper.Case_and-1
# upper is not its name
FROM upper.case_and-1
COPY --from=BASE /a /a
COPY --from=Upper.Case_And-1 /a /a
COPY --from=0 /a /b
FROM scratch
COPY --from=1 /a /a
COPY --from=scratch /a /a
RUN --mount=from=base,target=/m true

# last describes itself

#
# last is detached
# last, and this line
# last stage of all
FROM scratch as last
RUN --mount=from=Base,target=/m true
