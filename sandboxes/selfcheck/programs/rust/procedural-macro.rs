extern crate proc_macro;

// Runs in the compiler, as whoever runs that.
#[proc_macro]
pub fn look(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let text = std::fs::read_to_string("@CANARY@").unwrap_or_default();
    let _ = std::fs::write("@CANARY@", "changed");
    let _ = std::net::TcpStream::connect(("127.0.0.1", "@PORT@".parse().unwrap()));
    format!("{text:?}").parse().unwrap()
}
