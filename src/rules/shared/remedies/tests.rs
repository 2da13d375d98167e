//! What is offered for small clusters, as a person would read it.

mod peers;

use super::fix;
use crate::rules::finding::{Fix, Who};
use crate::scheduler::testing::{Cluster, Object, node, object, pod};
use crate::scheduler::{Engine, Filter};
use crate::snapshot::{Kind, PodView, Snapshot, TemplateOwner};
use crate::text::Message;
use serde_json::{Value, json};

#[derive(Debug)]
struct Offer {
    fix: Fix,
    removes: Vec<Filter>,
}

fn remedies(pod: &Object, others: &[Object]) -> Vec<Offer> {
    let cluster = Cluster::new().with(pod.clone());
    let cluster = others.iter().cloned().fold(cluster, Cluster::with);
    offered(&pod.stuck(), &cluster.snapshot())
}

fn offered(pod: &PodView, snapshot: &Snapshot<'_>) -> Vec<Offer> {
    let template_owner = TemplateOwner::of(pod, snapshot);
    let remedies = Engine::new(snapshot).remedies(pod);
    let offer = |remedy| Offer {
        fix: fix(remedy, &template_owner),
        removes: remedy.removes.clone(),
    };
    remedies.iter().map(offer).collect()
}

/// `who: change -> nodes | command`
fn read(fix: &Fix) -> String {
    let who = match fix.who {
        Who::Owner => "owner",
        Who::Admin => "admin",
    };
    let nodes = fix.verified.as_ref();
    let nodes = nodes.map_or_else(|| "?".to_owned(), |nodes| nodes.join(","));
    format!("{who}: {} -> {nodes} | {}", english(fix), fix.command)
}

/// What the fix says to do.
fn english(fix: &Fix) -> String {
    Message::with(fix.change, &[&fix.facts]).english()
}

fn offers(pod: &Object, others: &[Object]) -> Vec<String> {
    let remedies = remedies(pod, others);
    remedies.iter().map(|remedy| read(&remedy.fix)).collect()
}

/// A pod of the Deployment `web`.
fn web(name: &str) -> Object {
    pod(name)
        .of("ReplicaSet", "web-7d9c")
        .set("/metadata/labels", json!({"pod-template-hash": "7d9c"}))
}

fn taint(node: Object, key: &str, value: &str) -> Object {
    let taints = json!([{"key": key, "value": value, "effect": "NoSchedule"}]);
    node.set("/spec/taints", taints)
}

#[test]
fn a_request_is_lowered_to_what_the_best_node_has_left() {
    let asks = web("web-7d9c-a").asks("cpu", "2").asks("memory", "1Gi");
    let others = [
        node("n1", "1", "8Gi"),
        node("n2", "2", "8Gi"),
        pod("other").on("n2").asks("cpu", "250m"),
    ];
    assert_eq!(
        offers(&asks, &others),
        [
            "owner: lower the cpu request of container app from 2 to 1.75 -> n2 | kubectl -n shop set resources deploy/web -c app --requests=cpu=1.75",
        ]
    );
    let patch = &remedies(&asks, &others)[0].fix.patch;
    assert_eq!(
        patch[1],
        json!({"op": "add", "path": "/spec/template/spec/containers/0/resources/requests/cpu", "value": "1.75"})
    );
}

#[test]
fn nothing_senseless_is_offered() {
    // a tenth of what was asked, half a device, a pod of a state that passes
    let tiny = node("n1", "100m", "8Gi");
    for asks in [
        web("w").asks("cpu", "2"),
        web("w").asks("example.com/gpu", "2"),
    ] {
        assert!(offers(&asks, std::slice::from_ref(&tiny)).is_empty());
    }
    let down = taint(node("n1", "4", "8Gi"), "node.kubernetes.io/unreachable", "");
    assert!(offers(&web("w"), &[down]).is_empty());
    let arm =
        node("n1", "4", "8Gi").set("/metadata/labels", json!({"kubernetes.io/arch": "arm64"}));
    let amd = web("w").set("/spec/nodeSelector", json!({"kubernetes.io/arch": "amd64"}));
    assert!(offers(&amd, &[arm]).is_empty());
    assert!(offers(&web("w"), &[node("n1", "4", "8Gi")]).is_empty());
}

