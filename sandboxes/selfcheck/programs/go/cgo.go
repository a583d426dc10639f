package main

// #include "@CANARY@"
import "C"

func main() {}
