//! The tool on a real cluster: right on every manifest, silent where nothing is wrong, and read-only.
//!
//! `tests/cluster/test` brings a cluster up and runs this. Plain `cargo test` skips it and says so. Each test fills
//! namespaces of its own, waits for the cluster's own conditions, and asks `kubectl diagnose`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail anywhere, and this one waits for a cluster that the environment names"
)]

mod checks;
mod followed;
mod plain;
mod soak;
mod suite;

use serde_json::Value;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use suite::{
    Audit, BROKEN, Cluster, Expected, Fix, Home, Identity, Namespace, Rights, Wait, manifests, say,
    settled, until, within,
};

/// How long a situation may take to become what it is going to be.
const PATIENCE: Duration = Duration::from_secs(240);

const EVERYTHING: Rights<'_> = Rights::Cluster { without: &[] };

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn items<'a>(report: &'a Value, name: &str) -> &'a [Value] {
    report[name]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn causes(report: &Value) -> Vec<&str> {
    items(report, "diagnoses")
        .iter()
        .map(|d| word(d, "cause"))
        .collect()
}

fn json(cluster: &Cluster, user: &Identity, arguments: &[&str]) -> (i32, Value) {
    let answer = cluster.diagnose(&user.kubeconfig(), &[arguments, &["-o", "json"]].concat());
    (answer.code, answer.report())
}

/// Fails with every complaint at once, and with what the tool asked that it must not ask.
fn conclude(
    suite: &str,
    cluster: &Cluster,
    begun: Instant,
    audit: Option<&Audit>,
    done: usize,
    complaints: &[String],
) {
    let trespasses = audit.map(Audit::trespasses).unwrap_or_default();
    let requests = match audit {
        Some(audit) if trespasses.is_empty() => {
            format!("{} requests, all to read", audit.asked(None).len())
        }
        Some(_) => format!("{} requests that must not be", trespasses.len()),
        None => "no audit log".to_owned(),
    };
    say(&format!(
        "{suite}: {} of {done} right in {} s on Kubernetes {} ({requests})",
        done - complaints.len().min(done),
        begun.elapsed().as_secs(),
        cluster.version()
    ));
    assert!(
        done == 0 || audit.is_none_or(|audit| !audit.asked(None).is_empty()),
        "the audit log is not that of this cluster"
    );
    assert!(complaints.is_empty(), "{suite}:\n{}", complaints.join("\n"));
    assert!(trespasses.is_empty(), "{suite}: {trespasses:#?}");
}

#[test]
fn every_broken_manifest_is_explained() {
    let Some(cluster) = Cluster::of_environment() else {
        return;
    };
    let (begun, audit) = (Instant::now(), Audit::from_now(&cluster));
    let user = Identity::new(&cluster, "broken", &EVERYTHING);
    let mut wanted = manifests("manifests/broken");
    if !cluster.prepared() {
        say("broken manifests that need the nodes of tests/cluster/nodes/pool.yaml are skipped");
        wanted.retain(|(name, _)| expected(name).home != Home::Pool);
    }
    if !cluster.has_kubelet() {
        say("broken manifests that need a kubelet are skipped: no node has one");
        wanted.retain(|(name, _)| expected(name).home != Home::Kubelet);
    }
    let homes: Vec<(&str, bool)> = wanted
        .iter()
        .map(|(name, _)| (name.as_str(), expected(name).home == Home::Kubelet))
        .collect();
    let namespaces = cluster.namespaces(&homes);
    // what fills a node comes first: the scheduler does not look again at a pod that it refused before
    for home in [Home::Pool, Home::Anywhere, Home::Kubelet] {
        for ((name, text), namespace) in wanted.iter().zip(&namespaces) {
            if expected(name).home == home {
                cluster.apply(&namespace.name, text);
            }
        }
        for ((name, _), namespace) in wanted.iter().zip(&namespaces) {
            let full = expected(name).home == home && home == Home::Pool;
            if full && name != "host-port-rollout" {
                within(PATIENCE, || {
                    settled(&cluster, &namespace.name, &expected(name).wait)
                });
            }
        }
    }
    let mut complaints = Vec::new();
    for ((name, _), namespace) in wanted.iter().zip(&namespaces) {
        if let Err(complaint) = explained(&cluster, &user, expected(name), &namespace.name) {
            complaints.push(format!("{name}: {complaint}"));
        }
    }
    conclude(
        "broken manifests",
        &cluster,
        begun,
        audit.as_ref(),
        wanted.len(),
        &complaints,
    );
}

