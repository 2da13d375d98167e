//! Why a container that was created did not start, as the OCI runtimes word it: [`read`] for RunContainerError, StartError,
//! ContainerCannotRun, CRI-O's CreateContainerError and log lines of runc; [`shell`] for what a shell says with exit
//! codes 126 and 127; [`exit_code`] for what a code means by itself.
//!
//! A program's own words never count as a runtime's: without a runtime's frame only whole lines in runc's shape are read.
//!
//! Sources: runc `libcontainer/{init,standard_init,process,rootfs}_linux.go` of 1.0 to 1.3; crun
//! `src/libcrun/{linux,container,utils}.c`; Go `os/exec`; containerd `internal/cri/server/container_start.go`; Docker
//! Engine `daemon/start.go`.

mod exit;

pub use exit::{ExitMeaning, exit_code};

use super::form::{Captures, Pattern, anywhere, contains, strip_prefix, whole};
use super::text;

/// Why a container did not start.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StartFailure {
    /// The command is not in the image.
    NotFound {
        /// The command, if named.
        what: Option<String>,
    },
    /// The file is there; what its first line or its header asks for (interpreter, loader) is not.
    InterpreterMissing {
        /// The file, if named.
        what: Option<String>,
    },
    /// The file may not be executed.
    NotExecutable {
        /// The file, if named.
        what: Option<String>,
    },
    /// The file is for another CPU, or is a script without a first line `#!`.
    ExecFormat {
        /// The file, if named.
        what: Option<String>,
    },
    /// The image's C library needs a CPU that can more than the node's.
    CpuTooOld {
        /// The level that it needs, such as `x86-64-v2`.
        level: String,
    },
    /// The image is made for another build of Windows than the node's.
    OtherWindows,
    /// The command is a directory.
    Directory {
        /// The directory.
        what: String,
    },
    /// The command was only found relative to the working directory, where it is not looked for.
    RelativePath {
        /// The command.
        what: String,
    },
    /// The working directory does not exist or may not be entered.
    WorkingDirectory {
        /// The directory, if named.
        path: Option<String>,
    },
    /// The memory limit is too small for the process to start.
    OomAtInit,
    /// Something cannot be mounted into the container.
    Mount {
        /// What was to be mounted, if named.
        source: Option<String>,
        /// Where to.
        destination: String,
        /// Why not.
        problem: MountProblem,
    },
    /// A sysctl was refused.
    Sysctl {
        /// The sysctl, as its path below /proc/sys.
        name: String,
    },
    /// The user or group cannot be taken on.
    User,
    /// A capability cannot be set.
    Capabilities,
    /// The control group cannot be set up.
    Cgroup,
    /// AppArmor, SELinux or seccomp refused.
    SecurityProfile,
    /// A resource limit of processes cannot be set.
    Rlimit,
    /// The hook of a GPU's runtime failed.
    Gpu,
    /// Another hook failed.
    Hook,
    /// The pod's sandbox is gone.
    SandboxGone,
    /// The node or the pod has no process id left.
    PidLimit,
    /// Too many open files on the node.
    FileLimit,
    /// The node's disk is full.
    DiskFull,
    /// The node lacks the runtime's own binary: nothing of the container's.
    RuntimeMissing {
        /// The binary.
        binary: String,
    },
    /// A runtime's error in unknown words.
    Other,
}

/// Why something cannot be mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MountProblem {
    /// A directory onto a file or a file onto a directory.
    NotADirectory,
    /// The source or its target is not there.
    Missing,
    /// The place in the container cannot be made: its file system is read-only.
    ReadOnly,
    /// Not allowed.
    Permission,
    /// Anything else.
    Other,
}

/// Reads a runtime's error or the last lines of a log; `None` if it is no runtime's text.
pub fn read(message: &str) -> Option<StartFailure> {
    let text = text::plain(text::without_rpc(text::unwrap(message)));
    if is_framed(&text) {
        return Some(
            anywhere(FRAMED, &text)
                .or_else(|| anywhere(EXEC, &text))
                .unwrap_or(StartFailure::Other),
        );
    }
    text.lines().rev().find_map(|line| whole(EXEC, line.trim()))
}

