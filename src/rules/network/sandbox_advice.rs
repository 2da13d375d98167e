//! What is said of a failed sandbox by what the component that failed has said, and what then helps.
//!
//! Sources: containerd `internal/cri/server/sandbox_run.go`, CRI-O `server/sandbox_run_linux.go`; CNI plugins bridge and portmap;
//! kubelet `network/dns/dns.go`; Cilium's `pkg/ipam` ("range is full").

use crate::messages::sandbox::SandboxFailure;
use crate::rules::finding::Who;
use crate::rules::shared::advice::{Advice, says};
use crate::rules::shared::failed_sandbox::FailedSandbox;
use crate::text::say;

pub(super) fn of(failed: &FailedSandbox<'_>) -> Advice {
    let advice = of_network(&failed.failure).or_else(|| of_runtime(&failed.failure));
    advice.unwrap_or(says(say!(
        "sandbox-error.headline",
        "no sandbox can be made for the pod on {node}: {message}"
    )))
}

fn of_network(failure: &SandboxFailure) -> Option<Advice> {
    let advice = match failure {
        SandboxFailure::Cni { plugin } => {
            let advice = says(say!(
                "sandbox-error.network",
                "[network plugin {plugin}: ]the pod gets no network on {node}: {message}"
            ));
            match plugin {
                Some(plugin) => advice.fact("plugin", plugin.as_str()),
                None => advice,
            }
        }
        SandboxFailure::CniUnauthorized => says(say!(
            "sandbox-error.network-unauthorized",
            "the API server refuses the network plugin of {node}: {message}"
        ))
        .why(say!(
            "sandbox-error.network-unauthorized-why",
            "the token that its agent wrote to the node has expired or been replaced, or the clock of the node is wrong"
        ))
        .change(
            say!(
                "sandbox-error.restart-agent",
                "restart the network plugin's agent on {node}, which writes a new token: delete its pod there"
            ),
            Who::Admin,
        ),
        SandboxFailure::IpUnavailable => says(say!(
            "sandbox-error.no-address",
            "the pod gets no address on {node}: {message}"
        ))
        .why(say!(
            "sandbox-error.no-address-why",
            "the plugin says so of a range that is used up, and of one that overlaps a route of the node"
        ))
        .change(
            say!(
                "sandbox-error.see-range",
                "compare the pod range of {node} with its routes and with the pods that run there"
            ),
            Who::Admin,
        ),
        SandboxFailure::BridgeAddress { bridge } => says(say!(
            "sandbox-error.bridge",
            "bridge {bridge} of {node} has an address of another pod range"
        ))
        .fact("bridge", bridge.as_str())
        .why(say!(
            "sandbox-error.bridge-why",
            "the node has got another pod range since the bridge was made: it was joined again, or another plugin was there before"
        ))
        .change(
            say!(
                "sandbox-error.delete-bridge",
                "delete the bridge on {node}, and the plugin makes it anew: ip link delete {bridge}; the pods there lose their network until they are made anew"
            ),
            Who::Admin,
        ),
        SandboxFailure::HostPort => says(say!(
            "sandbox-error.host-port",
            "a host port of the pod cannot be mapped on {node}: {message}"
        )),
        _ => return None,
    };
    Some(advice)
}

fn of_runtime(failure: &SandboxFailure) -> Option<Advice> {
    let advice = match failure {
        SandboxFailure::NameReserved => says(say!(
            "sandbox-error.name-reserved",
            "an earlier attempt to make the pod's sandbox on {node} has not ended"
        ))
        .why(say!(
            "sandbox-error.name-reserved-why",
            "the runtime took longer than the kubelet waits, so that each further attempt meets the one before: the runtime, its disk or its network plugin is slow"
        )),
        SandboxFailure::OomAtInit => says(say!(
            "sandbox-error.memory-limit",
            "the memory limit of the pod is too small for its sandbox"
        )),
        SandboxFailure::Sysctl { name } => says(say!(
            "sandbox-error.sysctl",
            "{node} does not take sysctl {sysctl} as the pod sets it: {message}"
        ))
        .fact("sysctl", name.trim_start_matches("/proc/sys/").replace('/', "."))
        .change(
            say!(
                "sandbox-error.correct-sysctl",
                "correct the value of {sysctl} in securityContext.sysctls: the kernel refuses it"
            ),
            Who::Owner,
        ),
        SandboxFailure::ResolvConf { path } => says(say!(
            "sandbox-error.resolv-conf",
            "{path} does not exist on {node}, from which pods there get their name servers"
        ))
        .fact("path", path.as_str())
        .change(
            say!(
                "sandbox-error.correct-resolv-conf",
                "let the kubelet's resolvConf name a file that {node} has, or start systemd-resolved there, and restart the kubelet"
            ),
            Who::Admin,
        ),
        SandboxFailure::RuntimeDown => says(say!(
            "sandbox-error.runtime-down",
            "the container runtime of {node} does not answer: {message}"
        ))
        .change(
            say!(
                "sandbox-error.see-runtime",
                "see why the container runtime of {node} does not run"
            ),
            Who::Admin,
        ),
        SandboxFailure::Timeout => says(say!(
            "sandbox-error.timeout",
            "the container runtime of {node} does not make the pod's sandbox in time"
        ))
        .why(say!(
            "sandbox-error.timeout-why",
            "the runtime, its disk or its network plugin is slow or hangs"
        )),
        _ => return None,
    };
    Some(advice)
}
