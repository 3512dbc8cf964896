package main

import _ "example.com/part"

func main() {}

