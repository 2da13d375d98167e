//! `kubectl_complete-diagnose`: kubectl runs it to complete the arguments of `kubectl diagnose`
//! (k8s.io/kubectl/pkg/cmd/plugin_completion.go).

use kubectl_diagnose::cli::completion::candidates;
use kubectl_diagnose::gather::kubeconfig::Environment;
use std::io::Write;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    // a shell that stopped listening is no concern of ours
    let _ = std::io::stdout().write_all(candidates(&words, &Environment::of_process()).as_bytes());
}
