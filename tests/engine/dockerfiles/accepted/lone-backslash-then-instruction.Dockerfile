FROM scratch
\
   RUN a