/// What a shell says about a command that it could not run. Only for its exit codes: others may print the like.
pub fn shell(output: &str, code: i32) -> Option<StartFailure> {
    let forms = match code {
        127 => SHELL_MISSING,
        126 => SHELL_REFUSED,
        _ => return None,
    };
    output
        .lines()
        .rev()
        .find_map(|line| whole(forms, text::plain(line.trim()).as_str()))
}

fn is_framed(text: &str) -> bool {
    const FRAMES: [&str; 12] = [
        "OCI runtime",
        "runc create failed",
        "unable to start container process",
        "starting container process caused",
        "container create failed",
        "containerd task",
        "shim task",
        "failed to start container",
        "container_linux.go",
        "process_linux.go",
        "standard_init_linux.go",
        "failed to start exec",
    ];
    strip_prefix(text, "exec: \"").is_some() || FRAMES.iter().any(|frame| contains(text, frame))
}

fn named(captures: &Captures<'_>) -> Option<String> {
    Some(captures.own(0)).filter(|what| !what.is_empty())
}

fn mount(captures: &Captures<'_>) -> StartFailure {
    StartFailure::Mount {
        source: named(captures),
        destination: captures.own(1),
        problem: mount_problem(captures.last()),
    }
}

fn mount_problem(said: &str) -> MountProblem {
    const WORDS: [(&str, MountProblem); 6] = [
        ("not a directory", MountProblem::NotADirectory),
        ("is a directory", MountProblem::NotADirectory),
        ("no such file or directory", MountProblem::Missing),
        ("read-only file system", MountProblem::ReadOnly),
        ("permission denied", MountProblem::Permission),
        ("operation not permitted", MountProblem::Permission),
    ];
    WORDS
        .iter()
        .find(|(words, _)| contains(said, words))
        .map_or(MountProblem::Other, |(_, problem)| *problem)
}

