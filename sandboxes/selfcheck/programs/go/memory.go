package main

func main() {
	var held [][]byte
	for number := 0; number < 4096; number++ {
		piece := make([]byte, 1<<20)
		for at := range piece {
			piece[at] = 1
		}
		held = append(held, piece)
	}
	println("HOLE", len(held))
}
