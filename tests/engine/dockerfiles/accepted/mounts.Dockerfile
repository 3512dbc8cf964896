FROM scratch AS tools
FROM scratch AS main
ARG DIR=/work SIZE=10m TYPE=cache MODE=0700
RUN --mount=target=/src true
RUN --mount=type=bind,source=a,target=/src,rw true
RUN --mount=type=bind,src=a,dst=/src,readwrite=false true
RUN --mount=type=bind,from=tools,source=/x,destination=/src,ro true
RUN --mount=from=TOOLS,target=rel/path true
RUN --mount=type=cache,target=/root/.cache true
RUN --mount=type=cache,id=named,target=${DIR}/c,sharing=private true
RUN --mount=type=$TYPE,target=/x,mode=$MODE true
RUN --mount=TYPE=Cache,Target=/x,sharing=SHARED true
RUN --mount=type=tmpfs,target=/t,size=$SIZE true
RUN --mount=type=tmpfs,target=/t true
# token of the forge
RUN --mount=type=secret,id=token true
RUN --mount=type=secret,id=env,env=TOKEN,required true
RUN --mount=type=secret,source=from-source true
RUN --mount=type=secret,target=/etc/from-target true
RUN --mount=type=secret,id=file,target=/f,mode=0400,uid=1,gid=1,required=true true
RUN --mount=type=ssh true
RUN --mount=type=ssh,id=github,required,target=/s,mode=0600 true
RUN --mount=type=cache,target=/a --mount=type=bind,target=/b --mount=type=secret,id=second true
RUN --mount=type=cache,\"target=/with,comma\" true
RUN --mount=type=bind,target=/x,from= true
RUN --mount=type=cache,target=/x,ro true
