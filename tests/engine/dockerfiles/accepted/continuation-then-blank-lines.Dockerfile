FROM scratch
RUN a \


# c

