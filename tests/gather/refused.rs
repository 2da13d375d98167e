//! What workloads cost that were refused pods.

use super::{EVENTS, INGRESSES, LISTED, PODS, SERVICES, asked, read, shop, without_lists};
use crate::api_server::{ApiServer, Response};
use crate::support::{Certainty, Kind, Loaded, Scope, Target, Why};
use serde_json::{Value, json};

const SETS: &str = "/apis/apps/v1/namespaces/shop/replicasets";
const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/shop/deployments/web";
const QUOTAS: &str = "/api/v1/namespaces/shop/resourcequotas";
const AUTOSCALERS: &str = "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers";
const REFUSAL: &str = "Error creating: pods \"web-1a-x\" is forbidden: exceeded quota: team, requested: pods=1, used: pods=2, limited: pods=2";

fn set(name: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop", "uid": name, "creationTimestamp": "2026-11-22T07:00:00Z",
            "ownerReferences": [{"kind": "Deployment", "name": "web", "controller": true}]},
        "spec": {"replicas": 2}, "status": {"replicas": 0}})
}

fn refusal(of: &str, message: &str) -> Value {
    json!({"kind": "Event", "metadata": {"name": format!("{of}.1"), "namespace": "shop"}, "reason": "FailedCreate", "message": message,
        "involvedObject": {"kind": "ReplicaSet", "namespace": "shop", "name": of, "uid": of}, "lastTimestamp": "2026-11-22T07:58:00Z"})
}

/// A server with these ReplicaSets, each of which was refused its pods.
fn cluster(sets: &[&str], message: &str) -> ApiServer {
    let events: Vec<Value> = sets.iter().map(|set| refusal(set, message)).collect();
    served(sets, &events)
}

