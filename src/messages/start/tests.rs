//! One example for each wording and runtime.

use super::StartFailure as F;
use super::exit::signal;
use super::*;
use proptest::prelude::*;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn errors_of_runc_in_every_frame() {
    let mounted = |problem| F::Mount {
        source: some("/var/lib/kubelet/x"),
        destination: "/etc/app".to_owned(),
        problem,
    };
    for (cause, failure) in [
        (
            "exec: \"serve\": executable file not found in $PATH",
            F::NotFound {
                what: some("serve"),
            },
        ),
        (
            "exec: \"sleep 1000\": executable file not found in $PATH",
            F::NotFound {
                what: some("sleep 1000"),
            },
        ),
        (
            "exec: \"./run.sh\": stat ./run.sh: no such file or directory",
            F::NotFound {
                what: some("./run.sh"),
            },
        ),
        (
            "exec: \"/run.sh\": permission denied",
            F::NotExecutable {
                what: some("/run.sh"),
            },
        ),
        (
            "exec: \"/app\": is a directory",
            F::Directory {
                what: "/app".to_owned(),
            },
        ),
        (
            "exec: \"app\": cannot run executable found relative to current directory",
            F::RelativePath {
                what: "app".to_owned(),
            },
        ),
        (
            "exec /run.sh: no such file or directory",
            F::InterpreterMissing {
                what: some("/run.sh"),
            },
        ),
        (
            "exec /app: exec format error",
            F::ExecFormat { what: some("/app") },
        ),
        (
            "error mounting \"/var/lib/kubelet/x\" to rootfs at \"/etc/app\": mount /var/lib/kubelet/x:/etc/app (via /proc/self/fd/6), flags: 0x5001: not a directory",
            mounted(MountProblem::NotADirectory),
        ),
        (
            "error mounting \"/var/lib/kubelet/x\" to rootfs at \"/etc/app\": make mountpoint \"/etc/app\": mkdirat x: read-only file system",
            mounted(MountProblem::ReadOnly),
        ),
        (
            "error mounting \"/var/lib/kubelet/x\" to rootfs at \"/etc/app\": mount src=x, dst=y: no such file or directory",
            mounted(MountProblem::Missing),
        ),
        (
            "chdir to cwd (\"/srv\") set in config.json failed: no such file or directory",
            F::WorkingDirectory { path: some("/srv") },
        ),
        (
            "container init was OOM-killed (memory limit too low?)",
            F::OomAtInit,
        ),
        (
            "write /proc/sys/net/ipv4/ip_local_port_range: invalid argument",
            F::Sysctl {
                name: "net/ipv4/ip_local_port_range".to_owned(),
            },
        ),
        (
            "unable to apply caps: operation not permitted",
            F::Capabilities,
        ),
        (
            "unable to apply apparmor profile: apparmor failed to apply profile",
            F::SecurityProfile,
        ),
        (
            "error setting cgroup config for procHooks process: failed to write \"1\": write /sys/fs/cgroup/x: device or resource busy",
            F::Cgroup,
        ),
        (
            "error setting rlimits for ready process: error setting rlimit type 7: operation not permitted",
            F::Rlimit,
        ),
        (
            "error running hook #0: error running hook: exit status 1, stdout: , stderr: nvidia-container-cli: initialization error: nvml error",
            F::Gpu,
        ),
        ("words of tomorrow", F::Other),
    ] {
        for text in [
            format!(
                "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: {cause}: unknown"
            ),
            format!(
                "Error: failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: {cause}: unknown"
            ),
            format!(
                "container create failed: time=\"2026-01-02T03:04:05Z\" level=error msg=\"runc create failed: unable to start container process: {}\"",
                cause.replace('"', "\\\"")
            ),
            format!(
                "failed to start container \"12ab\": Error response from daemon: OCI runtime create failed: container_linux.go:380: starting container process caused: {cause}: unknown"
            ),
        ] {
            assert_eq!(read(&text), Some(failure.clone()), "{text}");
        }
    }
}

