#!/bin/sh
echo hello

