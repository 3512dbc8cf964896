FROM scratch
RUNN echo hello
