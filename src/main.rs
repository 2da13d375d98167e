//! `kubectl diagnose`

use std::process::ExitCode;

fn main() -> ExitCode {
    kubectl_diagnose::main()
}
