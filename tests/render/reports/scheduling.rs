//! Pods that no node takes.
#![expect(clippy::indexing_slicing, reason = "the reports are our own")]

use super::nodes::label;
use super::*;

pub(crate) fn host_port() -> Report {
    let subject = object("Deployment", "shop", "web");
    let name = "web-7d9c5b-x2k4q";
    let proof = event(
        object("Pod", "shop", name),
        "FailedScheduling",
        "default-scheduler",
        12,
        "0/9 nodes are available: 1 node(s) were unschedulable, 3 node(s) didn't have free ports for the \
         requested pod ports, 5 node(s) had untolerated taint(s). preemption: 0/9 nodes are available: 9 \
         Preemption is not helpful for scheduling.",
    );
    let mut found = diagnosis("host-port-conflict", Layer::Scheduling, subject, proof);
    found.affected = vec![pod("shop", name, "Pending", 2460)];
    says(
        &mut found,
        "port 8080/TCP is taken on every node that could run it",
    );
    let why = "the rollout keeps the old pods until the new ones are ready, and the new ones wait for the \
               port of the old ones";
    because(&mut found, why);
    found.evidence = vec![field(
        object("Deployment", "shop", "web"),
        "spec.strategy.rollingUpdate.maxUnavailable",
        "0",
    )];
    found.facts = Facts([("port", Fact::from("8080/TCP")), ("nodes", Fact::Count(3))].into());
    let mut nodes: Vec<_> = vec![
        node("worker-1", vec![port("shop", "web-59f4-aaaaa")]),
        node("worker-2", vec![port("shop", "web-59f4-bbbbb")]),
        node("worker-3", vec![port("ingress", "haproxy-7xk2p")]),
    ];
    let cordoned = FilterFailureReport {
        filter: "NodeUnschedulable",
        reason: "node(s) were unschedulable".to_owned(),
        ..FilterFailureReport::default()
    };
    nodes.push(node("worker-4", vec![cordoned]));
    nodes.extend((1..=5).map(|n| {
        node(
            &format!("gpu-{n}"),
            vec![taint("nvidia.com/gpu=present:NoSchedule")],
        )
    }));
    found.nodes = nodes.into();
    let counts = vec![
        count(5, "node(s) had untolerated taint(s)"),
        count(
            3,
            "node(s) didn't have free ports for the requested pod ports",
        ),
        count(1, "node(s) were unschedulable"),
    ];
    found.agreement = Some(agreement(Agree::Equal, counts.clone(), counts, ""));
    let mut first = fix(
        "let the rollout remove an old pod before it adds a new one",
        "kubectl -n shop patch deploy/web -p \
         '{\"spec\":{\"strategy\":{\"rollingUpdate\":{\"maxSurge\":0,\"maxUnavailable\":1}}}}'",
    );
    first.verified = Some(Verified {
        nodes: ["worker-1".into(), "worker-2".into()].into(),
        room: None,
        pods_elsewhere_unread: false,
    });
    let mut second = fix(
        "make worker-4 schedulable again",
        "kubectl uncordon worker-4",
    );
    second.who = Who::Admin;
    second.verified = Some(Verified {
        nodes: ["worker-4".into()].into(),
        room: Some(1),
        pods_elsewhere_unread: true,
    });
    found.fixes = vec![first, second];
    found.ladder = ladder(Layer::Scheduling, &["created by ReplicaSet/web-7d9c5b"]);
    found.next.command =
        "kubectl -n shop get pods -o wide --field-selector spec.nodeName=worker-1".to_owned();
    report(42, vec![found])
}

pub(crate) fn large_cluster() -> Report {
    let subject = object("Job", "research", "train");
    let name = "train-k2x5c";
    let of = object("Pod", "research", name);
    let proof = event(
        of,
        "FailedScheduling",
        "default-scheduler",
        400,
        "0/3240 nodes are available: 3240 Insufficient memory.",
    );
    let mut found = diagnosis("insufficient-memory", Layer::Scheduling, subject, proof);
    says(&mut found, "no node has 8Gi of memory free");
    found.affected = vec![pod("research", name, "Pending", 200_000)];
    let mut nodes: Vec<_> = (0..3240)
        .map(|n| {
            node(
                &format!(
                    "ip-10-0-{}-{}.eu-north-1.compute.internal",
                    n / 250,
                    n % 250
                ),
                vec![memory(n % 40 * 100)],
            )
        })
        .collect();
    nodes.extend((1..30).map(|n| {
        node(
            &format!("gpu-{n}"),
            vec![taint("nvidia.com/gpu=present:NoSchedule"), memory(7000)],
        )
    }));
    nodes.push(node("new-1", Vec::new()));
    found.nodes = nodes.into();
    found.agreement = Some(agreement(
        Agree::Different,
        vec![count(3240, "Insufficient memory")],
        vec![
            count(3240, "Insufficient memory"),
            count(29, "node(s) had untolerated taint(s)"),
        ],
        "the scheduler's words are 6m older than node new-1",
    ));
    found.ladder = ladder(Layer::Scheduling, &["created by Job/train"]);
    report(12_345, vec![found])
}

