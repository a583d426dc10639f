package main

func main() {
	held := make(chan int)
	for number := 0; number < 2_000_000; number++ {
		go func() {
			var stack [1024]byte
			stack[0] = 1
			<-held
			_ = stack
		}()
	}
	println("HOLE")
}
