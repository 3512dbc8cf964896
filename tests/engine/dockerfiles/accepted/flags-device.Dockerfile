FROM scratch
RUN --device=vendor.com/class=name,required true
RUN --device=name=vendor.com/class,required=false true
