# escape=\\
FROM scratch
