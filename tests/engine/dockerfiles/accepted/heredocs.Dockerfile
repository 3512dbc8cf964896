FROM scratch AS docs
RUN <<EOF
set -e
# not a comment
echo a \
  b
EOF
RUN <<"EOF" cat
$NOT
EOF
RUN <<-TABS
	echo
		TABS x
	TABS
RUN cat <<A 3<<-B cat <<'C'
body a
A
	body b
	B
body c
C
RUN <<EOF1 cat - && <<EOF2 cat -
one
EOF1
two
EOF2
COPY <<one.txt <<'two.txt' <<-three.txt /files/
${A:-default} $B "quoted" 'single'
one.txt
$NOT ${EXPANDED
two.txt
	tabs
three.txt
ADD <<f /f
f
COPY <<"a'b" /x
quote
a'b
COPY --chmod=755 <<EOF /script
#!/bin/sh
EOF
RUN <<EOF
#!/bin/sh
echo script
EOF
ONBUILD RUN <<X
later
X
ONBUILD COPY <<Y /y
later $Z
Y
RUN echo '<<NOT' "<<NOT" <<<NOT
RUN cat <<~x
~x
RUN ["sh", "-c", "cat <<EOF"]
RUN echo it's <<EOF
ENV H="<<EOF"
CMD cat <<EOF
RUN echo 1<<2
2
