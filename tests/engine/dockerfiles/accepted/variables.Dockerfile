# the first
ARG ONE=1
ARG TWO=${ONE}2
ARG ONLY_NAME
# THREE is made of two others
ARG THREE="$ONE and $TWO" FOUR='$ONE'
ARG FILE=a.tar.gz EMPTY=
FROM scratch AS forms
# ONE as in the head
ARG ONE
# LOCAL has a default
ARG LOCAL=local
ARG TWO=other
ARG FILE THREE FOUR EMPTY UNSET
ENV A=$ONE B=${TWO} C=${UNSET:-w} D=${UNSET-w} E=${EMPTY:-w} F=${EMPTY-w}
ENV A2=${ONE:+w} B2=${UNSET:+w} C2=${EMPTY+w} D2=${EMPTY:+w} E2=${ONE:?} F2=${EMPTY?}
ENV P1=${FILE#*.} P2=${FILE##*.} P3=${FILE%.*} P4=${FILE%%.*} P5=${FILE#?} P6=${FILE%??}
ENV R1=${FILE/a/b} R2=${FILE//a/b} R3=${FILE/./-} R4=${FILE//./} R5=${FILE/t*r/x} R6=${FILE//?/q}
ENV Q1='$ONE' Q2="$ONE" Q3=\$ONE Q4="a\"b" Q5="a\$b" Q6=a\ b Q7="it's" Q8='say "hi"'
ENV N1=${UNSET:-${ONE}} N2=${UNSET:-"a}b"} N3=${UNSET:-a\}b} N4=${ONE:+${TWO:+both}} N5="${UNSET:-'x'}"
ENV S1=$$ S2=$ S3=a$ S4=$1 S5=$@ S6="$" S7=$ONE$TWO S8=$ONE-$TWO S9=${ONE}x S10=$ONEx
ENV A=new B=$A
ENV $ONE=key K$ONE=v
ENV legacy $ONE  and   $TWO
LABEL a=$ONE "b c"=$TWO d="$LOCAL" e='$LOCAL'
EXPOSE ${ONE}0 $ONE/udp 8000-800$ONE
USER user$ONE:group
WORKDIR /w/$ONE
WORKDIR rel/../$EMPTY
STOPSIGNAL ${ONE}5
VOLUME /v/$ONE ["/x"]
COPY a$ONE b${TWO} /to/$LOCAL
COPY --chown=$ONE:$ONE --chmod=75$ONE a /a
ADD ${UNSET:-x} /
RUN echo $ONE ${UNSET:?not expanded here}
CMD echo ${UNSET:?nor here}
ENTRYPOINT ["${UNSET:?}"]
SHELL ["${UNSET:?}"]
HEALTHCHECK CMD echo ${UNSET:?}
ONBUILD ENV X=${UNSET:?}
COPY --exclude=${UNSET:?} a /a
