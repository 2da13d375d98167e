//! Pods whose table of nodes is large, or of the rarer kinds.
#![expect(clippy::indexing_slicing, reason = "the reports are our own")]

use super::*;

/// One pod of one owner that no node takes.
fn pending(cause: &'static str, headline: &str, nodes: Vec<NodeReport>) -> Report {
    let of = object("Pod", "shop", "cache-0");
    let quote = "0/9 nodes are available: 9 Insufficient cpu.";
    let proof = event(of, "FailedScheduling", "default-scheduler", 3, quote);
    let subject = object("StatefulSet", "shop", "cache");
    let mut found = diagnosis(cause, Layer::Scheduling, subject, proof);
    says(&mut found, headline);
    found.affected = vec![pod("shop", "cache-0", "Pending", 300)];
    found.nodes = nodes.into();
    found.ladder = ladder(Layer::Scheduling, &["created by StatefulSet/cache"]);
    report(1, vec![found])
}

fn many(
    count: usize,
    name: impl Fn(usize) -> String,
    failures: Vec<FilterFailureReport>,
) -> NodeReport {
    NodeReport {
        count,
        names: (0..count).map(name).map(Into::into).collect(),
        failures,
    }
}

fn cpu(free: usize, all: usize) -> FilterFailureReport {
    FilterFailureReport {
        filter: "NodeResourcesFit",
        reason: "Insufficient cpu".to_owned(),
        resource: Some("cpu".to_owned()),
        asked: Some("2".to_owned()),
        free: Some(format!("{free}m")),
        allocatable: Some(all.to_string()),
        ..FilterFailureReport::default()
    }
}

pub(super) fn label(key: &str, value: &str, found: Option<&str>) -> FilterFailureReport {
    FilterFailureReport {
        filter: "NodeAffinity",
        reason: "node(s) didn't match Pod's node affinity/selector".to_owned(),
        wanted: Some(NodeRequirement::one_of(key, &[value.to_owned()]).into()),
        found: found
            .map(|found| (key.to_owned(), found.to_owned()))
            .into_iter()
            .collect(),
        ..FilterFailureReport::default()
    }
}

fn zone(filter: &'static str, reason: &str, domain: Option<&str>) -> FilterFailureReport {
    FilterFailureReport {
        filter,
        reason: reason.to_owned(),
        topology_key: Some("topology.kubernetes.io/zone".to_owned()),
        domain: domain.map(str::to_owned),
        ..FilterFailureReport::default()
    }
}

fn spread(domain: Option<&str>, matching: i64) -> FilterFailureReport {
    FilterFailureReport {
        matching: Some(matching),
        fewest: Some(1),
        max_skew: Some(1),
        ..zone(
            "PodTopologySpread",
            "node(s) didn't match pod topology spread constraints",
            domain,
        )
    }
}

fn apart(domain: Option<&str>) -> FilterFailureReport {
    FilterFailureReport {
        pods: Some(TermPods {
            selector: Some("app=web".to_owned()),
            namespaces: Some(vec!["shop".to_owned()]),
        }),
        ..zone(
            "InterPodAffinity",
            "node(s) didn't match pod affinity rules",
            domain,
        )
    }
}

fn together(domain: &str, key: &str, holder: &str, own: bool) -> FilterFailureReport {
    FilterFailureReport {
        topology_key: Some(key.to_owned()),
        own_rule: Some(own),
        holder: Some(Holder {
            namespace: "shop".to_owned(),
            name: holder.to_owned(),
            controller: Some("StatefulSet/db".to_owned()),
        }),
        ..zone(
            "InterPodAffinity",
            "node(s) didn't match pod anti-affinity rules",
            Some(domain),
        )
    }
}

