//! Why a pod's sandbox, its network included, could not be made: [`read`] for FailedCreatePodSandBox and NetworkNotReady.
//!
//! The sandbox comes before the first container, but not all that fails here is the network: the pause image, the runtime's
//! handler, a full disk and a memory limit that is too small show up in the same event.
//!
//! Sources: containerd `internal/cri/server/sandbox_run.go` of 1.6 to 2.3; CRI-O `server/sandbox_run_linux.go`; cri-dockerd
//! `core/sandbox_*.go`; kubelet `kuberuntime_sandbox.go`; CNI plugins as named.

use super::form::{Captures, Pattern, anywhere, search};
use super::pull::{self, Pull};
use super::quote;
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
    IpExhausted {
        /// First and last of the range, if named.
        range: Option<(String, String)>,
    },
    /// The bridge of the node has an address of another network.
    BridgeAddress {
        /// The bridge.
        bridge: String,
    },
    /// The API server refuses the login of the network plugin.
    CniUnauthorized,
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
    /// The file that says how the node resolves names is missing.
    ResolvConf {
        /// Its path.
        path: String,
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
        .or_else(|| resolv_conf(&text))
        .or_else(|| started(&text))
        .or_else(|| anywhere(GENERAL, &text))
        .unwrap_or(SandboxFailure::Unknown)
}

/// The end of the chain of errors: what the network plugin said, or the runtime. gRPC's and the runtimes' frames come off.
pub fn innermost(message: &str) -> &str {
    const FRAMES: [&str; 2] = [
        // CNI: libcni
        "failed (add): ",
        // cri-api NetworkReady, as the kubelet prints it
        "reason:NetworkPluginNotReady message:",
    ];
    let mut frames = FRAMES.iter();
    let inner = frames.find_map(|frame| text::after(message, frame));
    quote::innermost(inner.unwrap_or(message))
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

/// What the kubelet's resolvConf names (kubelet `network/dns/dns.go`).
fn resolv_conf(text: &str) -> Option<SandboxFailure> {
    let folder = search("open {}/resolv.conf: no such file or directory", text)?;
    Some(SandboxFailure::ResolvConf {
        path: format!("{}/resolv.conf", folder.get(0)),
    })
}

fn exhausted(_: &Captures<'_>) -> SandboxFailure {
    SandboxFailure::IpExhausted { range: None }
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
    // Antrea, OVN-Kubernetes, Kube-OVN, Multus
    ("dial unix /var/run/antrea/cni.sock", |_| {
        SandboxFailure::CniNotReady
    }),
    ("ovn-cni-server.sock", |_| SandboxFailure::CniNotReady),
    ("dial unix /run/openvswitch/kube-ovn-daemon.sock", |_| {
        SandboxFailure::CniNotReady
    }),
    ("still waiting for readinessindicatorfile", |_| {
        SandboxFailure::CniNotReady
    }),
    // host-local: plugins/ipam/host-local/backend/allocator
    (
        "no IP addresses available in range set: {}-{}",
        |captures| SandboxFailure::IpExhausted {
            range: Some((captures.own(0), captures.own(1))),
        },
    ),
    ("no IP addresses available in range set", exhausted),
    ("no IP addresses available in network", exhausted),
    // AWS VPC CNI, Calico, Azure, Kube-OVN, Whereabouts, Cilium, Terway
    ("failed to assign an IP address to container", exhausted),
    ("No more free affine blocks", exhausted),
    ("Assigned 0 out of {} requested", exhausted),
    ("No available addresses", exhausted),
    ("not enough IPs available", exhausted),
    ("NoAvailableAddress", exhausted),
    ("Could not allocate IP in range", exhausted),
    ("No more IPs available", exhausted),
    ("IpNotEnough", exhausted),
    // Cilium: also when the node's range overlaps a local route
    ("range is full", |_| SandboxFailure::IpUnavailable),
    // bridge: plugins/main/bridge
    (
        "failed to set bridge addr: \"{}\" already has an IP address different from",
        |captures| SandboxFailure::BridgeAddress {
            bridge: captures.own(0),
        },
    ),
    // Calico, and others that ask the API server
    ("connection is unauthorized", |_| {
        SandboxFailure::CniUnauthorized
    }),
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
mod tests;