#[test]
fn other_runtimes_and_old_words() {
    for (text, failure) in [
        (
            "container create failed: executable file `serve` not found in $PATH: No such file or directory",
            F::NotFound {
                what: some("serve"),
            },
        ),
        (
            "container create failed: open executable: Permission denied",
            F::NotExecutable { what: None },
        ),
        (
            "container create failed: mount `/a` to `/b`: Not a directory",
            F::Mount {
                source: some("/a"),
                destination: "/b".to_owned(),
                problem: MountProblem::NotADirectory,
            },
        ),
        (
            "OCI runtime exec failed: exec failed: container_linux.go:345: starting container process caused \"exec: \\\"sh\\\": executable file not found in $PATH\": unknown",
            F::NotFound { what: some("sh") },
        ),
        (
            "exec: \"serve\": executable file not found in $PATH",
            F::NotFound {
                what: some("serve"),
            },
        ),
        (
            "failed to start container \"12ab\": executable not found in $PATH",
            F::NotFound { what: None },
        ),
        (
            "OCI runtime create failed: container_linux.go:345: starting container process caused \"process_linux.go:430: container init caused \\\"read init-p: connection reset by peer\\\"\": unknown",
            F::OomAtInit,
        ),
        (
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: unable to retrieve OCI runtime error: exec: \"runc\": executable file not found in $PATH: unknown",
            F::RuntimeMissing {
                binary: "runc".to_owned(),
            },
        ),
        (
            "standard_init_linux.go:190: exec user process caused: exec format error",
            F::ExecFormat { what: None },
        ),
        (
            "standard_init_linux.go:211: exec user process caused \"no such file or directory\"",
            F::InterpreterMissing { what: None },
        ),
    ] {
        assert_eq!(read(text), Some(failure), "{text}");
    }
}

#[test]
fn lines_of_a_log() {
    assert_eq!(
        read("starting\nexec /usr/bin/app: exec format error\n"),
        Some(F::ExecFormat {
            what: some("/usr/bin/app")
        })
    );
    assert_eq!(
        read("exec /run.sh: no such file or directory"),
        Some(F::InterpreterMissing {
            what: some("/run.sh")
        })
    );
    assert_eq!(
        read(
            "qemu-x86_64: Could not open '/lib64/ld-linux-x86-64.so.2': No such file or directory"
        ),
        Some(F::ExecFormat { what: None })
    );
    assert_eq!(
        read("Fatal glibc error: CPU does not support x86-64-v2\n"),
        Some(F::CpuTooOld {
            level: "x86-64-v2".to_owned()
        })
    );
    for own in [
        "open /etc/app.conf: no such file or directory",
        "cannot exec /bin/x: permission denied today",
        "panic: no space left on device",
        "",
    ] {
        assert_eq!(read(own), None, "{own}");
    }
}

#[test]
fn words_of_shells() {
    for (text, code, failure) in [
        (
            "/bin/sh: 1: serve: not found",
            127,
            Some(F::NotFound {
                what: some("serve"),
            }),
        ),
        (
            "sh: serve: not found",
            127,
            Some(F::NotFound {
                what: some("serve"),
            }),
        ),
        (
            "/run.sh: line 4: serve: command not found",
            127,
            Some(F::NotFound {
                what: some("serve"),
            }),
        ),
        (
            "bash: serve: command not found",
            127,
            Some(F::NotFound {
                what: some("serve"),
            }),
        ),
        (
            "env: \u{2018}node\u{2019}: No such file or directory",
            127,
            Some(F::NotFound { what: some("node") }),
        ),
        (
            "sh: /run.sh: Permission denied\n",
            126,
            Some(F::NotExecutable {
                what: some("/run.sh"),
            }),
        ),
        ("sh: serve: not found", 1, None),
        ("no words", 127, None),
    ] {
        assert_eq!(shell(text, code), failure, "{text}");
    }
}

#[test]
fn exit_codes() {
    for (code, meaning) in [
        (0, ExitMeaning::Success),
        (1, ExitMeaning::Program),
        (2, ExitMeaning::UsageOrPanic),
        (126, ExitMeaning::NotExecutable),
        (127, ExitMeaning::NotFound),
        (128, ExitMeaning::StartError),
        (
            134,
            ExitMeaning::Signal {
                number: 6,
                name: "SIGABRT",
            },
        ),
        (
            137,
            ExitMeaning::Signal {
                number: 9,
                name: "SIGKILL",
            },
        ),
        (
            139,
            ExitMeaning::Signal {
                number: 11,
                name: "SIGSEGV",
            },
        ),
        (
            143,
            ExitMeaning::Signal {
                number: 15,
                name: "SIGTERM",
            },
        ),
        (
            159,
            ExitMeaning::Signal {
                number: 31,
                name: "SIGSYS",
            },
        ),
        (200, ExitMeaning::Program),
        (255, ExitMeaning::StateLost),
        (-1, ExitMeaning::StateLost),
        (-1_073_741_819, ExitMeaning::AccessViolation),
        (-7, ExitMeaning::Program),
    ] {
        assert_eq!(exit_code(code), meaning, "{code}");
    }
    assert_eq!(signal(0), None);
    assert_eq!(signal(i32::MIN), None);
}

proptest! {
    #[test]
    fn no_text_breaks_it(text in "\\PC{0,80}", code in any::<i32>()) {
        let _ = (read(&text), shell(&text, 127), shell(&text, 126));
        let _ = read(&format!("OCI runtime create failed: exec: \"{text}"));
        let _ = exit_code(code);
    }
}
