package main

import _ "embed"

//go:embed @CANARY@
var taken string

func main() { println(taken) }
