package main

import _ "embed"

//go:embed ../../../../../../../../../../../etc/shadow
var taken string

func main() { println(taken) }
