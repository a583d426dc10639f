macro_rules! wide {
    ($($t:tt)*) => { wide!($($t)* $($t)* x) };
}

fn main() {
    wide!(a b);
}