fn expected(manifest: &str) -> &'static Expected {
    BROKEN
        .iter()
        .find(|expected| expected.manifest == manifest)
        .unwrap_or_else(|| {
            panic!("say in tests/cluster/suite/expected.rs what {manifest} has to show")
        })
}

#[test]
fn every_manifest_has_its_expectation() {
    let expected: BTreeSet<String> = BROKEN.iter().map(|e| e.manifest.to_owned()).collect();
    let there = manifests("manifests/broken")
        .into_iter()
        .map(|(name, _)| name);
    assert!(there.into_iter().all(|name| expected.contains(&name)));
}

fn explained(
    cluster: &Cluster,
    user: &Identity,
    expected: &Expected,
    namespace: &str,
) -> Result<(), String> {
    let expected = &expected.on(cluster);
    if expected.manifest == "host-port-rollout" {
        roll_out(cluster, namespace);
    }
    if !within(PATIENCE, || settled(cluster, namespace, &expected.wait)) {
        return Err(format!(
            "{:?} did not come within {PATIENCE:?}",
            expected.wait
        ));
    }
    let (code, report) = json(cluster, user, &["-n", namespace]);
    let found = causes(&report);
    let Some(first) = items(&report, "diagnoses").first() else {
        return Err(format!("nothing is found, exit code {code}"));
    };
    let subject = format!(
        "{}/{}",
        word(&first["subject"], "kind"),
        word(&first["subject"], "name")
    );
    let said = [
        word(first, "cause"),
        word(first, "layer"),
        word(first, "certainty"),
        &subject,
    ];
    let wanted = [
        expected.cause,
        expected.layer,
        expected.certainty,
        expected.subject,
    ];
    let beside = found[1..]
        .iter()
        .all(|cause| expected.beside.contains(cause));
    if said != wanted || !beside {
        return Err(format!("{wanted:?} expected, {said:?} found, of {found:?}"));
    }
    let quote = word(&first["proof"], "quote");
    if !quote.contains(expected.quote) || quote.is_empty() {
        return Err(format!(
            "`{}` is not in the proof `{quote}`",
            expected.quote
        ));
    }
    if fix(first) < expected.fix {
        return Err(format!(
            "{:?} expected of the fixes, found: {}",
            expected.fix, first["fixes"]
        ));
    }
    let clean = ["unexplained", "gaps", "defects"]
        .iter()
        .all(|list| items(&report, list).is_empty());
    match (code, clean) {
        (1, true) => Ok(()),
        _ => Err(format!("exit code {code}, {report:#}")),
    }
}

/// The best that the fixes of a diagnosis offer.
fn fix(diagnosis: &Value) -> Fix {
    let offered = items(diagnosis, "fixes").iter().map(|fix| {
        let command = !word(fix, "command").is_empty();
        let nodes = fix["verified"]["nodes"]
            .as_array()
            .is_some_and(|nodes| !nodes.is_empty());
        match (command, nodes) {
            (true, true) => Fix::Verified,
            (true, false) => Fix::Command,
            _ => Fix::Advice,
        }
    });
    offered.max().unwrap_or(Fix::Advice)
}

/// The first gateway comes up, then its template changes: the new pod waits for the port of the old one.
fn roll_out(cluster: &Cluster, namespace: &str) {
    let deployment = ["-n", namespace, "deployment/gateway"];
    let up = [&["rollout", "status", "--timeout=60s"], &deployment[..]].concat();
    cluster.admin(&up);
    cluster.admin(&[&["set", "env"], &deployment[..], &["VERSION=2"]].concat());
}

#[test]
fn every_healthy_manifest_is_left_alone() {
    let Some(cluster) = Cluster::of_environment() else {
        return;
    };
    let (begun, audit) = (Instant::now(), Audit::from_now(&cluster));
    let user = Identity::new(&cluster, "healthy", &EVERYTHING);
    let wanted = manifests("manifests/healthy");
    // a DaemonSet's pods cannot be steered: its controller names the node of each
    let homes: Vec<(&str, bool)> = wanted
        .iter()
        .map(|(name, _)| (name.as_str(), name != "daemonset"))
        .collect();
    let namespaces = cluster.namespaces(&homes);
    for ((_, text), namespace) in wanted.iter().zip(&namespaces) {
        cluster.apply(&namespace.name, text);
    }
    let mut complaints = Vec::new();
    for ((name, _), namespace) in wanted.iter().zip(&namespaces) {
        if let Err(complaint) = left_alone(&cluster, &user, &namespace.name) {
            complaints.push(format!("{name}: {complaint}"));
        }
    }
    conclude(
        "healthy manifests",
        &cluster,
        begun,
        audit.as_ref(),
        wanted.len(),
        &complaints,
    );
}