pub(crate) fn korean() -> Report {
    let mut report = host_port();
    let found = &mut report.diagnoses[0];
    found.subject = object("Deployment", "상점", "웹");
    found.proof.object = object("Pod", "상점", "웹-7d9c5b-x2k4q");
    found.affected[0] = pod("상점", "웹-7d9c5b-x2k4q", "Pending", 2460);
    says(
        found,
        "모든 노드에서 포트 8080/TCP 를 다른 파드가 쓰고 있으며 새 파드가 들어갈 수 있는 노드가 하나도 없다",
    );
    found.nodes = vec![
        node("노드-하나", vec![port("상점", "웹-59f4-aaaaa")]),
        node("worker-2", vec![port("상점", "web-59f4-bbbbb")]),
        node("節點-3", vec![port("상점", "웹-59f4-ccccc")]),
    ]
    .into();
    report
}

pub(crate) fn small_cluster() -> Report {
    let of = object("Pod", "shop", "cache-0");
    let quote = "0/3 nodes are available: 2 Insufficient memory, 3 Insufficient cpu.";
    let proof = event(of, "FailedScheduling", "default-scheduler", 1, quote);
    let subject = object("StatefulSet", "shop", "cache");
    let mut found = diagnosis("insufficient-cpu", Layer::Scheduling, subject, proof);
    says(&mut found, "no node has 2 cores free");
    found.affected = vec![pod("shop", "cache-0", "Pending", 300)];
    let cpu = |free: &str| FilterFailureReport {
        filter: "NodeResourcesFit",
        reason: "Insufficient cpu".to_owned(),
        resource: Some("cpu".to_owned()),
        asked: Some("2".to_owned()),
        free: Some(free.to_owned()),
        allocatable: Some("3920m".to_owned()),
        ..FilterFailureReport::default()
    };
    found.nodes = vec![
        node("pool-a", vec![cpu("250m"), memory(1200)]),
        node("pool-b", vec![cpu("1500m")]),
        node("pool-c", vec![cpu("-100m"), memory(-12)]),
    ]
    .into();
    found.agreement = Some(agreement(
        Agree::NotComparable,
        vec![
            count(2, "Insufficient memory"),
            count(3, "Insufficient cpu"),
        ],
        Vec::new(),
        "the pod names the scheduler batch-scheduler",
    ));
    let mut first = fix("ask for less cpu", "");
    first.verified = Some(Verified {
        nodes: [].into(),
        room: None,
        pods_elsewhere_unread: false,
    });
    found.fixes = vec![first];
    found.ladder = ladder(Layer::Scheduling, &["created by StatefulSet/cache"]);
    report(1, vec![found])
}

/// Two causes of one pod, with another pod's between them in the report.
pub(crate) fn contributing() -> Report {
    let mut host_port = host_port();
    let first = host_port.diagnoses.remove(0);
    let between = small_cluster().diagnoses.remove(0);
    let mut second = first.clone();
    second.cause = "untolerated-taint";
    second.certainty = Certainty::Likely;
    says(
        &mut second,
        "the taint nvidia.com/gpu=present:NoSchedule is not tolerated",
    );
    second.why = String::new();
    second.why_message = None;
    second.evidence = vec![field(
        object("Node", "", "gpu-1"),
        "spec.taints[0].key",
        "nvidia.com/gpu",
    )];
    second.fixes = vec![
        fix("tolerate the taint", "kubectl -n shop edit deploy/web"),
        first.fixes[1].clone(),
    ];
    report(42, vec![first, between, second])
}

/// Nodes that differ in the label wanted, and do not fit beside a column for each filter failure.
pub(crate) fn labels() -> Report {
    let of = object("Pod", "shop", "cache-0");
    let quote = "0/9 nodes are available: 9 node(s) didn't match Pod's node affinity/selector.";
    let proof = event(of, "FailedScheduling", "default-scheduler", 1, quote);
    let subject = object("StatefulSet", "shop", "cache");
    let mut found = diagnosis(
        "node-selector-or-affinity",
        Layer::Scheduling,
        subject,
        proof,
    );
    says(&mut found, "no node has disk=nvme");
    found.affected = vec![pod("shop", "cache-0", "Pending", 300)];
    let disks = ["ssd", "ssd", "ssd", "hdd"].map(Some);
    let name = |n: usize| format!("ip-10-0-{n}-{}.eu-north-1.compute.internal", n * 7);
    let mut nodes: Vec<_> = (1..)
        .zip(disks.into_iter().chain([None]))
        .map(|(n, disk)| node(&name(n), vec![label("disk", "nvme", disk)]))
        .collect();
    nodes.extend((6..10).map(|n| {
        let pinned = label("kubernetes.io/hostname", "gone", Some(&name(n)));
        let control_plane = taint("node-role.kubernetes.io/control-plane:NoSchedule");
        node(&name(n), vec![control_plane, pinned])
    }));
    found.nodes = nodes.into();
    found.ladder = ladder(Layer::Scheduling, &["created by StatefulSet/cache"]);
    report(1, vec![found])
}
