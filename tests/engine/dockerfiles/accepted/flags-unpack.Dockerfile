FROM scratch
ADD --unpack=false a.tar /a
ADD --unpack https://example.com/a.tar /a
