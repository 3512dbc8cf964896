package main

import "github.com/google/uuid"

var commit string

func main() { println(commit, uuid.NewString()) }

