fn down(number: u64) -> u64 {
    let held = [number; 64];
    down(number + 1) + held[(number % 64) as usize]
}

fn main() {
    println!("{}", down(0));
}
