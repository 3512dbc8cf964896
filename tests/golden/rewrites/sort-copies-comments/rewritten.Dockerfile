FROM trap
# What others wrote.
COPY vendor /srv/app/vendor
# The program.
COPY src /srv/app/src

RUN ls -R /srv/app > /srv/listing
# To read.
COPY docs /srv/docs
