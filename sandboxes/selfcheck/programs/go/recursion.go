package main

func down(number int) int { return down(number+1) + 1 }

func main() { println(down(0)) }
