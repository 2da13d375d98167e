//! Why a pod's sandbox, its network included, could not be made: [`read`] for FailedCreatePodSandBox and NetworkNotReady.
//!
//! The sandbox comes before the first container, but not all that fails here is the network: the pause image, the runtime's
//! handler, a full disk and a memory limit that is too small show up in the same event.
//!
//! Sources: containerd `internal/cri/server/sandbox_run.go` of 1.6 to 2.3; CRI-O `server/sandbox_run_linux.go`; cri-dockerd
//! `core/sandbox_*.go`; kubelet `kuberuntime_sandbox.go`; CNI plugins as named.

use super::form::{Pattern, anywhere, search};
use super::pull::{self, Pull};
use super::start::{self, StartFailure};
use super::text;

/// Why a sandbox could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SandboxFailure {
    /// The node's network plugin is not set up, or its daemon does not run.
    CniNotReady,
    /// The binary of a network plugin is not on the node.
    CniBinaryMissing {
        /// The binary.
        binary: String,
    },
    /// No address is left for the pod.
    IpExhausted,
    /// The address could not be had, in words that stand for a full range and for an overlapping one.
    IpUnavailable,
    /// The network plugin failed otherwise.
    Cni {
        /// The plugin, if named.
        plugin: Option<String>,
    },
    /// A host port could not be mapped.
    HostPort,
    /// The handler of the RuntimeClass is not configured on the node.
    HandlerMissing {
        /// The handler.
        handler: String,
    },
    /// The RuntimeClass does not exist.
    RuntimeClassMissing {
        /// The RuntimeClass.
        name: String,
    },
    /// The sandbox's own image could not be pulled.
    PauseImage {
        /// The image.
        image: String,
        /// Why not.
        pull: Box<Pull>,
    },
    /// An earlier attempt still holds the sandbox's name.
    NameReserved,
    /// The node's disk is full.
    DiskFull,
    /// The memory limit is too small for any process to start.
    OomAtInit,
    /// A sysctl was refused.
    Sysctl {
        /// The sysctl, as its path below /proc/sys.
        name: String,
    },
    /// The container runtime does not answer.
    RuntimeDown,
    /// The runtime did not answer in time.
    Timeout,
    /// The sandbox's process did not start.
    Start(StartFailure),
    /// No known words.
    Unknown,
}

/// Reads the message of an event.
pub fn read(message: &str) -> SandboxFailure {
    let text = text::bare(message);
    pause_image(&text)
        .or_else(|| anywhere(FORMS, &text))
        .or_else(|| started(&text))
        .or_else(|| anywhere(GENERAL, &text))
        .unwrap_or(SandboxFailure::Unknown)
}

/// The sandbox's own image; whatever was wrong with its pull decides.
fn pause_image(text: &str) -> Option<SandboxFailure> {
    // the hole that holds the image; the last one holds the pull's error
    const FORMS: [(&str, usize); 4] = [
        ("failed to get sandbox image \"{}\": {*}", 0),
        // dockershim and cri-dockerd
        ("failed pulling image \"{}\": {*}", 0),
        ("unable to pull sandbox image \"{}\": {*}", 0),
        // CRI-O
        (
            "creating pod sandbox with name \"{}\": {*}initializing source docker://{}: {*}",
            2,
        ),
    ];
    let mut forms = FORMS.into_iter();
    let (captures, image) = forms.find_map(|(form, image)| Some((search(form, text)?, image)))?;
    Some(SandboxFailure::PauseImage {
        image: captures.own(image),
        pull: Box::new(pull::read(captures.last())),
    })
}

fn started(text: &str) -> Option<SandboxFailure> {
    Some(
        match start::read(text::after(text, "sandbox: ").unwrap_or(text))? {
            StartFailure::OomAtInit => SandboxFailure::OomAtInit,
            StartFailure::DiskFull => SandboxFailure::DiskFull,
            StartFailure::Sysctl { name } => SandboxFailure::Sysctl { name },
            StartFailure::Other => return None,
            failure => SandboxFailure::Start(failure),
        },
    )
}

