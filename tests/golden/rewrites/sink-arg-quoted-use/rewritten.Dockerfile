FROM trap
RUN mkdir /srv/app && touch '/srv/app/$VERSION'
ARG VERSION=0
RUN echo "${VERSION%% *}" > /srv/version

