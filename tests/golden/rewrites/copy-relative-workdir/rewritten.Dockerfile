FROM trap
WORKDIR /srv
WORKDIR app
COPY --link two ../two/
COPY --link one ./one
WORKDIR sub
RUN pwd > here
