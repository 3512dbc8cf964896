# escape=`
FROM scratch AS bom
RUN a `
 b
