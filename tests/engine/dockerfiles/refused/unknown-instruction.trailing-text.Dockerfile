FROM scratch
LABEL a=b
some text
