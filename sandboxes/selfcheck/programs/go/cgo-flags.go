package main

// #cgo CFLAGS: -fplugin=./evil.so
// #cgo LDFLAGS: -Wl,-T,@CANARY@
import "C"

func main() {}
