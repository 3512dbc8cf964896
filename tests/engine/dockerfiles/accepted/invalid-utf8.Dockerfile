FROM scratch AS base
ENV A=ÿþ B=ok
LABEL x="Ã"
RUN echo €
# ÿ comment
COPY aÿ /b