/// Pools that are full, guarded, cordoned, of another architecture, spread over zones, and rarer ones.
pub(crate) fn five_thousand() -> Report {
    let full = |pool: usize| {
        let name = move |n| format!("gke-prod-batch-{pool:02}-{n:03}");
        many(107, name, vec![cpu(200 + pool * 24, 2)])
    };
    let mut nodes: Vec<NodeReport> = (0..30).map(full).collect();
    for (at, zone) in ["a", "b", "c"].into_iter().enumerate() {
        let name = move |n| format!("web-{zone}-{n}");
        nodes.push(many(
            200,
            name,
            vec![spread(Some(zone), 3 + i64::try_from(at).unwrap_or(0))],
        ));
    }
    nodes.extend((0..40).map(|n| node(&format!("small-{n}"), vec![cpu(100 * (n % 9), 1)])));
    let cordoned = FilterFailureReport {
        filter: "NodeUnschedulable",
        reason: "node(s) were unschedulable".to_owned(),
        ..FilterFailureReport::default()
    };
    nodes.push(many(7, |n| format!("old-{n}"), vec![cordoned.clone()]));
    nodes.push(many(5, |n| format!("older-{n}"), vec![cordoned, cpu(0, 4)]));
    for team in 0..50 {
        let taint = taint(&format!("dedicated=team-{team}:NoSchedule"));
        nodes.push(many(12, |n| format!("team-{team}-{n}"), vec![taint]));
    }
    let gpu = taint("nvidia.com/gpu=present:NoSchedule");
    let name = |n| {
        format!(
            "ip-10-0-{}-{}.eu-north-1.compute.internal",
            n / 250,
            n * 7 % 250
        )
    };
    nodes.push(many(300, name, vec![gpu.clone(), cpu(500, 8)]));
    nodes.push(many(
        200,
        |n| format!("arm-{n}"),
        vec![label("kubernetes.io/arch", "amd64", Some("arm64"))],
    ));
    let both = vec![gpu, label("kubernetes.io/arch", "amd64", Some("arm64"))];
    nodes.push(many(35, |n| format!("jetson-{n}"), both));
    let control_plane = taint("node-role.kubernetes.io/control-plane:NoSchedule");
    nodes.push(many(3, |n| format!("master-{n}"), vec![control_plane]));
    let mut report = pending(
        "insufficient-cpu",
        "no node that the pod may use has 2 cpu free",
        nodes,
    );
    report.diagnoses[0].agreement = Some(agreement(
        Agree::NotComparable,
        vec![count(5000, "Insufficient cpu")],
        Vec::new(),
        "the pods of the whole cluster were not read (forbidden)",
    ));
    report
}

/// What other pods have to do with it, in words.
pub(crate) fn near_others() -> Report {
    let host = "kubernetes.io/hostname";
    let zone = "topology.kubernetes.io/zone";
    let of_host = |failure: FilterFailureReport, name: &str| FilterFailureReport {
        topology_key: Some(host.to_owned()),
        domain: Some(name.to_owned()),
        ..failure
    };
    let nodes = vec![
        node("a-1", vec![spread(Some("a"), 3)]),
        node("a-2", vec![spread(Some("a"), 3), cpu(250, 4)]),
        node("b-1", vec![of_host(spread(None, 1), "b-1")]),
        node("b-2", vec![of_host(spread(None, 1), "b-2")]),
        node("c-1", vec![apart(Some("c"))]),
        node(
            "c-2",
            vec![
                of_host(apart(None), "c-2"),
                together("c", zone, "db-0", true),
            ],
        ),
        node("d-1", vec![together("d-1", host, "db-1", false)]),
        node("d-2", vec![spread(None, 0), apart(None)]),
    ];
    pending("insufficient-cpu", "no node takes the pod", nodes)
}

/// A pod that is refused as a whole, on a cluster of which claims were not read.
pub(crate) fn not_computed() -> Report {
    let nodes = vec![node("a-1", Vec::new()), node("a-2", vec![cpu(250, 4)])];
    let mut report = pending("insufficient-cpu", "no node takes the pod", nodes);
    let unread = |filter| UnreadReport {
        filter,
        kind: "PersistentVolumeClaim",
        namespace: None,
        name: None,
        why: "forbidden",
    };
    let mut both = report.diagnoses[0].clone();
    report.diagnoses[0].unread = ["VolumeBinding", "VolumeZone"].map(unread).to_vec();
    both.subject.name = "search".to_owned();
    both.affected[0].name = "search-0".to_owned();
    both.before_nodes = vec![FilterFailureReport {
        filter: "VolumeBinding",
        reason: "persistentvolumeclaim \"data-search-0\" not found".to_owned(),
        ..FilterFailureReport::default()
    }];
    report.diagnoses.push(both);
    report
}
