//! What a probe met: [`read`] for events Unhealthy, ProbeWarning and Killing.
//!
//! HTTP, TCP and gRPC probes speak in the words of the kubelet's own clients; an exec probe's words are its program's output, so
//! `connection refused` in there is no refused probe.
//!
//! Sources: kubelet `prober/prober.go`, `kuberuntime_manager.go` of 1.19 to 1.37;
//! `k8s.io/kubernetes/pkg/probe/{http,tcp,grpc,exec}`; grpc_health_probe.

use super::form::{Pattern, anywhere, match_full, search, strip_prefix};
use super::text;

/// What a probe's event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeText {
    /// Which probe, if said.
    pub kind: Option<ProbeKind>,
    /// What it met.
    pub failure: ProbeFailure,
    /// `host:port` that it dialled.
    pub address: Option<String>,
}

/// Which probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbeKind {
    /// Kills the container when it fails.
    Liveness,
    /// Takes the pod out of Services when it fails.
    Readiness,
    /// Holds the other two back until it passes.
    Startup,
}

/// What a probe met.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ProbeFailure {
    /// Nothing listens there.
    Refused,
    /// No answer in time, or the command did not end in time.
    Timeout,
    /// No way there.
    Unreachable,
    /// The connection ended without a proper answer.
    BadAnswer,
    /// An HTTP status that is no success.
    Status(u16),
    /// The host's name does not resolve.
    Dns,
    /// One side speaks HTTP, the other HTTPS.
    HttpVsHttps,
    /// TLS failed otherwise.
    Tls,
    /// No container port has this name.
    UnknownPort(String),
    /// The port is no port number.
    InvalidPort(String),
    /// The server does not know gRPC's health service.
    GrpcUnimplemented,
    /// gRPC's health service says so.
    GrpcUnhealthy(String),
    /// No gRPC connection: refused, or no gRPC spoken there; the text is the same.
    GrpcUnreachable,
    /// The command is not in the image.
    CommandMissing(String),
    /// The command failed; its output, perhaps empty.
    Output(String),
    /// A redirect to another host was not followed: a warning, the probe passed.
    Redirected,
    /// The kubelet kills the container because of the probe.
    Killing {
        /// The container.
        container: String,
    },
    /// The probe itself could not be made, in unknown words.
    Errored(String),
}

/// Reads a probe's event.
pub fn read(message: &str) -> ProbeText {
    let text = text::bare(message);
    if let Some(captures) = match_full("Container {} failed {} probe, will be restarted", &text) {
        return ProbeText {
            kind: kind(captures.get(1)),
            failure: ProbeFailure::Killing {
                container: captures.own(0),
            },
            address: None,
        };
    }
    // prober.go: recordContainerEvent; `resulted in … state` since 1.33
    const FRAMES: [(&str, bool); 4] = [
        ("{} probe failed:{*}", false),
        ("{} probe warning:{*}", false),
        ("{} probe errored and resulted in {} state:{*}", true),
        ("{} probe errored:{*}", true),
    ];
    let framed = FRAMES.iter().find_map(|(frame, errored)| {
        match_full(frame, &text).map(|captures| (kind(captures.get(0)), captures.last(), *errored))
    });
    let (kind, said, errored) = framed.unwrap_or((None, &text, false));
    let said = said.trim_start();
    ProbeText {
        kind,
        failure: failure(text::without_rpc(said), errored),
        address: address(said),
    }
}

fn kind(word: &str) -> Option<ProbeKind> {
    const KINDS: [(&str, ProbeKind); 3] = [
        ("liveness", ProbeKind::Liveness),
        ("readiness", ProbeKind::Readiness),
        ("startup", ProbeKind::Startup),
    ];
    KINDS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(word))
        .map(|(_, kind)| *kind)
}

fn failure(said: &str, errored: bool) -> ProbeFailure {
    let known = if is_network(said) {
        anywhere(NETWORK, said).or(Some(ProbeFailure::BadAnswer))
    } else {
        anywhere(OWN, said)
    };
    known.unwrap_or_else(|| {
        if errored {
            ProbeFailure::Errored(said.to_owned())
        } else {
            ProbeFailure::Output(said.trim().to_owned())
        }
    })
}

/// Whether the words are those of Go's HTTP client or dialler.
fn is_network(said: &str) -> bool {
    ["Get \"", "Get http", "dial tcp"]
        .iter()
        .any(|head| strip_prefix(said, head).is_some())
}

