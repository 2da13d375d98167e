//! A fix that is called verified gets the pods bound once its command is run.

use crate::cluster::suite::{Cluster, Identity, Namespace, Situation, Wait, say, settled, within};
use crate::cluster::{EVERYTHING, PATIENCE, conclude, items, json, word};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Deployments whose change touches nothing but themselves.
const FIXABLE: &str = "tests/cluster/fixable";

#[test]
fn a_verified_fix_gets_the_pods_bound() {
    let Some(cluster) = Cluster::of_environment() else {
        return;
    };
    if !cluster.prepared() {
        say("fixes: skipped: they need the nodes of tests/cluster/nodes/pool.yaml");
        return;
    }
    let begun = Instant::now();
    let user = Identity::new(&cluster, "fixes", &EVERYTHING);
    let wanted = Situation::all(FIXABLE);
    let mut complaints = Vec::new();
    for situation in &wanted {
        let namespace = cluster.namespace(&format!("fix-{}", situation.title()), false);
        let (_leftovers, made) = situation.play(&cluster, &namespace);
        let fixed = made.and_then(|()| fixed(&cluster, &user, situation, &namespace));
        if let Err(complaint) = fixed {
            complaints.push(format!("{}: {complaint}", situation.title()));
        }
    }
    conclude("fixes", &cluster, begun, None, wanted.len(), &complaints);
}

/// Runs the first fix that is called verified, as the report has it.
fn fixed(
    cluster: &Cluster,
    user: &Identity,
    situation: &Situation,
    namespace: &Namespace,
) -> Result<(), String> {
    let waits = |wait| settled(cluster, &namespace.name, &wait);
    if !within(PATIENCE, || waits(Wait::Scheduled("Unschedulable"))) {
        return Err("nothing is refused".to_owned());
    }
    let (_, report) = json(cluster, user, &["-n", &namespace.name]);
    let first = items(&report, "diagnoses").first();
    let first = first.filter(|first| word(first, "cause") == situation.cause);
    let first = first.ok_or_else(|| format!("{report:#}"))?;
    let verified = |fix: &&Value| {
        let nodes = fix["verified"]["nodes"].as_array();
        nodes.is_some_and(|nodes| !nodes.is_empty()) && !word(fix, "command").is_empty()
    };
    let fix = items(first, "fixes").iter().find(verified);
    let fix = fix.ok_or_else(|| format!("no verified fix: {}", first["fixes"]))?;
    let command = word(fix, "command");
    cluster.step(command)?;
    let bound = within(Duration::from_secs(60), || {
        everything_is_bound(cluster, &namespace.name)
    });
    let (code, after) = json(cluster, user, &["-n", &namespace.name]);
    match (bound, code) {
        (true, 0) => Ok(()),
        _ => Err(format!(
            "`{command}` did not help: {:#}",
            after["diagnoses"]
        )),
    }
}

/// Whether every pod has a node, and there are as many as wanted.
fn everything_is_bound(cluster: &Cluster, namespace: &str) -> bool {
    let pods = cluster.get(&["pods", "-n", namespace]);
    let bound = |pod: &Value| pod["spec"]["nodeName"].is_string();
    items(&pods, "items").iter().all(bound) && settled(cluster, namespace, &Wait::Well)
}
