//! One example for each wording.

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
            F::IpExhausted {
                range: Some((words("10.1.0.1"), words("10.1.0.254"))),
            },
        ),
        (
            cni("add cmd: failed to assign an IP address to container"),
            F::IpExhausted { range: None },
        ),
        (
            cni("failed to request IPv4 addresses: Assigned 0 out of 1 requested IPv4 addresses"),
            F::IpExhausted { range: None },
        ),
        (
            cni(
                "unable to allocate IP via local cilium agent: [POST /ipam][502] postIpamFailure range is full",
            ),
            F::IpUnavailable,
        ),
        (
            cni("connection is unauthorized: Unauthorized"),
            F::CniUnauthorized,
        ),
        (
            cni(
                "failed to set bridge addr: \"cni0\" already has an IP address different from 10.42.1.1/24",
            ),
            F::BridgeAddress {
                bridge: words("cni0"),
            },
        ),
        (
            cni(
                "Multus: [shop/web/1]: have you checked that your default network is ready? still waiting for readinessindicatorfile @ /host/run/multus/cni/net.d/10-calico.conf",
            ),
            F::CniNotReady,
        ),
        (
            cni(
                "CNI request failed with status 400: dial unix /run/ovn-kubernetes/cni/ovn-cni-server.sock: connect: connection refused",
            ),
            F::CniNotReady,
        ),
        (
            cni("AllocateIPConfig failed: not enough IPs available for pod"),
            F::IpExhausted { range: None },
        ),
        (
            cni("error at storage engine: Could not allocate IP in range: ip: 10.0.0.1"),
            F::IpExhausted { range: None },
        ),
        (
            cni("unable to create chain CNI-DN-1: exit status 3"),
            F::Cni {
                plugin: Some(words("bridge")),
            },
        ),
        (
            words("open /run/systemd/resolve/resolv.conf: no such file or directory"),
            F::ResolvConf {
                path: words("/run/systemd/resolve/resolv.conf"),
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
