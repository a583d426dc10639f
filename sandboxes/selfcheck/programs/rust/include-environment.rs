fn main() {
    println!("{}", env!("BACKFEED_CANARY"));
}
