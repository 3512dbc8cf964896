# one

  # two
FROM scratch

   	# three
RUN a # not a comment
CMD b \
# gone
  c
