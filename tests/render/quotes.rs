//! Where a quote is too long, what decides is left of it; of what nobody explains, every word.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail anywhere"
)]

use super::reports::{diagnosis, event, object, pod, report, says};
use crate::support::*;
use proptest::prelude::*;
use serde_json::{Value, json};

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const UUID: &str = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";

/// What is behind the bar, lines joined.
fn quoted(text: &str) -> String {
    let lines = text.lines().filter_map(|line| line.strip_prefix("  │ "));
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}

/// One line, as far as blanks go.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The forms of long messages, and the words of each that have to be seen.
fn messages() -> Vec<(String, Vec<&'static str>)> {
    let provisioner = |error: &str| {
        format!(
            "failed to provision volume with StorageClass \"ssd\": rpc error: code = Internal desc = {error}"
        )
    };
    let sandbox = |error: &str| {
        format!(
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox \"{ID}\": {error}"
        )
    };
    let runtime =
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: ";
    vec![
        (
            provisioner(&format!("Could not create volume \"pvc-{UUID}\": could not create volume in EC2: UnauthorizedOperation: the role may not do this. Encoded authorization failure message: {}\n\tstatus code: 403, request id: {UUID}", "a1B2_".repeat(90))),
            vec!["UnauthorizedOperation: the role may not do this.", "status code: 403"],
        ),
        (
            provisioner(&format!("CreateVolume failed to create single zonal disk pvc-{UUID}: failed to insert zonal disk: unknown Insert disk operation error: rpc error: code = ResourceExhausted desc = operation operation-17-5f failed (QUOTA_EXCEEDED): Quota 'SSD_GB' exceeded.  Limit: 500.0 in region north-1.\nmetric name = compute.example/ssd_storage\nlimit name = SSD-GB-per-project-and-region\ndimensions = map[region:north-1]")),
            vec!["QUOTA_EXCEEDED", "Quota 'SSD_GB' exceeded. Limit: 500.0 in region north-1."],
        ),
        (
            provisioner(&format!("Retriable: false, RetryAfter: 0s, HTTPStatusCode: 403, RawError: {{\"error\":{{\"code\":\"AuthorizationFailed\",\"message\":\"The client '{UUID}' with object id '{UUID}' may not perform 'disks/write' over scope '/subscriptions/{UUID}/resourceGroups/mine/disks/pvc-{UUID}'. If access was recently granted, please refresh your credentials.\"}}}}")),
            vec!["HTTPStatusCode: 403", "AuthorizationFailed", "'disks/write'", "/resourceGroups/mine/"],
        ),
        (
            provisioner("failed to create shared file system: pool replicapool is full: (28) no space left"),
            vec!["pool replicapool is full: (28) no space left"],
        ),
        (
            "Failed to schedule pod, incompatible with nodepool \"big\", daemonset overhead={\"cpu\":\"480m\",\"memory\":\"812700032\",\"pods\":\"5\"}, no instance type satisfied resources {\"cpu\":\"6480m\",\"memory\":\"30877471104\",\"pods\":\"6\"} and requirements role In [big], cloud.example/instance-cpu In [8], cloud.example/family In [m6a], karpenter.sh/capacity-type In [on-demand], karpenter.sh/nodepool In [big], kubernetes.io/arch In [amd64], topology.kubernetes.io/zone In [north-1a] (no instance type which had enough resources met the scheduling requirements)".to_owned(),
            vec!["nodepool \"big\"", "no instance type satisfied resources", "\"memory\":\"30877471104\"", "no instance type which had enough resources"],
        ),
        (
            format!("{runtime}could not apply required modification to OCI specification: error modifying OCI spec: failed to inject CDI devices: unresolvable CDI devices example.com/gpu=GPU-{UUID}"),
            vec!["unresolvable CDI devices example.com/gpu=GPU-"],
        ),
        (
            format!("{runtime}runc create failed: unable to start container process: error during container init: error mounting \"/var/lib/kubelet/pods/{UUID}/volumes/conf\" to rootfs at \"/etc/app.conf\": not a directory: Are you trying to mount a directory onto a file (or vice-versa)?: unknown"),
            vec!["error mounting", "to rootfs at \"/etc/app.conf\": not a directory"],
        ),
        (
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image \"registry.example.com/mirror/pause:3.9\": failed to pull image \"registry.example.com/mirror/pause:3.9\": failed to pull and unpack image \"registry.example.com/mirror/pause:3.9\": failed to resolve reference \"registry.example.com/mirror/pause:3.9\": unexpected status from HEAD request to https://registry.example.com/v2/mirror/pause/manifests/3.9: 401 Unauthorized".to_owned(),
            vec!["registry.example.com/mirror/pause:3.9", "HEAD request to https://registry.example.com", "401 Unauthorized"],
        ),
        (
            sandbox("plugin type=\"cilium-cni\" failed (add): unable to connect to Cilium agent: failed to create cilium agent client after 30.000000 seconds timeout: Get \"http://localhost/v1/config\": dial unix /var/run/cilium/cilium.sock: connect: no such file or directory\n\nIs the agent running?"),
            vec!["cilium-cni", "unable to connect to Cilium agent", "/var/run/cilium/cilium.sock: connect: no such file or directory"],
        ),
        (
            sandbox(&format!("plugin type=\"multus-shim\" name=\"multus\" failed (add): CmdAdd (shim): CNI request failed with status 400: '&{{ContainerID:{ID} Netns:/var/run/netns/cni-1 IfName:eth0 Args:K8S_POD_UID={UUID} StdinData:[{}]}} ERRORED: error configuring pod [shop/web] networking: Multus: [shop/web/{UUID}]: error adding container to network \"macvlan\": failed to find plugin \"macvlan\" in path [/opt/cni/bin]", "123 34 ".repeat(200))),
            vec!["multus-shim", "failed to find plugin \"macvlan\" in path [/opt/cni/bin]"],
        ),
        (
            "AttachVolume.Attach failed for volume \"pvc-35f1d10136bb4a2f\" : timed out waiting for external-attacher of disks.csi.example.com CSI driver to attach volume 757935-pvc35f1d10136bb4a2f".to_owned(),
            vec!["pvc-35f1d10136bb4a2f", "disks.csi.example.com"],
        ),
        (
            "Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[conf data certs tmp kube-api-access-x2k4q], failed to process volumes=[]: timed out waiting for the condition".to_owned(),
            vec!["unmounted volumes=[data]", "timed out waiting for the condition"],
        ),
        (
            format!("MountVolume.SetUp failed for volume \"share\" : mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t nfs -o nfsvers=4.1 nas.example.com:/export/web /var/lib/kubelet/pods/{UUID}/volumes/kubernetes.io~nfs/share\nOutput: mount.nfs: access denied by server while mounting nas.example.com:/export/web"),
            vec!["volume \"share\"", "exit status 32", "access denied by server while mounting nas.example.com:/export/web"],
        ),
        (
            "Error creating: pods \"web-5d8f9c7b6d-x2k4q\" is forbidden: exceeded quota: team-compute, requested: limits.cpu=2,limits.memory=4Gi, used: limits.cpu=7,limits.memory=14Gi, limited: limits.cpu=8,limits.memory=16Gi".to_owned(),
            vec!["team-compute", "requested: limits.cpu=2,limits.memory=4Gi", "used: limits.cpu=7", "limited: limits.cpu=8,limits.memory=16Gi"],
        ),
        (
            "Error creating: pods \"web-5d8f9c7b6d-x2k4q\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"app\" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container \"app\" must set securityContext.capabilities.drop=[\"ALL\"]), runAsNonRoot != true (pod or container \"app\" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container \"app\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")".to_owned(),
            vec!["\"restricted:latest\"", "allowPrivilegeEscalation=false", "drop=[\"ALL\"]", "runAsNonRoot=true", "seccompProfile.type"],
        ),
        (
            "Error creating: Internal error occurred: failed calling webhook \"inject.mesh.example\": failed to call webhook: Post \"https://injector.mesh-system.svc:443/inject?timeout=10s\": tls: failed to verify certificate: x509: certificate signed by unknown authority (possibly because of \"crypto/rsa: verification error\" while trying to verify candidate authority certificate \"mesh.example\")".to_owned(),
            vec!["\"inject.mesh.example\"", "https://injector.mesh-system.svc:443", "x509: certificate signed by unknown authority"],
        ),
        (
            "Failed to pull image \"registry.example.com/shop/web:1.2\": failed to pull and unpack image \"registry.example.com/shop/web:1.2\": failed to resolve reference \"registry.example.com/shop/web:1.2\": failed to do request: Head \"https://registry.example.com/v2/shop/web/manifests/1.2\": dial tcp: lookup registry.example.com on 10.96.0.10:53: no such host".to_owned(),
            vec!["registry.example.com/shop/web:1.2", "lookup registry.example.com on 10.96.0.10:53: no such host"],
        ),
        (
            "pod didn't trigger scale-up: 3 node(s) had untolerated taint {dedicated: gpu}, 2 node(s) didn't match Pod's node affinity/selector, 1 max node group size reached, 1 in backoff after failed scale-up".to_owned(),
            vec!["1 max node group size reached", "1 in backoff after failed scale-up"],
        ),
        (
            "The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 3Gi. Container app was using 41Gi, request is 0, has larger consumption of ephemeral-storage. ".to_owned(),
            vec!["low on resource: ephemeral-storage", "available: 3Gi", "app was using 41Gi"],
        ),
    ]
}

