//! `kubectl diagnose`

use std::process::ExitCode;

/// A large list is millions of small allocations: a sixth less processor time and a tenth less memory than with glibc's, and of a
/// build against musl far more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kubectl_diagnose::main()
}
