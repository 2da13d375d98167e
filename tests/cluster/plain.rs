//! What a person meets on a plain cluster of several nodes, from the question to the fix that helps.

use super::{EVERYTHING, PATIENCE, causes, conclude, items, json, word};
use crate::cluster::suite::{Audit, Cluster, Identity, Wait, say, settled, within};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Instant;

/// Wants one host port on more nodes than there are. Other tests fill port 18080.
fn gateway(replicas: usize) -> String {
    include_str!("suite/gateway.yaml").replace("REPLICAS", &replicas.to_string())
}

/// The nodes that take any pod: kind taints its control plane where there are workers.
fn workers(cluster: &Cluster) -> BTreeSet<String> {
    let nodes = cluster.get(&["nodes"]);
    let free = |node: &&Value| items(&node["spec"], "taints").is_empty();
    let names = items(&nodes, "items").iter().filter(free);
    names
        .map(|node| word(&node["metadata"], "name").to_owned())
        .collect()
}

fn check(right: bool, what: &str, report: &Value) -> Result<(), String> {
    if right {
        Ok(())
    } else {
        Err(format!("{what}: {report:#}"))
    }
}

#[test]
fn a_plain_cluster_shows_what_people_meet() {
    let Some(cluster) = Cluster::of_environment() else {
        return;
    };
    let (begun, audit) = (Instant::now(), Audit::from_now(&cluster));
    if cluster.prepared() {
        say("plain cluster: skipped: most nodes of this one have no kubelet");
        return;
    }
    let user = Identity::new(&cluster, "plain", &EVERYTHING);
    let scenes: [(&str, Scene); 4] = [
        ("more replicas than nodes", more_replicas_than_nodes),
        ("one pod", one_pod),
        ("missing image", missing_image),
        ("the cluster's own pods", own_pods),
    ];
    let complaint_of = |(name, scene): &(&str, Scene)| {
        let failed = scene(&cluster, &user).err();
        failed.map(|complaint| format!("{name}: {complaint}"))
    };
    let complaints: Vec<String> = scenes.iter().filter_map(complaint_of).collect();
    conclude(
        "plain cluster",
        &cluster,
        begun,
        audit.as_ref(),
        scenes.len(),
        &complaints,
    );
}

type Scene = fn(&Cluster, &Identity) -> Result<(), String>;

/// The port's holders are named on every node, and the fix that is called verified lets all replicas run.
fn more_replicas_than_nodes(cluster: &Cluster, user: &Identity) -> Result<(), String> {
    let workers = workers(cluster);
    let namespace = cluster.namespace("plain-port", true);
    let scan = ["-n", namespace.name.as_str()];
    cluster.apply(&namespace.name, &gateway(workers.len() + 1));
    if !within(PATIENCE, || {
        settled(cluster, &namespace.name, &Wait::Scheduled("Unschedulable"))
            && running(cluster, &namespace.name) == workers.len()
    }) {
        return Err("one replica a node, and one without, did not come".to_owned());
    }
    let (code, report) = json(cluster, user, &scan);
    let first = &report["diagnoses"][0];
    let holds = |node: &&Value| {
        items(node, "failures")
            .iter()
            .any(|o| o["holder"].is_object())
    };
    let held: BTreeSet<String> = items(first, "nodes")
        .iter()
        .filter(holds)
        .flat_map(|node| items(node, "names"))
        .map(|name| name.as_str().unwrap_or_default().to_owned())
        .collect();
    let named = word(first, "cause") == "host-port-conflict"
        && word(first, "certainty") == "proven"
        && word(&first["subject"], "name") == "gateway"
        && items(first, "affected").len() == 1;
    check(code == 1 && named, "host-port-conflict of one pod", &report)?;
    check(
        held == workers,
        "a holder of the port on each worker",
        &report,
    )?;
    let text = cluster.diagnose(&user.kubeconfig(), &scan).out;
    check(
        text.contains("▶ scheduling ✗") && text.contains("18090/TCP held by"),
        "the layer and the port are shown",
        &Value::from(text),
    )?;
    let verified = |fix: &&Value| !items(&fix["verified"], "nodes").is_empty();
    let fix = items(first, "fixes").iter().find(verified);
    let command = fix.map(|fix| word(fix, "command")).unwrap_or_default();
    check(cluster.shell(command), "its verified fix runs", &report)?;
    if !within(PATIENCE, || settled(cluster, &namespace.name, &Wait::Well)) {
        return Err(format!("not all replicas run after `{command}`"));
    }
    // the old ReplicaSet's pods may still be on their way out
    let silent = || {
        let (code, report) = json(cluster, user, &scan);
        code == 0 && causes(&report).is_empty()
    };
    if within(PATIENCE, silent) {
        Ok(())
    } else {
        Err(format!("something is still found after `{command}`"))
    }
}

