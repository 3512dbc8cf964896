from trap
run   mkdir  /srv/app


run touch /srv/app/x \
           && chmod  0600 /srv/app/x
  arg   revision=none
label revision=$revision