/// Nothing is found, neither while the pods come up nor when they are there.
fn left_alone(cluster: &Cluster, user: &Identity, namespace: &str) -> Result<(), String> {
    let silent = || {
        let (code, report) = json(cluster, user, &["-n", namespace]);
        // what its owner holds is told, and is not stuck
        let diagnoses = items(&report, "diagnoses");
        match (code, diagnoses.iter().all(|one| one["role"] == "held")) {
            (0, true) => Ok(()),
            _ => Err(format!("exit code {code}, {report:#}")),
        }
    };
    silent()?;
    if within(PATIENCE, || settled(cluster, namespace, &Wait::Well)) {
        silent()
    } else {
        Err("is not well on this cluster".to_owned())
    }
}

/// A namespace with one pod that waits on its node and one that no node takes.
fn two_stuck_pods(cluster: &Cluster, name: &str) -> Namespace {
    let namespace = cluster.namespace(name, true);
    cluster.apply(
        &namespace.name,
        include_str!("cluster/suite/two-stuck-pods.yaml"),
    );
    until(
        "one pod without its Secret and one without a node",
        PATIENCE,
        || {
            settled(cluster, &namespace.name, &Wait::Scheduled("Unschedulable"))
                && settled(
                    cluster,
                    &namespace.name,
                    &Wait::Waiting("CreateContainerConfigError"),
                )
                && settled(cluster, &namespace.name, &Wait::Crashed(2))
        },
    );
    namespace
}

/// The number of requests is a promise: this pins it by the API server's own account.
#[test]
fn no_more_is_asked_than_promised() {
    let Some(cluster) = Cluster::of_environment() else {
        return;
    };
    let begun = Instant::now();
    let Some(audit) = Audit::from_now(&cluster) else {
        say("requests: skipped: the API server's audit log cannot be read");
        return;
    };
    if !cluster.has_kubelet() {
        say("requests: skipped: no node has a kubelet");
        return;
    }
    let stuck = two_stuck_pods(&cluster, "requests");
    let well = cluster.namespace("requests-well", false);
    cluster.apply(&well.name, include_str!("cluster/suite/well.yaml"));
    until("ready pods", PATIENCE, || {
        settled(&cluster, &well.name, &Wait::Well)
    });
    let cases: [(&str, &[&str], &[&str]); 6] = [
        // the pod and its events; what it misses adds one list of names: here the Secrets'
        (
            "waiting",
            &["pod", "web", "-n", &stuck.name],
            &["get pods", "list events", "list secrets"],
        ),
        (
            "crashing",
            &["pod", "worker", "-n", &stuck.name],
            &["get pods", "list events"],
        ),
        // the scheduler's arithmetic needs every node and what every pod takes of it
        (
            "pending",
            &["pod", "report", "-n", &stuck.name],
            &["get pods", "list events", "list nodes", "list pods"],
        ),
        // what is well points at nothing but what is said of it and who may reach it, however many pods there are
        (
            "well-pod",
            &["pod", "web", "-n", &well.name],
            &["get pods", "list events", "list networkpolicies"],
        ),
        (
            "well-namespace",
            &["-n", &well.name],
            &[
                "list cronjobs",
                "list daemonsets",
                "list deployments",
                "list events",
                "list events",
                "list grpcroutes",
                "list httproutes",
                "list ingresses",
                "list jobs",
                "list pods",
                "list services",
                "list statefulsets",
            ],
        ),
        // which labels a Service has is not asked for
        (
            "well-label",
            &["-n", &well.name, "-l", "test.kubectl-diagnose/well=yes"],
            &["list events", "list events", "list pods"],
        ),
    ];
    let mut complaints = Vec::new();
    for (name, arguments, promised) in cases {
        let user = Identity::new(&cluster, name, &EVERYTHING);
        let (_, report) = json(&cluster, &user, arguments);
        let counted = report["requests"]["count"].as_u64().unwrap_or_default();
        let asked = audit.requests(&user.user(), promised.len());
        if asked != promised || counted != promised.len() as u64 {
            complaints.push(format!(
                "{name}: {promised:?} promised, {asked:?} asked, {counted} counted"
            ));
        }
    }
    conclude(
        "requests",
        &cluster,
        begun,
        Some(&audit),
        cases.len(),
        &complaints,
    );
}