/// Words that decide wherever they stand.
const FORMS: &[Pattern<SandboxFailure>] = &[
    // kubelet: runtimeclass/runtimeclass_manager.go
    ("failed to lookup RuntimeClass {}: ", |captures| {
        SandboxFailure::RuntimeClassMissing {
            name: captures.own(0).trim_matches('"').to_owned(),
        }
    }),
    ("RuntimeClass \"{}\" not found", |captures| {
        SandboxFailure::RuntimeClassMissing {
            name: captures.own(0),
        }
    }),
    // containerd, cri-dockerd; CRI-O
    ("no runtime for \"{}\" is configured", |captures| {
        SandboxFailure::HandlerMissing {
            handler: captures.own(0),
        }
    }),
    ("failed to find runtime handler {}", |captures| {
        SandboxFailure::HandlerMissing {
            handler: captures.own(0),
        }
    }),
    // kubelet's and the runtimes' own check
    ("cni plugin not initialized", |_| {
        SandboxFailure::CniNotReady
    }),
    ("cni config uninitialized", |_| SandboxFailure::CniNotReady),
    ("no CNI configuration file", |_| SandboxFailure::CniNotReady),
    ("NetworkPluginNotReady", |_| SandboxFailure::CniNotReady),
    ("network plugin is not ready", |_| {
        SandboxFailure::CniNotReady
    }),
    ("failed to find plugin \"{}\" in path", |captures| {
        SandboxFailure::CniBinaryMissing {
            binary: captures.own(0),
        }
    }),
    // Calico, Flannel, AWS VPC CNI, Cilium: files and sockets of a daemon that has not started
    (
        "stat /var/lib/calico/nodename: no such file or directory",
        |_| SandboxFailure::CniNotReady,
    ),
    (
        "open /run/flannel/subnet.env: no such file or directory",
        |_| SandboxFailure::CniNotReady,
    ),
    (
        "dial tcp 127.0.0.1:50051: connect: connection refused",
        |_| SandboxFailure::CniNotReady,
    ),
    ("unable to connect to Cilium daemon", |_| {
        SandboxFailure::CniNotReady
    }),
    ("dial unix /var/run/cilium/cilium.sock", |_| {
        SandboxFailure::CniNotReady
    }),
    // AWS VPC CNI, host-local, Calico, Azure, Kube-OVN
    ("failed to assign an IP address to container", |_| {
        SandboxFailure::IpExhausted
    }),
    ("no IP addresses available in range set", |_| {
        SandboxFailure::IpExhausted
    }),
    ("No more free affine blocks", |_| {
        SandboxFailure::IpExhausted
    }),
    ("Assigned 0 out of {} requested", |_| {
        SandboxFailure::IpExhausted
    }),
    ("No available addresses", |_| SandboxFailure::IpExhausted),
    ("NoAvailableAddress", |_| SandboxFailure::IpExhausted),
    // Cilium: also when the node's range overlaps a local route
    ("range is full", |_| SandboxFailure::IpUnavailable),
    ("failed to add hostport mapping", |_| {
        SandboxFailure::HostPort
    }),
    // kubelet and runtimes: transport
    ("transport: Error while dialing", |_| {
        SandboxFailure::RuntimeDown
    }),
    ("failed to reserve sandbox name", |_| {
        SandboxFailure::NameReserved
    }),
    ("pod sandbox with name \"{}\" already exists", |_| {
        SandboxFailure::NameReserved
    }),
    ("name \"{}\" is reserved for", |_| {
        SandboxFailure::NameReserved
    }),
    ("no space left on device", |_| SandboxFailure::DiskFull),
];

/// Words of a frame, which decide when nothing inside it is known.
const GENERAL: &[Pattern<SandboxFailure>] = &[
    ("plugin type=\"{}\"", |captures| SandboxFailure::Cni {
        plugin: Some(captures.own(0)),
    }),
    ("failed to setup network for sandbox", |_| {
        SandboxFailure::Cni { plugin: None }
    }),
    ("failed to set up pod {} network", |_| SandboxFailure::Cni {
        plugin: None,
    }),
    ("to CNI network \"{}\"", |_| SandboxFailure::Cni {
        plugin: None,
    }),
    ("failed to create pod network sandbox", |_| {
        SandboxFailure::Cni { plugin: None }
    }),
    ("netplugin failed", |_| SandboxFailure::Cni { plugin: None }),
    ("context deadline exceeded", |_| SandboxFailure::Timeout),
    ("DeadlineExceeded", |_| SandboxFailure::Timeout),
];