/// A server with these ReplicaSets and events.
fn served(sets: &[&str], events: &[Value]) -> ApiServer {
    let server = ApiServer::start();
    let objects: Vec<Value> = sets.iter().map(|name| set(name)).collect();
    let quota = json!({"metadata": {"name": "team", "namespace": "shop"}, "status": {"hard": {"pods": "2"}, "used": {"pods": "2"}}});
    server.on(PODS, [Response::list("PodList", &[])]);
    server.on(EVENTS, [Response::list("EventList", events)]);
    server.on(SERVICES, [Response::list("ServiceList", &[])]);
    server.on(SETS, [Response::list("ReplicaSetList", &objects)]);
    for (name, object) in sets.iter().zip(&objects) {
        server.on(&format!("{SETS}/{name}"), [Response::json(object)]);
    }
    server.on(QUOTAS, [Response::list("ResourceQuotaList", &[quota])]);
    let deployment = json!({"metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 2}, "status": {}});
    server.on(DEPLOYMENT, [Response::json(&deployment)]);
    server
}

/// What is asked for besides the namespace, which is looked for where no pod is found, and the workloads of a scan.
fn cost(server: &ApiServer) -> Vec<String> {
    let mut asked = asked(server);
    asked.retain(|path| path != "/api/v1/namespaces/shop" && !LISTED.contains(&&**path));
    asked
}

fn causes(loaded: &Loaded) -> Vec<(&'static str, usize)> {
    let report = loaded.report();
    let diagnoses = report.diagnoses.iter();
    diagnoses.map(|d| (d.cause, d.affected.len())).collect()
}

#[test]
fn a_refused_workload_costs_itself_its_events_and_the_quotas() {
    let server = cluster(&["web-1a"], REFUSAL);
    let gathered = read(&server, shop()).unwrap();
    let set = format!("{SETS}/web-1a");
    let expected = [
        EVENTS, EVENTS, EVENTS, PODS, QUOTAS, SERVICES, &set, INGRESSES,
    ];
    assert_eq!(cost(&server), expected);
    assert_eq!(causes(&gathered), [("quota-exceeded", 1)]);
}

#[test]
fn quotas_are_read_only_where_one_is_named() {
    let server = cluster(
        &["web-1a"],
        "Error creating: pods \"web-1a-x\" is forbidden: no",
    );
    let gathered = read(&server, shop()).unwrap();
    assert!(!cost(&server).contains(&QUOTAS.to_owned()));
    assert_eq!(causes(&gathered), []);
}

#[test]
fn many_refused_workloads_are_read_by_lists() {
    let server = cluster(&["web-1a", "web-2b", "web-3c", "web-4d"], REFUSAL);
    let gathered = read(&server, shop()).unwrap();
    let expected = [
        EVENTS, EVENTS, EVENTS, PODS, QUOTAS, SERVICES, SETS, INGRESSES,
    ];
    assert_eq!(cost(&server), expected);
    // all of them are one Deployment's
    assert_eq!(causes(&gathered), [("quota-exceeded", 1)]);
}

#[test]
fn a_named_deployment_without_pods_costs_its_replica_sets() {
    let server = cluster(&["web-1a"], REFUSAL);
    let scope = Scope {
        targets: vec![Target::new(Kind::Deployment, "web")],
        ..shop()
    };
    let gathered = read(&server, scope).unwrap();
    let expected = [
        EVENTS,
        EVENTS,
        EVENTS,
        PODS,
        QUOTAS,
        DEPLOYMENT,
        SETS,
        AUTOSCALERS,
    ];
    assert_eq!(cost(&server), expected);
    assert_eq!(causes(&gathered), [("quota-exceeded", 1)]);
}

#[test]
fn what_is_not_about_the_named_workload_is_not_read() {
    let server = cluster(&["web-1a"], REFUSAL);
    let other = "/apis/apps/v1/namespaces/shop/statefulsets/db";
    let database = json!({"metadata": {"name": "db", "namespace": "shop"}, "spec": {"replicas": 1}, "status": {"replicas": 1}});
    server.on(other, [Response::json(&database)]);
    let scope = Scope {
        targets: vec![Target::new(Kind::StatefulSet, "db")],
        ..shop()
    };
    read(&server, scope).unwrap();
    assert_eq!(cost(&server), [EVENTS, PODS, other, AUTOSCALERS]);
}

#[test]
fn of_a_named_workload_whom_a_quota_refuses_the_others_that_it_refuses_are_read() {
    let mut refused = refusal("db", REFUSAL);
    refused["involvedObject"]["kind"] = json!("StatefulSet");
    let server = served(&["web-1a"], &[refused, refusal("web-1a", REFUSAL)]);
    let database = "/apis/apps/v1/namespaces/shop/statefulsets/db";
    let mut stateful = set("db");
    stateful["metadata"]["ownerReferences"] = json!([]);
    server.on(database, [Response::json(&stateful)]);
    let scope = Scope {
        targets: vec![Target::new(Kind::StatefulSet, "db")],
        ..shop()
    };
    let gathered = read(&server, scope).unwrap();
    assert!(cost(&server).contains(&format!("{SETS}/web-1a")));
    let report = gathered.report();
    let affected = report.diagnoses.first().map(|d| d.affected.len());
    assert_eq!(affected, Some(1), "only what was named");
    let missing = serde_json::to_value(&report.diagnoses).unwrap()[0]["facts"]["missing"].clone();
    assert_eq!(missing, json!(4), "what both lack");
}

#[test]
fn a_deployment_that_is_refused_its_replica_set_is_seen_in_a_scan() {
    let mut refused = refusal("web", "Failed to create new replica set \"web-2b\": no");
    refused["reason"] = json!("ReplicaSetCreateError");
    refused["involvedObject"]["kind"] = json!("Deployment");
    let server = served(&[], &[refused]);
    let report = read(&server, shop()).unwrap().report();
    let unexplained: Vec<_> = report
        .unexplained
        .iter()
        .map(|one| one.object.key())
        .collect();
    assert_eq!(unexplained, [("Deployment", Some("shop"), "web")]);
}

#[test]
fn a_cron_job_that_is_refused_its_jobs_is_seen_in_a_scan() {
    let mut refused = refusal("report", "Error creating job: no");
    refused["involvedObject"]["kind"] = json!("CronJob");
    let server = served(&[], &[refused]);
    let cron_job = json!({"metadata": {"name": "report", "namespace": "shop", "uid": "report"}, "spec": {"schedule": "@daily"}, "status": {}});
    server.on(
        "/apis/batch/v1/namespaces/shop/cronjobs/report",
        [Response::json(&cron_job)],
    );
    let report = read(&server, shop()).unwrap().report();
    let unexplained: Vec<_> = report
        .unexplained
        .iter()
        .map(|one| one.object.key())
        .collect();
    assert_eq!(unexplained, [("CronJob", Some("shop"), "report")]);
}

/// A pod of a Job that failed.
fn failed() -> Value {
    json!({"metadata": {"name": "import-a", "namespace": "shop", "creationTimestamp": "2026-11-22T07:00:00Z",
            "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": "import", "uid": "import", "controller": true}]},
        "spec": {"nodeName": "worker-1", "restartPolicy": "Never", "containers": [{"name": "app"}]},
        "status": {"phase": "Failed", "containerStatuses": [{"name": "app", "ready": false, "restartCount": 0, "image": "", "imageID": "",
            "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]}})
}

#[test]
fn where_a_job_may_not_be_read_its_pods_that_succeeded_tell_of_it_and_nothing_is_proven() {
    for succeeded in [false, true] {
        let server = ApiServer::start();
        server.answer(move |asked| {
            let wants_succeeded = asked.query.contains("status.phase%3DSucceeded");
            let mut later = failed();
            later["metadata"]["name"] = json!("import-b");
            later["metadata"]["creationTimestamp"] = json!("2026-11-22T07:30:00Z");
            later["status"] = json!({"phase": "Succeeded"});
            let pods = match (wants_succeeded, succeeded) {
                (false, _) => vec![failed()],
                (true, true) => vec![later],
                (true, false) => Vec::new(),
            };
            (asked.path == PODS).then(|| Response::list("PodList", &pods))
        });
        server.on(EVENTS, [Response::list("EventList", &[])]);
        server.on(SERVICES, [Response::list("ServiceList", &[])]);
        let job = "/apis/batch/v1/namespaces/shop/jobs/import";
        server.on(
            job,
            [Response::failure(403, "Forbidden", "jobs is forbidden")],
        );
        let report = read(&server, shop()).unwrap().report();
        let certainty: Vec<_> = report.diagnoses.iter().map(|d| d.certainty).collect();
        if succeeded {
            assert_eq!(certainty, []);
            let asked = server.asked();
            let labels = asked
                .iter()
                .filter_map(|asked| asked.query("labelSelector"));
            assert_eq!(labels.collect::<Vec<_>>(), ["job-name%3Dimport"]);
        } else {
            assert_eq!(certainty, [Certainty::Likely]);
        }
    }
}

#[test]
fn a_scan_without_the_right_to_read_events_goes_on() {
    let server = ApiServer::start();
    server.on(PODS, [Response::list("PodList", &[super::healthy("a")])]);
    let refusal = Response::failure(403, "Forbidden", "events is forbidden");
    server.on(EVENTS, [refusal]);
    server.on(SERVICES, [Response::list("ServiceList", &[])]);
    without_lists(&server);
    server.on(INGRESSES, [Response::list("IngressList", &[])]);
    let gathered = read(&server, shop()).unwrap();
    assert_eq!(gathered.pods(), 1);
    let gaps = gathered.store().gaps().into_iter();
    let gaps: Vec<_> = gaps.map(|gap| (gap.kind, gap.why)).collect();
    assert_eq!(gaps, [(Kind::Event, Why::Forbidden)]);
}

const ROUTES: &str = "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes";

/// Who may not see routes is refused them whether or not they are installed: only a kind that is served is a gap.
#[test]
fn routes_that_may_not_be_seen_are_a_gap_only_where_they_are_served() {
    for served in [true, false] {
        let server = ApiServer::start();
        server.on(PODS, [Response::list("PodList", &[super::healthy("a")])]);
        server.on(EVENTS, [Response::list("EventList", &[])]);
        server.on(SERVICES, [Response::list("ServiceList", &[])]);
        let refusal = Response::failure(403, "Forbidden", "httproutes is forbidden");
        server.on(ROUTES, [refusal]);
        without_lists(&server);
        server.on(INGRESSES, [Response::list("IngressList", &[])]);
        if served {
            let group = json!({"kind": "APIGroup", "apiVersion": "v1"});
            server.on("/apis/gateway.networking.k8s.io", [Response::json(&group)]);
        }
        let gathered = read(&server, shop()).unwrap();
        let report = gathered.report();
        let gaps: Vec<_> = report
            .gaps
            .iter()
            .map(|gap| (gap.kind, gap.may_hide))
            .collect();
        let expected: &[_] = if served { &[("HTTPRoute", false)] } else { &[] };
        assert_eq!(gaps, expected);
    }
}