/// A report of one diagnosis that quotes a message twice in other places: as its proof, and beside it.
fn quoting(message: &str, is_proof: bool) -> Report {
    let of = object("Pod", "shop", "web-5d8f9c7b6d-x2k4q");
    let words = |quote: &str| {
        let component = format!("disks.csi.example.com_controller-7d9c5bf6d8-x2k4q_{UUID}");
        event(of.clone(), "Failed", &component, 12, quote)
    };
    let (proof, more) = if is_proof {
        (message, "something else")
    } else {
        ("something else", message)
    };
    let mut diagnosis = diagnosis("unbound-pvc", Layer::Volume, of.clone(), words(proof));
    says(&mut diagnosis, "it fails");
    diagnosis.evidence = vec![words(more)];
    diagnosis.affected = vec![pod("shop", "web-5d8f9c7b6d-x2k4q", "Pending", 60)];
    report(1, vec![diagnosis])
}

#[test]
fn what_decides_is_left_of_a_long_quote() {
    for (message, decisive) in messages() {
        for is_proof in [true, false] {
            let report = quoting(&message, is_proof);
            let text = render::text(&report, PLAIN);
            for words in &decisive {
                assert!(quoted(&text).contains(words), "{words:?} is not in\n{text}");
            }
            let all = folded(&render::wide(&report, PLAIN).replace("│", ""));
            assert!(all.contains(&folded(&message)), "{all}");
            let json = render::json(&report).expect("it is JSON");
            let json: Value = serde_json::from_str(&json).expect("it is JSON");
            let place = if is_proof {
                "/diagnoses/0/proof/quote"
            } else {
                "/diagnoses/0/evidence/0/quote"
            };
            assert_eq!(json.pointer(place), Some(&json!(message)));
        }
    }
}