#[cfg(test)]
mod tests {
    use super::super::pull::PullFailure;
    use super::SandboxFailure as F;
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn every_known_error() {
        let cni = |cause: &str| {
            format!(
                "failed to setup network for sandbox \"12ab\": plugin type=\"bridge\" name=\"net\" failed (add): {cause}"
            )
        };
        for (cause, failure) in [
            (cni("cni plugin not initialized"), F::CniNotReady),
            (
                cni("failed to find plugin \"portmap\" in path [/opt/cni/bin]"),
                F::CniBinaryMissing {
                    binary: words("portmap"),
                },
            ),
            (
                cni(
                    "stat /var/lib/calico/nodename: no such file or directory: check that the calico/node container is running",
                ),
                F::CniNotReady,
            ),
            (
                cni("open /run/flannel/subnet.env: no such file or directory"),
                F::CniNotReady,
            ),
            (
                cni(
                    "failed to allocate for range 0: no IP addresses available in range set: 10.1.0.1-10.1.0.254",
                ),
                F::IpExhausted,
            ),
            (
                cni("add cmd: failed to assign an IP address to container"),
                F::IpExhausted,
            ),
            (
                cni(
                    "failed to request IPv4 addresses: Assigned 0 out of 1 requested IPv4 addresses",
                ),
                F::IpExhausted,
            ),
            (
                cni(
                    "unable to allocate IP via local cilium agent: [POST /ipam][502] postIpamFailure range is full",
                ),
                F::IpUnavailable,
            ),
            (
                cni("connection is unauthorized: Unauthorized"),
                F::Cni {
                    plugin: Some(words("bridge")),
                },
            ),
            (
                words(
                    "networkPlugin cni failed to set up pod \"web_shop\" network: netplugin failed with no error message",
                ),
                F::Cni { plugin: None },
            ),
            (
                words(
                    "failed to create pod network sandbox k8s_web(12ab): error adding pod shop_web to CNI network \"net\": no",
                ),
                F::Cni { plugin: None },
            ),
            (
                words("failed to get sandbox runtime: no runtime for \"gvisor\" is configured"),
                F::HandlerMissing {
                    handler: words("gvisor"),
                },
            ),
            (
                words("failed to find runtime handler kata from runtime list map[runc:0x1]"),
                F::HandlerMissing {
                    handler: words("kata"),
                },
            ),
            (
                words(
                    "failed to lookup RuntimeClass kata: runtimeclass.node.k8s.io \"kata\" not found",
                ),
                F::RuntimeClassMissing {
                    name: words("kata"),
                },
            ),
            (
                words(
                    "failed to reserve sandbox name \"web_0\": name \"web_0\" is reserved for \"12ab\"",
                ),
                F::NameReserved,
            ),
            (
                words(
                    "failed to start sandbox \"1\": failed to create containerd task: failed to mount rootfs component: no space left on device",
                ),
                F::DiskFull,
            ),
            (
                words(
                    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: container init was OOM-killed (memory limit too low?): unknown",
                ),
                F::OomAtInit,
            ),
            (
                words(
                    "failed to create containerd task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: write /proc/sys/kernel/shm_rmid_forced: invalid argument: unknown",
                ),
                F::Sysctl {
                    name: words("kernel/shm_rmid_forced"),
                },
            ),
            (
                words(
                    "failed to create containerd task: failed to start shim: OCI runtime create failed: exec: \"runc\": executable file not found in $PATH",
                ),
                F::Start(StartFailure::RuntimeMissing {
                    binary: words("runc"),
                }),
            ),
            (
                words(
                    "connection error: desc = \"transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused\"",
                ),
                F::RuntimeDown,
            ),
            (
                words("failed to add hostport mapping for sandbox web(1): no"),
                F::HostPort,
            ),
            (words("context deadline exceeded"), F::Timeout),
            (words("words of tomorrow"), F::Unknown),
        ] {
            for frame in [
                "Failed to create pod sandbox: ",
                "Failed create pod sandbox: rpc error: code = Unknown desc = ",
                "(combined from similar events): Failed to create pod sandbox: ",
                "",
            ] {
                assert_eq!(read(&format!("{frame}{cause}")), failure, "{frame}{cause}");
            }
        }
    }

    #[test]
    fn the_network_before_any_sandbox() {
        let text = "network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:x";
        assert_eq!(read(text), F::CniNotReady);
    }

    #[test]
    fn the_image_of_the_sandbox() {
        let text = "Failed to create pod sandbox: failed to get sandbox image \"reg.example/pause:3\": failed to pull image \"reg.example/pause:3\": failed to pull and unpack image \"reg.example/pause:3\": failed to resolve reference \"reg.example/pause:3\": failed to do request: Head \"https://reg.example/v2/pause/manifests/3\": dial tcp: lookup reg.example: no such host";
        let F::PauseImage { image, pull } = read(text) else {
            panic!("{text}")
        };
        assert_eq!(
            (image.as_str(), pull.failure, pull.host.as_deref()),
            ("reg.example/pause:3", PullFailure::Dns, Some("reg.example"))
        );
        for (text, failure) in [
            (
                "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image \"reg.example/pause:3\": failed to pull image \"reg.example/pause:3\": failed to pull and unpack image \"reg.example/pause:3\": failed to resolve reference \"reg.example/pause:3\": unexpected status from HEAD request to https://reg.example/v2/pause/manifests/3: 401 Unauthorized",
                PullFailure::Auth,
            ),
            (
                "Failed create pod sandbox: rpc error: code = Unknown desc = failed pulling image \"reg.example/pause:3\": Error response from daemon: Get https://reg.example/v2/pause/manifests/3: no basic auth credentials",
                PullFailure::Auth,
            ),
            (
                "Failed to create pod sandbox: rpc error: code = Unknown desc = error creating pod sandbox with name \"k8s_web_shop_1_0\": initializing source docker://reg.example/pause:3: reading manifest 3 in reg.example/pause: manifest unknown",
                PullFailure::TagNotFound,
            ),
            (
                "Failed to create pod sandbox: rpc error: code = NotFound desc = failed to get sandbox image \"reg.example/pause:3\": failed to pull image \"reg.example/pause:3\": failed to pull and unpack image \"reg.example/pause:3\": no match for platform in manifest: not found",
                PullFailure::PlatformMismatch,
            ),
        ] {
            let F::PauseImage { image, pull } = read(text) else {
                panic!("{text}")
            };
            assert_eq!(
                (image.as_str(), pull.failure),
                ("reg.example/pause:3", failure),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,80}") {
            let _ = read(&text);
            let _ = read(&format!("Failed to create pod sandbox: failed to get sandbox image \"{text}\": {text}"));
        }
    }
}
