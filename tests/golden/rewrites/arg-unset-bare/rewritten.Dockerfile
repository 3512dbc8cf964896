FROM trap
RUN mkdir /srv/app
ARG TOKEN
RUN echo "${TOKEN-unset}" > /srv/app/token

