FROM trap
# Where everything lives.
WORKDIR /srv/app

# Before the code.
RUN mkdir data \
    # somebody's remark in the middle
    && touch data/empty
# The commit that this is built from;
# given by CI.

ARG REVISION=none

# Told to whoever asks.
LABEL revision=$REVISION