/// The runtime's own sentences.
const FRAMED: &[Pattern<StartFailure>] = &[
    // containerd looks its shim and runtime up with the same function as the container's command
    ("exec: \"runc\": executable file not found in $PATH", |_| {
        StartFailure::RuntimeMissing {
            binary: "runc".to_owned(),
        }
    }),
    ("exec: \"crun\": executable file not found in $PATH", |_| {
        StartFailure::RuntimeMissing {
            binary: "crun".to_owned(),
        }
    }),
    ("fork/exec {}/runc: no such file or directory", |captures| {
        StartFailure::RuntimeMissing {
            binary: format!("{}/runc", captures.get(0)),
        }
    }),
    // HCS of Windows (0xc0370101), by hcsshim
    (
        "The container operating system does not match the host operating system",
        |_| StartFailure::OtherWindows,
    ),
    ("nvidia-container-cli: ", |_| StartFailure::Gpu),
    ("failed to initialize NVML", |_| StartFailure::Gpu),
    ("error running hook", |_| StartFailure::Hook),
    ("error running prestart hook", |_| StartFailure::Hook),
    ("container init was OOM-killed", |_| StartFailure::OomAtInit),
    ("(possibly OOM-killed)", |_| StartFailure::OomAtInit),
    ("read init-p: connection reset by peer", |_| {
        StartFailure::OomAtInit
    }),
    (
        "getting the final child's pid from pipe caused{*}EOF",
        |_| StartFailure::OomAtInit,
    ),
    // runc rootfs_linux.go: the target that is made comes first, then mount(2)
    (
        "error mounting \"{}\" to rootfs at \"{}\": {*}make mountpoint \"{}\": {*}",
        mount,
    ),
    ("error mounting \"{}\" to rootfs at \"{}\": {*}", mount),
    // up to 1.0
    (
        "mounting \"{}\" to rootfs \"{}\" at \"{}\" caused{*}",
        |captures| StartFailure::Mount {
            source: named(captures),
            destination: captures.own(2),
            problem: mount_problem(captures.last()),
        },
    ),
    // crun
    ("mount `{}` to `{}`: {*}", mount),
    ("make mountpoint \"{}\": {*}", |captures| {
        StartFailure::Mount {
            source: None,
            destination: captures.own(0),
            problem: mount_problem(captures.last()),
        }
    }),
    ("write /proc/sys/{}: ", |captures| StartFailure::Sysctl {
        name: captures.own(0),
    }),
    (
        "chdir to cwd (\"{}\") set in config.json failed",
        |captures| StartFailure::WorkingDirectory {
            path: named(captures),
        },
    ),
    ("crun: chdir", |_| StartFailure::WorkingDirectory {
        path: None,
    }),
    ("unable to apply caps", |_| StartFailure::Capabilities),
    ("unable to setup user", |_| StartFailure::User),
    ("in user namespace: invalid argument", |_| {
        StartFailure::User
    }),
    ("cannot setuid to unmapped uid", |_| StartFailure::User),
    ("no matching entries in passwd file", |_| StartFailure::User),
    ("no matching entries in group file", |_| StartFailure::User),
    ("unable to apply apparmor profile", |_| {
        StartFailure::SecurityProfile
    }),
    ("error loading seccomp filter", |_| {
        StartFailure::SecurityProfile
    }),
    ("can't set process label", |_| StartFailure::SecurityProfile),
    ("error setting rlimits for ready process", |_| {
        StartFailure::Rlimit
    }),
    ("error setting rlimit", |_| StartFailure::Rlimit),
    ("error setting cgroup config", |_| StartFailure::Cgroup),
    ("unable to apply cgroup configuration", |_| {
        StartFailure::Cgroup
    }),
    ("unable to freeze", |_| StartFailure::Cgroup),
    ("cgroup deleted", |_| StartFailure::Cgroup),
    ("bpf_prog_query(BPF_CGROUP_DEVICE) failed", |_| {
        StartFailure::Cgroup
    }),
    ("namespace path: lstat /proc/", |_| {
        StartFailure::SandboxGone
    }),
    ("resource temporarily unavailable", |_| {
        StartFailure::PidLimit
    }),
    ("too many open files", |_| StartFailure::FileLimit),
    ("no space left on device", |_| StartFailure::DiskFull),
    // os/exec LookPath, which runc uses on the container's command
    ("exec: \"{}\": executable file not found in ", |captures| {
        StartFailure::NotFound {
            what: named(captures),
        }
    }),
    (
        "exec: \"{}\": stat {}: no such file or directory",
        |captures| StartFailure::NotFound {
            what: named(captures),
        },
    ),
    ("exec: \"{}\": no such file or directory", |captures| {
        StartFailure::NotFound {
            what: named(captures),
        }
    }),
    ("executable file `{}` not found in $PATH", |captures| {
        StartFailure::NotFound {
            what: named(captures),
        }
    }),
    ("executable not found in $PATH", |_| {
        StartFailure::NotFound { what: None }
    }),
    ("open executable: No such file or directory", |_| {
        StartFailure::NotFound { what: None }
    }),
    ("exec: \"{}\": permission denied", |captures| {
        StartFailure::NotExecutable {
            what: named(captures),
        }
    }),
    ("exec: \"{}\": stat {}: permission denied", |captures| {
        StartFailure::NotExecutable {
            what: named(captures),
        }
    }),
    ("open executable: Permission denied", |_| {
        StartFailure::NotExecutable { what: None }
    }),
    ("exec: \"{}\": is a directory", |captures| {
        StartFailure::Directory {
            what: captures.own(0),
        }
    }),
    (
        "exec: \"{}\": cannot run executable found relative to current directory",
        |captures| StartFailure::RelativePath {
            what: captures.own(0),
        },
    ),
    ("exec user process caused{*}exec format error", |_| {
        StartFailure::ExecFormat { what: None }
    }),
    (
        "exec user process caused{*}no such file or directory",
        |_| StartFailure::InterpreterMissing { what: None },
    ),
    ("exec user process caused{*}permission denied", |_| {
        StartFailure::NotExecutable { what: None }
    }),
];

