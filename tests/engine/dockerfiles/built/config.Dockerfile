ARG ONE=1
ARG TWO=${ONE}2 THREE="$ONE and $TWO" FOUR='$ONE'
ARG FILE=archive.tar.gz EMPTY=
FROM scratch
ARG ONE TWO THREE FOUR FILE EMPTY UNSET
ENV A=$ONE B=${TWO} C=${UNSET:-w} D=${UNSET-w} E=${EMPTY:-w} F=${EMPTY-w}
ENV A2=${ONE:+w} B2=${UNSET:+w} C2=${EMPTY+w} D2=${EMPTY:+w} E2=${ONE:?} F2=${EMPTY?}
ENV P1=${FILE#*.} P2=${FILE##*.} P3=${FILE%.*} P4=${FILE%%.*} P5=${FILE#?} P6=${FILE%??} P7=${FILE#*[r]}
ENV R1=${FILE/a/b} R2=${FILE//a/b} R3=${FILE/./-} R4=${FILE//./} R5=${FILE/t*r/x} R6=${FILE//?/q} R7=${FILE//a/<$0>}
ENV R8=${FILE/a*e/\/} R9=${FILE//\*/x}
ENV Q1='$ONE' Q2="$ONE" Q3=\$ONE Q4="a\"b" Q5="a\$b" Q6=a\ b Q7="it's" Q8='say "hi"' Q9="a\nb"
ENV N1=${UNSET:-${ONE}} N2=${UNSET:-"a}b"} N3=${UNSET:-a\}b} N4=${ONE:+${TWO:+both}} N5="${UNSET:-'x'}"
ENV S1=$$ S2=$ S3=a$ S4=$1 S5=$@ S6="$" S7=$ONE$TWO S8=$ONE-$TWO S9=${ONE}x S10=$ONEx
ENV A=new OLD_A=$A
ENV $ONE=key K$ONE=v
ENV legacy $ONE  and   $TWO
ENV multi="line \
  continued" ümlaut=ß after="${ümlaut}"
LABEL a=$ONE "b c"=$TWO d="$THREE" e='$THREE'
LABEL f=${UNSET:-"two  words"} g=a\ b
EXPOSE ${ONE}0 ${ONE}1/udp 8000-800$ONE
WORKDIR /w/$ONE
WORKDIR rel/../$TWO
USER user$ONE:group
STOPSIGNAL ${ONE}5
VOLUME /v/$ONE "/q$ONE"
VOLUME ["/json/$ONE"]
CMD echo $ONE
ENTRYPOINT ["${ONE}"]
SHELL ["$ONE", "-c"]
ONBUILD ENV LATER=$ONE
MAINTAINER $ONE
HEALTHCHECK CMD echo $ONE
