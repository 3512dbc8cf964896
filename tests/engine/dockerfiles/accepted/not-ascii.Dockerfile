FROM scratch AS base
# ÜMLAUT größe
ARG ÜMLAUT=ß
ENV Ä=$ÜMLAUT B=${ÜMLAUT}x
LABEL naïve="日本語" emoji=🐳
COPY --chown=1 größe /日本/
RUN echo 'ünï' <<ENDÉ
köpfe
ENDÉ
WORKDIR /ü