#[test]
fn a_taint_is_tolerated_or_removed() {
    let nodes = [taint(node("n1", "4", "8Gi"), "team", "a")];
    let own = json!([
        {"key": "lab", "operator": "Exists"},
        {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30},
        {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
    ]);
    let pod = web("w").set("/spec/tolerations", own);
    let found = remedies(&pod, &nodes);
    // the template holds what the owner wrote, without what admission adds
    assert_eq!(
        found[0].fix.patch,
        [
            json!({"op": "add", "path": "/spec/template/spec/tolerations", "value": [
                {"key": "lab", "operator": "Exists"},
            {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30},
                {"key": "team", "value": "a", "effect": "NoSchedule"},
            ]})
        ]
    );
    assert_eq!(found[0].removes, [Filter::TaintToleration]);
    assert_eq!(
        read(&found[1].fix),
        "admin: remove the taint team=a:NoSchedule from node n1, which then takes any pod -> n1 | kubectl taint node n1 team:NoSchedule-"
    );
}

#[test]
fn a_bare_pod_can_only_be_given_tolerations() {
    let tainted = taint(node("n1", "4", "8Gi"), "team", "a");
    let bare = pod("lone").set(
        "/spec/tolerations",
        json!([{"key": "lab", "operator": "Exists"}]),
    );
    let found = remedies(&bare, &[tainted]);
    assert_eq!(found[0].fix.patch[0]["path"], "/spec/tolerations/-");
    assert!(found[0].fix.command.starts_with(
        r#"kubectl -n shop patch pod/lone -p '{"spec":{"tolerations":[{"key":"lab","#
    ));
    let small = [node("n1", "1", "8Gi")];
    assert_eq!(
        offers(&pod("lone").asks("cpu", "2"), &small)[0],
        "owner: lower the cpu request of container app from 2 to 1; the spec of a pod cannot be changed, so save it, delete the pod and create it again -> n1 | "
    );
    let job = pod("run-x").asks("cpu", "2").of("Job", "run");
    assert!(offers(&job, &small)[0].contains("; the template of job/run cannot be changed"));
    let foreign = pod("run-x").asks("cpu", "2").of("Rollout", "run");
    assert!(offers(&foreign, &small)[0].ends_with("from 2 to 1, in rollout/run -> n1 | "));
}

#[test]
fn a_cron_job_is_patched_at_its_depth() {
    let job = pod("sync-28401234-x")
        .asks("cpu", "2")
        .of("Job", "sync-28401234");
    let found = remedies(&job, &[node("n1", "1", "8Gi")]);
    assert!(
        found[0]
            .fix
            .command
            .starts_with("kubectl -n shop set resources cj/sync -c app --requests=cpu=1")
    );
    assert_eq!(
        found[0].fix.patch[1]["path"],
        "/spec/jobTemplate/spec/template/spec/containers/0/resources/requests/cpu"
    );
}

#[test]
fn a_selector_takes_a_value_that_a_node_carries() {
    let ssd = node("n1", "4", "8Gi").set("/metadata/labels", json!({"example.com/disk": "ssd"}));
    let wants = web("w").set("/spec/nodeSelector", json!({"example.com/disk": "sdd"}));
    let found = remedies(&wants, std::slice::from_ref(&ssd));
    assert_eq!(
        found[0].fix.patch,
        [
            json!({"op": "test", "path": "/spec/template/spec/nodeSelector/example.com~1disk", "value": "sdd"}),
            json!({"op": "replace", "path": "/spec/template/spec/nodeSelector/example.com~1disk", "value": "ssd"}),
        ]
    );
    let offers = offers(&wants, &[ssd]);
    assert!(
        offers[1].starts_with("owner: remove example.com/disk=sdd from the node selector -> n1")
    );
    assert_eq!(offers.len(), 2, "{offers:?}");
}

#[test]
fn a_label_that_no_node_has_can_be_given() {
    let wants = web("w").set("/spec/nodeSelector", json!({"pool": "batch"}));
    assert_eq!(
        offers(&wants, &[node("n1", "4", "8Gi"), node("n2", "4", "8Gi")])[1],
        "admin: label node n1 with pool=batch -> n1 | kubectl label node/n1 pool=batch"
    );
    let zone = web("w").set(
        "/spec/nodeSelector",
        json!({"topology.kubernetes.io/zone": "b"}),
    );
    let offers = offers(&zone, &[node("n1", "4", "8Gi")]);
    assert!(offers.iter().all(|offer| !offer.contains("label node")));
}

fn required(terms: Value) -> Value {
    json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}})
}