#[test]
fn who_says_it_is_the_component_and_not_its_pod() {
    let text = render::text(&quoting("no", true), PLAIN);
    assert!(
        quoted(&text).contains("disks.csi.example.com (12 times, last 95s ago): no"),
        "{text}"
    );
    let wide = render::wide(&quoting("no", true), PLAIN);
    assert!(
        quoted(&wide).contains("controller-7d9c5bf6d8-x2k4q"),
        "{wide}"
    );
}

#[test]
fn what_a_sentence_refers_to_is_shown_to_its_end() {
    let unknown = (0..200)
        .map(|n| format!("word{n}"))
        .collect::<Vec<_>>()
        .join(" ");
    let mut report = quoting(&unknown, true);
    assert!(!quoted(&render::text(&report, PLAIN)).contains(&unknown));
    report.diagnoses[0].refers_to_quotes = true;
    let text = render::text(&report, PLAIN);
    assert!(quoted(&text).contains(&unknown), "{text}");
}

/// A pod on a node, with these events.
fn stuck(events: &[(&str, &str, &str)]) -> Report {
    let at = |minute: usize| format!("2026-01-01T12:{minute:02}:00Z");
    let conditions = ["Ready", "ContainersReady"].map(|kind| {
        json!({
            "type": kind, "status": "False", "lastTransitionTime": at(0),
            "reason": "ContainersNotReady", "message": "containers with unready status: [app]",
        })
    });
    let mut items = vec![json!({
        "kind": "Pod", "apiVersion": "v1",
        "metadata": {"name": "web", "namespace": "shop", "uid": "u", "creationTimestamp": at(0)},
        "spec": {"nodeName": "n", "containers": [{"name": "app", "image": "i"}]},
        "status": {
            "phase": "Pending", "startTime": at(0),
            "conditions": conditions,
            "containerStatuses": [{
                "name": "app", "image": "i", "imageID": "", "ready": false, "restartCount": 0,
                "state": {"waiting": {"reason": "ContainerCreating"}},
            }],
        },
    })];
    for (index, (kind, reason, message)) in events.iter().enumerate() {
        items.push(json!({
            "kind": "Event", "apiVersion": "v1",
            "metadata": {"name": format!("e{index}"), "namespace": "shop", "creationTimestamp": at(0)},
            "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web", "uid": "u"},
            "type": kind, "reason": reason, "message": message, "count": 12,
            "source": {"component": "kubelet"},
            "firstTimestamp": at(1), "lastTimestamp": at(30 + index),
        }));
    }
    let list = json!({"kind": "List", "apiVersion": "v1", "items": items});
    load(&list.to_string()).expect("it is a dump").report()
}

