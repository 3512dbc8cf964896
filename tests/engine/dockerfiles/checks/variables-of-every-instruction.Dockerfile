ARG G=1
ARG H
FROM busybox AS a
ARG B=$A
ARG C=1 D=$C E=$F F=$E
ENV X=$X Y=$B
ENV $K=1
LABEL l=$G m=${H:+x}
USER $U
VOLUME $V/x
VOLUME ["/$W"]
WORKDIR /$P
STOPSIGNAL ${S:-9}
EXPOSE ${Q:-80}
COPY --chown=0:${O:-0} --chmod=${M:-644} a$R /$T
ADD <<E <<'F' /x/
$a ${b} '$c'
E
$d
F
RUN --mount=type=cache,target=/c$C1,id=$I --mount=type=tmpfs,target=/t echo $Z
HEALTHCHECK CMD $Z
FROM a
ARG N
LABEL a=$C b=$B c=$N d='$O1' e="$O2" f=\$O3 g=$F
ENV A=1
LABEL a=$A b=$$ c=$1
