//! `manifests/rbac.yaml` grants what is read, and nothing else.

use super::*;

/// What a role of manifests/rbac.yaml grants: `apps/deployments list`.
fn granted(kind: &str, prefix: &str) -> BTreeSet<String> {
    let roles: Vec<serde_json::Value> =
        serde_saphyr::from_multiple(&text("manifests/rbac.yaml")).expect("it is YAML");
    let mut granted = BTreeSet::new();
    for role in roles.iter().filter(|role| role["kind"] == kind) {
        assert!(
            role["metadata"]["name"]
                .as_str()
                .is_some_and(|name| name.starts_with(prefix))
        );
        for rule in role["rules"].as_array().into_iter().flatten() {
            let words = |name: &str| -> Vec<String> {
                rule[name]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|w| w.as_str().map(str::to_owned))
                    .collect()
            };
            for (group, resource) in words("apiGroups")
                .iter()
                .flat_map(|g| words("resources").into_iter().map(move |r| (g.clone(), r)))
            {
                granted.extend(
                    words("verbs")
                        .iter()
                        .map(|verb| format!("{group}/{resource} {verb}")),
                );
            }
        }
    }
    granted
}

fn needed(kinds: impl Iterator<Item = Kind>) -> BTreeSet<String> {
    kinds
        .flat_map(|kind| {
            let verbs = ["get", "list", "watch"].into_iter();
            // of Secrets only a table is asked for, again and again
            let verbs = verbs.filter(move |verb| *verb != "watch" || kind != Kind::Secret);
            verbs.map(move |verb| format!("{}/{} {verb}", kind.group(), kind.plural()))
        })
        .collect()
}

#[test]
fn the_roles_grant_exactly_what_is_read() {
    let read = || Kind::read();
    let mut with_logs = needed(read());
    with_logs.insert("/pods/log get".to_owned());
    assert_eq!(
        granted("ClusterRole", "kubectl-diagnose"),
        with_logs,
        "mend manifests/rbac.yaml"
    );
    // the Leases of nodes are in a namespace of their own
    let apart = [Kind::Secret, Kind::Lease];
    let in_a_namespace = read().filter(|kind| kind.namespaced() && !apart.contains(kind));
    assert_eq!(
        granted("Role", "kubectl-diagnose"),
        needed(in_a_namespace),
        "mend the Role in manifests/rbac.yaml"
    );
    for rule in rules::all() {
        for kind in rule.reads {
            assert!(
                Kind::read().any(|read| read == *kind),
                "{} reads {kind}, which is never asked for",
                rule.cause
            );
        }
    }
}
