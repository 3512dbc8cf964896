FROM scratch AS -x
