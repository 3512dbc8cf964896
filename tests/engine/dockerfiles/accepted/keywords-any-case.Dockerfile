from scratch As Base
rUn x
Env A 1
ENV B   two   words  here
LaBeL k v w
arg Q
copy a /b
onbuild run x
workdir /x
user me
cmd x
entrypoint y
expose 1
volume /v
stopsignal 9
shell ["a"]
healthcheck none
maintainer Me Myself
add a /b