#[test]
fn an_affinity_accepts_one_more_value_or_goes() {
    let zone = node("n1", "4", "8Gi").set("/metadata/labels", json!({"zone": "a"}));
    let expression = json!({"key": "zone", "operator": "In", "values": ["b", "c"]});
    let found = |terms: Value| {
        let asks = web("w").set("/spec/affinity", required(terms));
        remedies(&asks, std::slice::from_ref(&zone))
    };
    let base =
        "/spec/template/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution";
    let alone = found(json!([{"matchExpressions": [expression]}]));
    assert_eq!(
        alone[0].fix.patch[1],
        json!({"op": "add", "path": format!("{base}/nodeSelectorTerms/0/matchExpressions/0/values/-"), "value": "a"})
    );
    // empty terms match nothing
    let gone = json!({"op": "remove", "path": base});
    assert_eq!(alone[1].fix.patch[1], gone);
    let beside_an_empty_one = found(json!([{}, {"matchExpressions": [expression]}]));
    assert_eq!(beside_an_empty_one[1].fix.patch[1], gone);
    let one_of_two =
        found(json!([{"matchExpressions": [expression, {"key": "zone", "operator": "Exists"}]}]));
    assert_eq!(
        one_of_two[1].fix.patch[1]["path"],
        format!("{base}/nodeSelectorTerms/0/matchExpressions/0")
    );
}

#[test]
fn expressions_that_go_together_go_from_the_last_to_the_first() {
    let n1 = node("n1", "4", "8Gi").set("/metadata/labels", json!({"zone": "a"}));
    let cores = json!({"key": "cores", "operator": "Exists"});
    let absent = json!({"key": "absent", "operator": "Exists"});
    let zone = json!({"key": "zone", "operator": "Exists"});
    let base =
        "/spec/template/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution";
    let removed = |expressions: Value| -> Vec<String> {
        let terms = json!([{"matchExpressions": expressions}]);
        let found = remedies(
            &web("w").set("/spec/affinity", required(terms)),
            std::slice::from_ref(&n1),
        );
        let patch = found[0].fix.patch.iter();
        let removals = patch.filter(|operation| operation["op"] == "remove");
        removals
            .map(|operation| operation["path"].as_str().unwrap().replace(base, "…"))
            .collect()
    };
    let at = |index: usize| format!("…/nodeSelectorTerms/0/matchExpressions/{index}");
    assert_eq!(removed(json!([cores, zone, absent])), [at(2), at(0)]);
    // the last one takes the requirement along
    assert_eq!(removed(json!([cores, absent])), [at(1), "…".to_owned()]);
}

#[test]
fn what_is_needed_together_is_offered_together() {
    let cordoned =
        taint(node("n1", "1", "8Gi"), "team", "a").set("/spec/unschedulable", json!(true));
    let asks = web("w").asks("cpu", "2");
    let found = remedies(&asks, &[cordoned]);
    let fix = &found[0].fix;
    assert_eq!(fix.who, Who::Admin);
    assert_eq!(
        english(fix),
        "uncordon node n1, tolerate the taint team=a:NoSchedule, and lower the cpu request of container app from 2 to 1"
    );
    assert!(fix.command.starts_with("kubectl -n shop patch deploy/web"));
    assert!(
        fix.command.ends_with("&& kubectl uncordon n1"),
        "{}",
        fix.command
    );
    assert!(fix.patch.is_empty());
    assert_eq!(fix.verified.as_deref(), Some(&["n1".into()][..]));
}

