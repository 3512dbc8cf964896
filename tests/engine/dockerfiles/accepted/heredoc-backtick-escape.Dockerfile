# escape=`
FROM scratch
RUN cat <<\EOF `
  more
$x
EOF
COPY <<"E" /x
y
E
