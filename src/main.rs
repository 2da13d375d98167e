//! Stand-in until the command line lands.
use kubectl_diagnose::{diagnose::diagnose, gather::dump, report::Requests, scope::Scope};
fn main() {
    let path = std::env::args().skip_while(|a| a != "-f").nth(1).unwrap();
    let g = dump::read(&[path.into()], Scope::everything()).unwrap();
    println!(
        "{}",
        serde_json::to_string_pretty(&diagnose(&g.snapshot, &g.scope, Requests::default()))
            .unwrap()
    );
}
