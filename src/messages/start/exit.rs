//! What the exit code of a container means.
//!
//! Sources: signal(7); POSIX shells; containerd `internal/cri/server/events.go`; Microsoft's NTSTATUS values.

/// What an exit code means by itself. The reason beside it (OOMKilled, StartError, …) comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitMeaning {
    /// 0.
    Success,
    /// The program's own.
    Program,
    /// 2: misuse of a shell builtin, wrong usage, or a panic in Go.
    UsageOrPanic,
    /// 126: found, not executable.
    NotExecutable,
    /// 127: not found.
    NotFound,
    /// 128: containerd could not start it, or `exit` got an invalid argument.
    StartError,
    /// 128 + n: killed by signal n, or by its own choice of code.
    Signal {
        /// n.
        number: i32,
        /// The signal's name.
        name: &'static str,
    },
    /// 255 or -1: exit(-1), or the runtime lost the state over a restart.
    StateLost,
    /// Windows: access violation.
    AccessViolation,
    /// Windows: a DLL was not found.
    DllMissing,
    /// Windows: Ctrl-C.
    ControlC,
}

/// The meaning of a container's exit code.
pub fn exit_code(code: i32) -> ExitMeaning {
    match code {
        0 => ExitMeaning::Success,
        2 => ExitMeaning::UsageOrPanic,
        126 => ExitMeaning::NotExecutable,
        127 => ExitMeaning::NotFound,
        128 => ExitMeaning::StartError,
        255 | -1 => ExitMeaning::StateLost,
        // NTSTATUS 0xC0000005, 0xC0000135, 0xC000013A
        -1_073_741_819 => ExitMeaning::AccessViolation,
        -1_073_741_515 => ExitMeaning::DllMissing,
        -1_073_741_510 => ExitMeaning::ControlC,
        _ => match signal(code.saturating_sub(128)) {
            Some(name) if code > 128 => ExitMeaning::Signal {
                number: code.saturating_sub(128),
                name,
            },
            _ => ExitMeaning::Program,
        },
    }
}

/// The name of a signal (signal(7), the numbers of x86 and ARM).
pub fn signal(number: i32) -> Option<&'static str> {
    const NAMES: [&str; 31] = [
        "SIGHUP",
        "SIGINT",
        "SIGQUIT",
        "SIGILL",
        "SIGTRAP",
        "SIGABRT",
        "SIGBUS",
        "SIGFPE",
        "SIGKILL",
        "SIGUSR1",
        "SIGSEGV",
        "SIGUSR2",
        "SIGPIPE",
        "SIGALRM",
        "SIGTERM",
        "SIGSTKFLT",
        "SIGCHLD",
        "SIGCONT",
        "SIGSTOP",
        "SIGTSTP",
        "SIGTTIN",
        "SIGTTOU",
        "SIGURG",
        "SIGXCPU",
        "SIGXFSZ",
        "SIGVTALRM",
        "SIGPROF",
        "SIGWINCH",
        "SIGIO",
        "SIGPWR",
        "SIGSYS",
    ];
    usize::try_from(number)
        .ok()?
        .checked_sub(1)
        .and_then(|index| NAMES.get(index))
        .copied()
}
