FROM scratch AS base
RUN a \
  b \	 
  c
RUN one && \
# at the margin
    # indented
	# after a tab

    two
RUN backslashes \\
RUN trailing \ 
  space
ENV A=1 \
    B="two words" \

    C=3
LABEL x="a\
b" y=c
EXPOSE 80 \
       90
CMD [ "a", \
      # between
      "b" ]
ENTRYPOINT \
  run
