package main

import (
	"runtime"
	"time"
)

func main() {
	for number := 0; number < 500; number++ {
		go func() {
			runtime.LockOSThread()
			time.Sleep(3 * time.Second)
		}()
	}
	time.Sleep(time.Second)
	println("done")
}
