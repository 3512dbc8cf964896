#!/bin/sh
# Build TinyCC from ARCHIVE in FOLDER against the musl in PREFIX, and install it there.
#   bootstrap.sh ARCHIVE FOLDER PREFIX
set -eu
archive=$1 folder=$2 prefix=$3

cd "$folder"
tar -xf "$archive"

stage() {
    number=$1 compiler=$2
    echo "stage $number, compiled by $compiler"
    ./configure --cc="$compiler" --prefix="$prefix" --config-musl --crtprefix="$prefix/lib" \
        --libpaths="$prefix/lib:$prefix/lib/tcc" --sysincludepaths="$prefix/include:$prefix/lib/tcc/include"
    make -j"$(nproc)" AR=ar
    make install
    cp "$prefix/bin/tcc" "stage$number"
    make distclean
}

stage 1 gcc
stage 2 "$prefix/bin/tcc -static"
stage 3 "$prefix/bin/tcc -static"
cmp stage2 stage3