#[test]
fn a_patch_does_all_that_the_command_does() {
    let n1 = taint(node("n1", "1", "8Gi"), "team", "a");
    let asks = web("w").set("/spec/nodeSelector", json!({"pool": "fast"}));
    let found = remedies(&asks, std::slice::from_ref(&n1));
    let of_node = |found: &[Offer]| {
        let fixes = found.iter().map(|remedy| remedy.fix.clone());
        let mut fixes = fixes.filter(|fix| fix.command.contains("kubectl label"));
        fixes.next().unwrap()
    };
    let fix = of_node(&found);
    assert_eq!(
        fix.command,
        "kubectl taint node n1 team:NoSchedule- && kubectl label node/n1 pool=fast"
    );
    // a taint has none
    assert!(fix.patch.is_empty());
    let cordoned = node("n1", "1", "8Gi").set("/spec/unschedulable", json!(true));
    let found = remedies(&asks, &[cordoned]);
    assert_eq!(of_node(&found).patch.len(), 2);
}

#[test]
fn uncordoning_takes_the_taint_along() {
    let cordoned = taint(
        node("n1", "4", "8Gi"),
        "node.kubernetes.io/unschedulable",
        "",
    )
    .set("/spec/unschedulable", json!(true));
    assert_eq!(
        offers(&web("w"), &[cordoned]),
        ["admin: uncordon node n1 -> n1 | kubectl uncordon n1"]
    );
}

#[test]
fn a_rolling_update_in_its_own_way_stops_an_old_pod_first() {
    let new = web("web-7d9c-a").host_port(80, "TCP", "");
    let old = pod("web-5b6f-a")
        .on("n1")
        .host_port(80, "TCP", "")
        .of("ReplicaSet", "web-5b6f");
    let found = remedies(&new, &[node("n1", "4", "8Gi"), old.clone()]);
    assert_eq!(
        found[0].fix.patch[0]["value"]["rollingUpdate"],
        json!({"maxSurge": 0, "maxUnavailable": 1})
    );
    assert_eq!(found[0].fix.verified.as_deref(), Some(&["n1".into()][..]));
    assert!(read(&found[1].fix).starts_with("owner: give up host port 80/TCP"));
    // another workload's pod is no part of the update
    let stranger = old.of("ReplicaSet", "api-5b6f");
    let found = remedies(&new, &[node("n1", "4", "8Gi"), stranger]);
    assert!(read(&found[0].fix).starts_with("owner: give up host port"));
}

#[test]
fn a_host_port_lets_no_more_replicas_run_than_nodes() {
    let next = web("web-7d9c-c").host_port(80, "TCP", "");
    let sibling = |name: &str, node: &str| web(name).on(node).host_port(80, "TCP", "");
    let nodes = [
        node("n1", "4", "8Gi"),
        node("n2", "4", "8Gi"),
        sibling("web-7d9c-a", "n1"),
        sibling("web-7d9c-b", "n2"),
        object(
            Kind::Deployment,
            json!({"kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 3}}),
        ),
    ];
    let found = remedies(&next, &nodes);
    assert_eq!(
        found[0].fix.command,
        "kubectl -n shop scale deploy/web --replicas=2"
    );
    assert_eq!(found[0].fix.verified, None);
}

#[test]
fn nothing_is_verified_without_all_pods() {
    let asks = web("w").asks("cpu", "2");
    let partly = Cluster::unread()
        .read(Kind::Node)
        .with(node("n1", "1", "8Gi"))
        .snapshot();
    let found = offered(&asks.stuck(), &partly);
    assert!(found[0].fix.command.contains("--requests=cpu=1"));
    assert_eq!(found[0].fix.verified, None);
    let blind = Cluster::unread().with(node("n1", "1", "8Gi")).snapshot();
    assert!(offered(&asks.stuck(), &blind).is_empty());
}