fn running(cluster: &Cluster, namespace: &str) -> usize {
    let field = "--field-selector=status.phase=Running";
    items(&cluster.get(&["pods", "-n", namespace, field]), "items").len()
}

/// `kubectl diagnose pod NAME` tells the stuck pod from the one beside it.
fn one_pod(cluster: &Cluster, user: &Identity) -> Result<(), String> {
    let namespace = cluster.namespace("plain-pod", true);
    let of_namespace = ["-n", namespace.name.as_str()];
    cluster.apply(&namespace.name, include_str!("suite/two-stuck-pods.yaml"));
    cluster.apply(&namespace.name, include_str!("suite/calm.yaml"));
    if !within(PATIENCE, || {
        settled(
            cluster,
            &namespace.name,
            &Wait::Waiting("CreateContainerConfigError"),
        ) && running(cluster, &namespace.name) > 0
    }) {
        return Err("a pod without its Secret and one that runs did not come".to_owned());
    }
    let ask = |pod: &str| json(cluster, user, &[&["pod", pod], &of_namespace[..]].concat());
    let (code, report) = ask("web");
    check(
        code == 1 && causes(&report) == ["missing-secret"],
        "missing-secret alone",
        &report,
    )?;
    let well = || ask("calm").0 == 0;
    check(within(PATIENCE, well), "a healthy pod", &ask("calm").1)?;
    let text = cluster.diagnose(
        &user.kubeconfig(),
        &[&["pod", "calm"], &of_namespace[..]].concat(),
    );
    check(
        text.out.contains("is healthy"),
        "it is said to be healthy",
        &Value::from(text.out),
    )
}

/// An image that nobody has, of a registry that nobody has and of one that not every machine reaches.
fn missing_image(cluster: &Cluster, user: &Identity) -> Result<(), String> {
    const NO_REGISTRY: &[&str] = &["registry-dns"];
    const NO_IMAGE: &[&str] = &["image-not-found", "registry-dns", "image-rate-limited"];
    let images = [
        (
            "no-registry",
            "registry.invalid/shop/web:1.4.2",
            NO_REGISTRY,
        ),
        (
            "no-image",
            "docker.io/library/no-such-image-here:1.4.2",
            NO_IMAGE,
        ),
    ];
    let names = images.map(|(name, _, _)| (name, true));
    let namespaces = cluster.namespaces(&names);
    for ((_, image, _), namespace) in images.iter().zip(&namespaces) {
        let pod = include_str!("suite/calm.yaml").replace("busybox:1.36", image);
        cluster.apply(&namespace.name, &pod);
    }
    for ((_, image, truth), namespace) in images.iter().zip(&namespaces) {
        within(PATIENCE, || {
            settled(cluster, &namespace.name, &Wait::Waiting("ImagePullBackOff"))
        });
        let (code, report) = json(cluster, user, &["-n", &namespace.name]);
        let first = &report["diagnoses"][0];
        check(
            code == 1 && word(first, "layer") == "image" && truth.contains(&word(first, "cause")),
            image,
            &report,
        )?;
    }
    Ok(())
}

/// What Kubernetes itself runs is well, and nothing is said about it.
fn own_pods(cluster: &Cluster, user: &Identity) -> Result<(), String> {
    let answer = cluster.diagnose(&user.kubeconfig(), &["-n", "kube-system"]);
    let silent = answer.code == 0 && answer.out.starts_with("nothing is stuck:");
    check(silent, "nothing is stuck", &Value::from(answer.out))
}
