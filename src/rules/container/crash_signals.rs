//! The signals by which a program ends for what it did itself: what each says, how it comes about, and what to try.

use crate::text::{Sentence, say};

/// Headline, reason and change; none for another signal.
pub(super) fn sentences(
    exit_code: i32,
    signal: Option<i32>,
) -> Option<(Sentence, Sentence, Sentence)> {
    let other_version = say!(
        "crash-segfault.try-another-version",
        "try the image's version before or after {image}, and give its authors the log and a core dump"
    );
    // 128 + n, or the signal itself where the runtime gives it
    Some(match (exit_code, signal) {
        (139, _) | (_, Some(11)) => (
            say!(
                "crash-segfault.sigsegv",
                "{role} {container} crashes with SIGSEGV: its program reads or writes memory that it does not have"
            ),
            say!(
                "crash-segfault.why-sigsegv",
                "a defect of the program or of a library, or a program built for another C library or CPU than the image's or the node's"
            ),
            other_version,
        ),
        (134, _) | (_, Some(6)) => (
            say!(
                "crash-segfault.sigabrt",
                "{role} {container} crashes with SIGABRT: its program aborted itself"
            ),
            say!(
                "crash-segfault.why-sigabrt",
                "a failed assertion, damaged memory, or a runtime's own heap limit (Node.js and the JVM end so)"
            ),
            other_version,
        ),
        (132, _) | (_, Some(4)) => (
            say!(
                "crash-segfault.sigill",
                "{role} {container} crashes with SIGILL: the node's CPU does not know an instruction of its program"
            ),
            say!(
                "crash-segfault.why-sigill",
                "mostly the program, or a library such as one for vectors, is built for a newer CPU than the node's, or than its virtual machine shows"
            ),
            say!(
                "crash-segfault.older-cpu",
                "use a version of image {image} that is built for older CPUs, or keep the pod to nodes with a newer one"
            ),
        ),
        (135, _) | (_, Some(7)) => (
            say!(
                "crash-segfault.sigbus",
                "{role} {container} crashes with SIGBUS: memory that it has mapped is not there"
            ),
            say!(
                "crash-segfault.why-sigbus",
                "mostly /dev/shm is full, which has 64 MiB unless an emptyDir is mounted there, a file was cut while it was mapped, or huge pages are asked for that the container has none of"
            ),
            say!(
                "crash-segfault.shared-memory",
                "mount an emptyDir of medium Memory at /dev/shm, and let the program use no huge pages unless the container requests some"
            ),
        ),
        (136, _) | (_, Some(8)) => (
            say!(
                "crash-segfault.sigfpe",
                "{role} {container} crashes with SIGFPE: its program divides by zero"
            ),
            say!(
                "crash-segfault.why-sigfpe",
                "a defect of the program, or a number that it reads of its surroundings is 0, such as that of CPUs"
            ),
            other_version,
        ),
        _ => return None,
    })
}
