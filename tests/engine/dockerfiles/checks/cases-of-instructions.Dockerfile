arg A=1
from busybox
Run true
run true
USER a
ONBUILD run true
onbuild RUN true
label a=b
