use std::{thread, time::Duration};

fn main() {
    for _ in 0..500 {
        thread::spawn(|| thread::sleep(Duration::from_secs(3)));
    }
    println!("HOLE: 500 threads");
}
