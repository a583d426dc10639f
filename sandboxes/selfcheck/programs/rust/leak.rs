fn main() {
    let mut held: Vec<Vec<u8>> = Vec::new();
    for _ in 0..4096 {
        held.push(vec![1; 1 << 20]);
    }
    println!("HOLE {}", held.len());
}
