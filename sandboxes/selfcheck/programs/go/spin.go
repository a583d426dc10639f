package main

func main() {
	for number := 0; number < 8; number++ {
		go func() {
			for {
			}
		}()
	}
	for {
	}
}
