FROM scratch
RUN ["a", "b c", "d\"e", "\u00e9\n"]
RUN []
RUN ["a",]
RUN ['a', 'b']
RUN ["unterminated
RUN [ -f x ] && echo yes
RUN ["a"] trailing
CMD ["a"]
CMD []
CMD [ ]
CMD
ENTRYPOINT []
ENTRYPOINT ["x"]
ENTRYPOINT
RUN
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
COPY ["a b", "c", "/to dir/"]
COPY [a /b]
COPY ["x" /y]
ADD ["a", "/b"]
VOLUME ["/a", " /b "]
VOLUME [/a
VOLUME /a /b
HEALTHCHECK CMD ["curl", "x"]
HEALTHCHECK CMD [ -f x ]
HEALTHCHECK NONE
ONBUILD CMD ["a"]
ONBUILD COPY ["a", "/b"]