#[test]
fn of_a_pod_that_nothing_explains_the_newest_warning_comes_first_and_nothing_is_said_twice() {
    let report = stuck(&[
        ("Normal", "Scheduled", "Successfully assigned shop/web to n"),
        (
            "Warning",
            "FailedPrepareDynamicResources",
            "Failed to prepare dynamic resources: NodePrepareResources failed for ResourceClaim gpu: the device is in the wrong house",
        ),
        (
            "Warning",
            "FailedCreatePodContainer",
            "unable to ensure pod container exists: failed to create container for [kubepods besteffort pod1] : mkdir /sys/fs/cgroup/kubepods/pod1: device or resource busy",
        ),
    ]);
    let text = render::text(&report, PLAIN);
    assert_eq!(report.unexplained.len(), 1, "{text}");
    assert_eq!(
        quoted(&text),
        "kubelet (12 times, last 0s ago): unable to ensure pod container exists: failed to create container for [kubepods besteffort \
         pod1] : mkdir /sys/fs/cgroup/kubepods/pod1: device or resource busy kubelet (12 times, last 60s ago): Failed to prepare \
         dynamic resources: NodePrepareResources failed for ResourceClaim gpu: the device is in the wrong house"
    );
    let silent = render::text(
        &stuck(&[("Normal", "Scheduled", "Successfully assigned shop/web to n")]),
        PLAIN,
    );
    assert!(quoted(&silent).contains("ContainerCreating"), "{silent}");
    assert_eq!(
        silent.matches("containers with unready status").count(),
        1,
        "{silent}"
    );
}

/// An object that nobody explains, with one quote.
fn unexplained(message: &str) -> Report {
    let mut report = super::reports::unexplained();
    let of = object("Pod", "shop", "batch-x7");
    report.unexplained[0].evidence = vec![event(of, "Failed", "kubelet", 12, message)];
    report
}

#[test]
fn every_word_of_long_messages_stands_where_nothing_explains_them() {
    for (message, _) in messages() {
        let text = render::text(&unexplained(&message), PLAIN);
        assert!(
            quoted(&text).contains(&folded(&message)),
            "{message}\n{text}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_word_of_what_nobody_explains_is_lost(
        words in prop::collection::vec("[a-zA-Z0-9\"'(){}\\[\\]:,./=_-]{1,90}|漢字", 1..60),
        breaks in prop::collection::vec(prop::sample::select(vec![" ", "  ", "\n", ": ", "\n\n"]), 60),
        width in 40_usize..160,
    ) {
        let message: String = words.iter().zip(&breaks).flat_map(|(word, blank)| [word.as_str(), blank]).collect();
        let layout = Layout { width, ..PLAIN };
        let text = quoted(&render::text(&unexplained(&message), layout));
        prop_assert!(text.contains(&folded(&message)), "{message:?} in {text}");
    }
}
