//! With few rights the report is right, or says what it could not see; and no claim gets stronger.

use crate::cluster::suite::{Answer, Audit, Cluster, Identity, Rights, say};
use crate::cluster::{EVERYTHING, conclude, items, json, two_stuck_pods, word};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Instant;

/// The kinds that the report says it could not see.
fn unseen(report: &Value) -> BTreeSet<&str> {
    let gaps = items(report, "gaps").iter();
    gaps.filter(|gap| word(gap, "why") == "forbidden")
        .map(|gap| word(gap, "kind"))
        .collect()
}

/// What is found about a pod: its cause and how sure it is.
fn found<'a>(report: &'a Value, pod: &str) -> Vec<(&'a str, &'a str)> {
    let of_pod = |d: &&Value| items(d, "affected").iter().any(|p| word(p, "name") == pod);
    let diagnoses = items(report, "diagnoses").iter().filter(of_pod);
    diagnoses
        .map(|d| (word(d, "cause"), word(d, "certainty")))
        .collect()
}

/// The pods of `two_stuck_pods`.
const PODS: [&str; 3] = ["web", "worker", "report"];

/// Whether what is claimed of a pod with few rights is claimed at least as surely with all of them.
fn no_stronger(all: &Value, few: &Value, pod: &str) -> bool {
    let rank = |certainty: &str| {
        ["possible", "likely", "proven"]
            .iter()
            .position(|c| *c == certainty)
    };
    let with_all = found(all, pod);
    found(few, pod).iter().all(|(cause, certainty)| {
        let surely = with_all.iter().find(|claim| claim.0 == *cause);
        surely.is_none_or(|claim| rank(certainty) <= rank(claim.1))
    })
}

#[test]
fn with_few_rights_the_report_is_right_or_says_what_it_could_not_see() {
    let Some(cluster) = Cluster::of_environment() else {
        return;
    };
    if !cluster.has_kubelet() {
        say("rights: skipped: no node has a kubelet");
        return;
    }
    let (begun, audit) = (Instant::now(), Audit::from_now(&cluster));
    let namespace = two_stuck_pods(&cluster, "rights");
    let of_namespace = ["-n", &namespace.name];
    let cases: [(&str, Rights<'_>, &[&str]); 5] = [
        (
            "namespace",
            Rights::Namespace(&namespace.name),
            &["Node", "Pod", "Secret"],
        ),
        (
            "no-events",
            Rights::Cluster {
                without: &["events"],
            },
            &["Event"],
        ),
        (
            "no-nodes",
            Rights::Cluster {
                without: &["nodes"],
            },
            &["Node"],
        ),
        (
            "no-secrets",
            Rights::Cluster {
                without: &["secrets"],
            },
            &["Secret"],
        ),
        ("all", EVERYTHING, &[]),
    ];
    let mut complaints = Vec::new();
    let done = cases.len() + 2;
    let everything = Identity::new(&cluster, "everything", &EVERYTHING);
    let (_, seen) = json(&cluster, &everything, &of_namespace);
    for (name, rights, missing) in cases {
        let user = Identity::new(&cluster, name, &rights);
        let (code, report) = json(&cluster, &user, &of_namespace);
        let unseen = unseen(&report);
        let waiting = found(&report, "web");
        let pending = found(&report, "report");
        let right = waiting.first().is_some_and(|f| f.0 == "missing-secret")
            && pending.first().is_some_and(|f| f.0 == "insufficient-cpu");
        let told = unseen.iter().eq(missing.iter().collect::<BTreeSet<_>>());
        let weaker = PODS.iter().all(|pod| no_stronger(&seen, &report, pod));
        if code != 1 || !right || !told || !weaker {
            complaints.push(format!(
                "{name}: exit code {code}, found {waiting:?} and {pending:?}, unseen {unseen:?}"
            ));
        }
    }
    complaints.extend(one_pod_only(&cluster, &namespace.name, &seen));
    complaints.extend(no_rights(&cluster, &namespace.name));
    conclude("rights", &cluster, begun, audit.as_ref(), done, &complaints);
}

/// Who may read one pod learns about that pod, and what else could not be seen.
fn one_pod_only(cluster: &Cluster, namespace: &str, seen: &Value) -> Option<String> {
    let user = Identity::new(cluster, "one-pod", &Rights::OnePod(namespace, "web"));
    let (code, report) = json(cluster, &user, &["pod", "web", "-n", namespace]);
    let (waiting, unseen) = (found(&report, "web"), unseen(&report));
    if code != 1
        || waiting.first().is_none_or(|f| f.0 != "missing-secret")
        || !unseen.contains("Event")
        || !no_stronger(seen, &report, "web")
    {
        return Some(format!(
            "one-pod: exit code {code}, found {waiting:?}, unseen {unseen:?}"
        ));
    }
    let all = cluster.diagnose(&user.kubeconfig(), &["-n", namespace]);
    refused(
        "one-pod",
        &all,
        &format!("kubectl auth can-i list pods -n {namespace}"),
    )
}

/// Who may read nothing gets no report, but the command that shows the missing right.
fn no_rights(cluster: &Cluster, namespace: &str) -> Option<String> {
    let user = Identity::new(cluster, "nobody", &Rights::None);
    let kubeconfig = user.kubeconfig();
    let asked: [(&[&str], String); 3] = [
        (
            &["-n", namespace],
            format!("kubectl auth can-i list pods -n {namespace}"),
        ),
        (
            &["pod", "web", "-n", namespace],
            format!("kubectl auth can-i get pods/web -n {namespace}"),
        ),
        (&["-A"], "leave out -A".to_owned()),
    ];
    asked.iter().find_map(|(arguments, hint)| {
        refused("nobody", &cluster.diagnose(&kubeconfig, arguments), hint)
    })
}

fn refused(name: &str, answer: &Answer, hint: &str) -> Option<String> {
    let told = answer.code == 2 && answer.out.is_empty() && answer.err.contains(hint);
    (!told).then(|| {
        format!(
            "{name}: exit code {}, {}{}",
            answer.code, answer.out, answer.err
        )
    })
}
