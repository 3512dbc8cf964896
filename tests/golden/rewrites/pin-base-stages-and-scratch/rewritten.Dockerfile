FROM trap@sha256:dbe169f25f7a146a6e81cd09635853cace67792bcaca35885023d49d4ecd11d1 AS one
RUN echo one > /one

FROM one AS two
RUN echo two > /two

FROM trap@sha256:dbe169f25f7a146a6e81cd09635853cace67792bcaca35885023d49d4ecd11d1 AS three
COPY --from=two /two /two

FROM scratch
COPY --from=three /two /two
COPY --from=one /one /one
