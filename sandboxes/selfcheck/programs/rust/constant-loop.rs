const fn count() -> u64 {
    let mut number = 0;
    while number < u64::MAX {
        number += 1;
    }
    number
}

const FOUND: u64 = count();

fn main() {
    println!("{FOUND}");
}
