fn down(number: u64) -> u64 {
    let held = std::hint::black_box([number; 64]);
    down(number + 1) + held[0]
}

fn main() {
    println!("{}", down(0));
}
