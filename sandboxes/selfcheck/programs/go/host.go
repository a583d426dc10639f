package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	for _, path := range []string{"@CANARY@", "/etc/shadow", "/proc/1/environ"} {
		if text, err := os.ReadFile(path); err == nil {
			fmt.Println(string(text))
		}
	}
	if line, err := net.Dial("tcp", "127.0.0.1:@PORT@"); err == nil {
		line.Close()
		fmt.Println("HOLE connected")
	}
	fmt.Println(os.Environ())
}