/// Tails of net/http and net.
const NETWORK: &[Pattern<ProbeFailure>] = &[
    ("connection refused", |_| ProbeFailure::Refused),
    ("server gave HTTP response to HTTPS client", |_| {
        ProbeFailure::HttpVsHttps
    }),
    ("no such host", |_| ProbeFailure::Dns),
    ("server misbehaving", |_| ProbeFailure::Dns),
    ("no route to host", |_| ProbeFailure::Unreachable),
    ("network is unreachable", |_| ProbeFailure::Unreachable),
    ("context deadline exceeded", |_| ProbeFailure::Timeout),
    ("Client.Timeout exceeded", |_| ProbeFailure::Timeout),
    ("i/o timeout", |_| ProbeFailure::Timeout),
    ("TLS handshake timeout", |_| ProbeFailure::Timeout),
    ("first record does not look like a TLS handshake", |_| {
        ProbeFailure::HttpVsHttps
    }),
    ("x509: ", |_| ProbeFailure::Tls),
    ("tls: ", |_| ProbeFailure::Tls),
];

/// The kubelet's, the runtimes' and grpc_health_probe's own sentences.
const OWN: &[Pattern<ProbeFailure>] = &[
    (
        "HTTP probe failed with statuscode: {}",
        |captures| match captures.get(0).parse() {
            Ok(status) => ProbeFailure::Status(status),
            Err(_) => ProbeFailure::BadAnswer,
        },
    ),
    ("Probe terminated redirects", |_| ProbeFailure::Redirected),
    ("port \"{}\" not found", |captures| {
        ProbeFailure::UnknownPort(captures.own(0))
    }),
    ("port {} not found", |captures| {
        ProbeFailure::UnknownPort(captures.own(0))
    }),
    ("invalid port number: {}", |captures| {
        ProbeFailure::InvalidPort(captures.own(0))
    }),
    // probe/grpc: grpc.go
    (
        "this server does not implement the grpc health protocol",
        |_| ProbeFailure::GrpcUnimplemented,
    ),
    ("service unhealthy (responded with \"{}\")", |captures| {
        ProbeFailure::GrpcUnhealthy(captures.own(0))
    }),
    ("timeout: failed to connect service {}", |_| {
        ProbeFailure::GrpcUnreachable
    }),
    ("error: failed to connect service at {}", |_| {
        ProbeFailure::GrpcUnreachable
    }),
    ("timeout: health rpc did not complete within", |_| {
        ProbeFailure::Timeout
    }),
    // exec: CRI runtimes
    (
        "exec: \"{}\": executable file not found in $PATH",
        |captures| ProbeFailure::CommandMissing(captures.own(0)),
    ),
    (
        "exec: \"{}\": stat {}: no such file or directory",
        |captures| ProbeFailure::CommandMissing(captures.own(0)),
    ),
    ("executable file `{}` not found in $PATH", |captures| {
        ProbeFailure::CommandMissing(captures.own(0))
    }),
    ("failed to exec in container: timeout {} exceeded", |_| {
        ProbeFailure::Timeout
    }),
    ("command timed out", |_| ProbeFailure::Timeout),
    ("command \"{}\" timed out", |_| ProbeFailure::Timeout),
    (
        "ExecSync cmd from runtime service failed{*}DeadlineExceeded",
        |_| ProbeFailure::Timeout,
    ),
];