/// The last step, execve(2). It happens after the start, so runc and crun say it in the container's log.
const EXEC: &[Pattern<StartFailure>] = &[
    ("exec {}: exec format error", |captures| {
        StartFailure::ExecFormat {
            what: named(captures),
        }
    }),
    ("exec {}: no such file or directory", |captures| {
        StartFailure::InterpreterMissing {
            what: named(captures),
        }
    }),
    ("exec {}: permission denied", |captures| {
        StartFailure::NotExecutable {
            what: named(captures),
        }
    }),
    // an emulator of another CPU that starts the program and misses the libraries of its own
    ("qemu-{}: Could not open '{}'{*}", |_| {
        StartFailure::ExecFormat { what: None }
    }),
    ("rosetta error: failed to open elf at {}", |_| {
        StartFailure::ExecFormat { what: None }
    }),
    // glibc `sysdeps/x86/dl-get-cpu-features.c`, 2.33: it ends with 127
    ("Fatal glibc error: CPU does not support {}", |captures| {
        StartFailure::CpuTooOld {
            level: captures.own(0),
        }
    }),
    ("exec /{*}: exec format error", |captures| {
        StartFailure::ExecFormat {
            what: Some(format!("/{}", captures.get(0))),
        }
    }),
    ("exec format error", |_| StartFailure::ExecFormat {
        what: None,
    }),
];

/// dash and busybox, bash, env.
const SHELL_MISSING: &[Pattern<StartFailure>] = &[
    ("{}: line {}: {}: command not found", |captures| {
        StartFailure::NotFound {
            what: Some(captures.own(2)),
        }
    }),
    ("{}: line {}: {}: not found", |captures| {
        StartFailure::NotFound {
            what: Some(captures.own(2)),
        }
    }),
    ("{}: {}: {}: not found", |captures| StartFailure::NotFound {
        what: Some(captures.own(2)),
    }),
    ("{}: {}: command not found", |captures| {
        StartFailure::NotFound {
            what: Some(captures.own(1)),
        }
    }),
    ("{}: {}: not found", |captures| StartFailure::NotFound {
        what: Some(captures.own(1)),
    }),
    ("env: '{}': No such file or directory", |captures| {
        StartFailure::NotFound {
            what: named(captures),
        }
    }),
    ("env: {}: No such file or directory", |captures| {
        StartFailure::NotFound {
            what: named(captures),
        }
    }),
    (
        "env: can't execute '{}': No such file or directory",
        |captures| StartFailure::NotFound {
            what: named(captures),
        },
    ),
    ("{}: line {}: {}: No such file or directory", |captures| {
        StartFailure::NotFound {
            what: Some(captures.own(2)),
        }
    }),
];

const SHELL_REFUSED: &[Pattern<StartFailure>] = &[
    ("{}: line {}: {}: Permission denied", |captures| {
        StartFailure::NotExecutable {
            what: Some(captures.own(2)),
        }
    }),
    ("{}: {}: {}: Permission denied", |captures| {
        StartFailure::NotExecutable {
            what: Some(captures.own(2)),
        }
    }),
    ("{}: {}: Permission denied", |captures| {
        StartFailure::NotExecutable {
            what: Some(captures.own(1)),
        }
    }),
    ("{}: line {}: {}: Is a directory", |captures| {
        StartFailure::Directory {
            what: captures.own(2),
        }
    }),
    ("{}: {}: Exec format error", |captures| {
        StartFailure::ExecFormat {
            what: Some(captures.own(1)),
        }
    }),
    (
        "{}: line {}: {}: cannot execute: required file not found",
        |captures| StartFailure::InterpreterMissing {
            what: Some(captures.own(2)),
        },
    ),
];

#[cfg(test)]
mod tests;