fn address(said: &str) -> Option<String> {
    const FORMS: [&str; 3] = [
        "dial tcp {}: ",
        "failed to connect service at \"{}\"",
        "failed to connect service \"{}\"",
    ];
    let dialled = FORMS
        .into_iter()
        .find_map(|form| search(form, said))
        .map(|captures| captures.get(0));
    // `dial tcp: lookup …` names no address, but the URL before it does
    dialled
        .filter(|address| address.contains(':'))
        .or_else(|| text::hosts(said).next())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::ProbeFailure as F;
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn frames_name_the_probe() {
        for (text, kind) in [
            ("Readiness probe failed: x", Some(ProbeKind::Readiness)),
            ("Liveness probe errored: x", Some(ProbeKind::Liveness)),
            (
                "Startup probe errored and resulted in unknown state: x",
                Some(ProbeKind::Startup),
            ),
            (
                "(combined from similar events): Liveness probe failed: x",
                Some(ProbeKind::Liveness),
            ),
            (
                "Liveness probe warning: Probe terminated redirects, Response body: ",
                Some(ProbeKind::Liveness),
            ),
            ("dial tcp 10.0.0.3:80: i/o timeout", None),
        ] {
            assert_eq!(read(text).kind, kind, "{text}");
        }
    }

    #[test]
    fn network_probes() {
        let url = "Get \"http://10.0.0.3:8080/healthz\": ";
        for (tail, failure) in [
            (
                "dial tcp 10.0.0.3:8080: connect: connection refused",
                F::Refused,
            ),
            (
                "dial tcp 10.0.0.3:8080: connect: no route to host",
                F::Unreachable,
            ),
            (
                "context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
                F::Timeout,
            ),
            (
                "net/http: request canceled (Client.Timeout exceeded while awaiting headers)",
                F::Timeout,
            ),
            ("dial tcp 10.0.0.3:8080: i/o timeout", F::Timeout),
            ("EOF", F::BadAnswer),
            (
                "read tcp 10.0.0.1:1->10.0.0.3:8080: read: connection reset by peer",
                F::BadAnswer,
            ),
            ("readLoopPeekFailLocked: %!w(<nil>)", F::BadAnswer),
            (
                "http: server gave HTTP response to HTTPS client",
                F::HttpVsHttps,
            ),
            ("remote error: tls: handshake failure", F::Tls),
        ] {
            let probe = read(&format!("Readiness probe failed: {url}{tail}"));
            assert_eq!(
                (probe.failure, probe.address.as_deref()),
                (failure, Some("10.0.0.3:8080")),
                "{tail}"
            );
        }
        let old = read(
            "Readiness probe failed: Get http://10.0.0.3:8888/: dial tcp 10.0.0.3:8888: getsockopt: connection refused",
        );
        assert_eq!(
            (old.failure, old.address.as_deref()),
            (F::Refused, Some("10.0.0.3:8888"))
        );
        assert_eq!(
            read("Startup probe failed: dial tcp 10.0.0.3:9: connect: connection refused").failure,
            F::Refused
        );
        let dns = read(
            "Liveness probe failed: Get \"http://web.example:80/\": dial tcp: lookup web.example on 10.0.0.2:53: no such host",
        );
        assert_eq!(
            (dns.failure, dns.address.as_deref()),
            (F::Dns, Some("web.example:80"))
        );
    }

    #[test]
    fn other_probes() {
        for (text, failure) in [
            ("HTTP probe failed with statuscode: 503", F::Status(503)),
            ("port \"web\" not found", F::UnknownPort(words("web"))),
            ("port web not found", F::UnknownPort(words("web"))),
            ("invalid port number: 99999", F::InvalidPort(words("99999"))),
            (
                "error: this server does not implement the grpc health protocol (grpc.health.v1.Health): unknown",
                F::GrpcUnimplemented,
            ),
            (
                "service unhealthy (responded with \"NOT_SERVING\")",
                F::GrpcUnhealthy(words("NOT_SERVING")),
            ),
            (
                "timeout: failed to connect service \"10.0.0.3:9\" within 1s: context deadline exceeded",
                F::GrpcUnreachable,
            ),
            ("timeout: health rpc did not complete within 1s", F::Timeout),
            ("command timed out", F::Timeout),
            ("command \"/bin/check -x\" timed out", F::Timeout),
            (
                "rpc error: code = DeadlineExceeded desc = failed to exec in container: timeout 1s exceeded: context deadline exceeded",
                F::Timeout,
            ),
            (
                "rpc error: code = Unknown desc = failed to exec in container: failed to start exec \"1\": OCI runtime exec failed: exec failed: unable to start container process: exec: \"pgrep\": executable file not found in $PATH: unknown",
                F::CommandMissing(words("pgrep")),
            ),
            (
                "localhost:5432 - no response\n",
                F::Output(words("localhost:5432 - no response")),
            ),
            (
                "curl: (7) Failed to connect to localhost port 80: Connection refused",
                F::Output(words(
                    "curl: (7) Failed to connect to localhost port 80: Connection refused",
                )),
            ),
            ("", F::Output(String::new())),
        ] {
            assert_eq!(
                read(&format!("Readiness probe failed: {text}")).failure,
                failure,
                "{text}"
            );
        }
        assert_eq!(
            read("Readiness probe errored: container gone").failure,
            F::Errored(words("container gone"))
        );
        let grpc = read(
            "Liveness probe failed: timeout: failed to connect service \"10.0.0.3:9\" within 1s: context deadline exceeded",
        );
        assert_eq!(grpc.address.as_deref(), Some("10.0.0.3:9"));
    }

    #[test]
    fn the_kill_that_follows() {
        let probe = read("Container app failed startup probe, will be restarted");
        assert_eq!(
            (probe.kind, probe.failure),
            (
                Some(ProbeKind::Startup),
                F::Killing {
                    container: words("app")
                }
            )
        );
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,80}") {
            let _ = read(&text);
            let _ = read(&format!("Readiness probe failed: {text}"));
            let _ = read(&format!("Readiness probe failed: Get \"http://{text}"));
        }
    }
}
