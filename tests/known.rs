//! What was asked for, what is known already, and what became of it since: filters, silencing, `diff` (`compared`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail anywhere"
)]

mod compared;

use crate::BINARY;
use crate::api_server::{ApiServer, Response};
use crate::support::{Certainty, Loaded, Report, Shown, load, rules};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A folder for dumps, and the binary in it.
struct Desk(TempDir);

struct Outcome {
    code: i32,
    out: String,
    err: String,
}

impl Outcome {
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.err))
    }
}

impl Desk {
    fn new() -> Self {
        Desk(TempDir::new().unwrap())
    }

    fn file(&self, name: &str, text: &str) -> &Self {
        std::fs::write(self.0.path().join(name), text).unwrap();
        self
    }

    fn run(&self, arguments: &str) -> Outcome {
        self.run_with(arguments, None)
    }

    fn run_with(&self, arguments: &str, kubeconfig: Option<&Path>) -> Outcome {
        let mut command = Command::new(BINARY);
        command.env_clear().current_dir(self.0.path());
        command.args(arguments.split_whitespace());
        command.envs(kubeconfig.map(|path| ("KUBECONFIG", path)));
        let output = command.output().unwrap();
        Outcome {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

fn waits_for(map: &str) -> Value {
    json!({"reason": "CreateContainerConfigError", "message": format!("configmap \"{map}\" not found")})
}

fn no_such_host(name: &str) -> Value {
    let image = format!("registry.exmaple.com/{name}:1");
    json!({"reason": "ImagePullBackOff", "message": format!(
        "Back-off pulling image \"{image}\": ErrImagePull: failed to do request: Head \"https://registry.exmaple.com/v2/{name}/manifests/1\": \
         dial tcp: lookup registry.exmaple.com on 10.0.0.2:53: no such host")})
}

fn odd() -> Value {
    json!({"reason": "Odd"})
}

/// A pod of a Deployment that waits for this.
fn pod(namespace: &str, deployment: &str, waiting: &Value) -> Value {
    let set = format!("{deployment}-5d9c7b8f6c");
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": format!("{set}-x7x7x"), "namespace": namespace, "uid": deployment,
            "creationTimestamp": "2026-03-02T10:00:00Z", "labels": {"app": deployment, "pod-template-hash": "5d9c7b8f6c"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": set, "uid": "set", "controller": true}],
        },
        "spec": {"nodeName": "worker-1", "containers": [{
            "name": "app", "image": format!("registry.exmaple.com/{deployment}:1"), "envFrom": [{"configMapRef": {"name": "shared"}}],
        }]},
        "status": {
            "phase": "Pending", "startTime": "2026-03-02T10:00:01Z",
            "containerStatuses": [{"name": "app", "image": "", "imageID": "", "ready": false, "restartCount": 0, "state": {"waiting": waiting}}],
        },
    })
}

/// What `--dump` would have written of these namespaces.
fn dump(namespaces: &[&str], objects: &[Value]) -> String {
    let read = |kind: &'static str| {
        let of = move |namespace: &&str| json!({"kind": kind, "namespace": namespace});
        namespaces.iter().map(of)
    };
    let reads: Vec<Value> = read("Pod").chain(read("Event")).collect();
    let reading = json!({"apiVersion": "kubectl-diagnose/v1", "kind": "Reading", "asOf": "2026-03-02T10:30:00Z", "reads": reads});
    let items: Vec<&Value> = std::iter::once(&reading).chain(objects).collect();
    json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

fn shop(objects: &[Value]) -> String {
    dump(&["shop"], objects)
}

/// web waits for a ConfigMap, api and cart for a host, and nobody knows what for odd does.
fn four() -> [Value; 4] {
    [
        pod("shop", "web", &waits_for("shared")),
        pod("shop", "api", &no_such_host("api")),
        pod("shop", "cart", &no_such_host("cart")),
        pod("shop", "odd", &odd()),
    ]
}

fn causes(report: &Value) -> Vec<&str> {
    let diagnoses = report["diagnoses"].as_array().unwrap().iter();
    diagnoses
        .map(|one| one["cause"].as_str().unwrap())
        .collect()
}

fn fingerprint(report: &Value, cause: &str) -> String {
    let mut diagnoses = report["diagnoses"].as_array().unwrap().iter();
    let one = diagnoses.find(|one| one["cause"] == cause).unwrap();
    one["fingerprint"].as_str().unwrap().to_owned()
}

fn annotated(mut object: Value, silence: &str) -> Value {
    object["metadata"]["annotations"] = json!({"kubectl-diagnose/silence": silence});
    object
}

#[test]
fn a_filter_shows_what_was_asked_for_and_counts_the_rest() {
    let desk = Desk::new();
    desk.file("dump", &shop(&four()));
    for (filter, shown, unexplained, filtered) in [
        ("--cause missing-configmap", vec!["missing-configmap"], 0, 3),
        ("--layer image", vec!["registry-dns", "registry-dns"], 0, 2),
        (
            "--cause missing-configmap,unexplained",
            vec!["missing-configmap"],
            1,
            2,
        ),
        (
            "--cause missing-configmap --cause unexplained",
            vec!["missing-configmap"],
            1,
            2,
        ),
        ("--cause missing-configmap --layer image", vec![], 0, 4),
    ] {
        let found = desk.run(&format!("-f dump -o json {filter}"));
        let report = found.json();
        assert_eq!(causes(&report), shown, "{filter}");
        let left = report["unexplained"].as_array().unwrap().len();
        assert_eq!(left, unexplained, "{filter}");
        let counted = report["summary"]["filtered"].as_u64().unwrap_or_default();
        assert_eq!(counted, filtered, "{filter}");
        let stuck = report["summary"]["byKind"]["Pod"]["stuck"].as_u64();
        let expected = shown.len() + unexplained;
        assert_eq!(stuck, u64::try_from(expected).ok(), "{filter}");
        assert_eq!(found.code, i32::from(expected > 0), "{filter}");
    }
}

#[test]
fn an_all_clear_never_hides_what_was_filtered() {
    let desk = Desk::new();
    desk.file("dump", &shop(&four()));
    let found = desk.run("-f dump --cause oom-killed");
    assert_eq!(found.code, 0);
    let said = "nothing that was asked for is stuck: 4 pods looked at; 4 others filtered.";
    assert!(found.out.contains(said), "{}", found.out);
    let found = desk.run("-f dump --cause missing-configmap");
    let said = "1 of 4 pods stuck by 1 cause, for 30m; 3 others filtered.";
    assert!(found.out.contains(said), "{}", found.out);
}

#[test]
fn a_word_that_filters_nothing_is_refused() {
    let desk = Desk::new();
    desk.file("dump", &shop(&four()))
        .file("known", "- cause: missing-configmp\n");
    for (filter, said) in [
        (
            "--cause missing-configmp",
            "did you mean `missing-configmap`?",
        ),
        ("--layer imag", "did you mean `image`?"),
        ("--min-certainty proved", "proven"),
        (
            "--silence known",
            "entry 1 of known: `missing-configmp` is not a cause",
        ),
        ("--silence none", "none cannot be read"),
        (
            "-n shop --exclude-namespace shop",
            "asked for and excluded at once",
        ),
    ] {
        let found = desk.run(&format!("-f dump {filter}"));
        assert_eq!(found.code, 2, "{filter}: {}", found.out);
        assert!(found.err.contains(said), "{filter}: {}", found.err);
    }
}

#[test]
fn an_excluded_namespace_is_not_looked_at() {
    let desk = Desk::new();
    let objects = [
        pod("shop", "web", &waits_for("shared")),
        pod("infra", "web", &waits_for("shared")),
    ];
    desk.file("dump", &dump(&["shop", "infra"], &objects));
    let report = desk.run("-f dump -o json --exclude-namespace infra").json();
    assert_eq!(
        report["summary"]["byKind"]["Pod"],
        json!({"all": 1, "stuck": 1, "progressing": 0, "ended": 0})
    );
    assert_eq!(report["scope"]["excludeNamespaces"], json!(["infra"]));
    assert_eq!(report["diagnoses"][0]["subject"]["namespace"], "shop");
    let none = desk.run("-f dump --exclude-namespace infra,shop");
    assert_eq!(none.code, 0);
}

#[test]
fn an_annotation_of_the_pod_or_of_its_workload_silences() {
    let desk = Desk::new();
    let web = || pod("shop", "web", &waits_for("shared"));
    desk.file("dump", &shop(&[web()]));
    let known = fingerprint(&desk.run("-f dump -o json").json(), "missing-configmap");
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 1}, "status": {"replicas": 1}});
    for silence in [
        "missing-configmap",
        &known,
        &format!("oom-killed, {known} until 2026-03-02"),
    ] {
        for objects in [
            vec![annotated(web(), silence)],
            vec![web(), annotated(deployment.clone(), silence)],
        ] {
            let found = desk.file("dump", &shop(&objects)).run("-f dump -o json");
            let report = found.json();
            assert_eq!((found.code, causes(&report).len()), (0, 0), "{silence}");
            let silenced = &report["silenced"][0];
            assert_eq!(silenced["fingerprint"], json!(known));
            assert_eq!(silenced["affected"][0]["name"], "web-5d9c7b8f6c-x7x7x");
            assert!(silenced["by"]["annotationOf"]["name"].is_string());
            assert_eq!(report["summary"]["byKind"]["Pod"]["stuck"], 0);
        }
    }
    // what is known is the cause as it was
    for objects in [
        annotated(pod("shop", "web", &waits_for("another")), &known),
        annotated(
            pod("shop", "web", &no_such_host("web")),
            "missing-configmap",
        ),
        annotated(web(), &format!("{known} until 2026-03-01")),
        annotated(pod("shop", "api", &waits_for("shared")), &known),
    ] {
        let found = desk.file("dump", &shop(&[objects])).run("-f dump");
        assert_eq!(found.code, 1, "{}", found.out);
    }
}

#[test]
fn what_is_silenced_is_counted_and_told_in_full() {
    let desk = Desk::new();
    desk.file("dump", &shop(&four())).file(
        "known",
        "- cause: registry-dns\n  namespace: shop\n  workload: deploy/api\n  reason: moves on Friday\n  until: 2026-03-06\n\
         - {cause: missing-configmap, namespace: other}\n- {cause: unexplained}\n",
    );
    let found = desk.run("-f dump --silence known");
    assert_eq!(found.code, 1);
    assert!(
        found.out.replace("\n    ", " ").contains("; 2 silenced."),
        "{}",
        found.out
    );
    assert!(!found.out.contains("deploy/api"), "{}", found.out);
    let whole = desk.run("-f dump --silence known -o wide").out;
    let whole = whole.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "silenced: deploy/api -n shop: registry-dns",
        "(by known until 2026-03-06: moves on Friday; fingerprint ",
    ] {
        assert!(whole.contains(said), "{whole}");
    }
    let report = desk.run("-f dump --silence known -o json").json();
    let root = &report["rootCauses"].as_array().unwrap();
    let root = root
        .iter()
        .find(|root| root["cause"] == "registry-dns")
        .unwrap();
    let workloads = root["workloads"].as_array().unwrap();
    let names: Vec<&Value> = workloads.iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["cart"]);
    desk.file(
        "known",
        "- {cause: registry-dns}\n- {cause: missing-configmap}\n- {cause: unexplained}\n",
    );
    let found = desk.run("-f dump --silence known");
    let said = "nothing but what is silenced is stuck: 4 pods looked at; 4 silenced.";
    assert!(found.code == 0 && found.out.contains(said), "{}", found.out);
}

#[test]
fn what_only_contributes_goes_with_its_cause() {
    let path = "tests/cases/node-selector-or-affinity/typical-karpenter-repeats-it/cluster.yaml";
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    let desk = Desk::new();
    desk.file("known", "- cause: node-selector-or-affinity\n");
    let dump = path.display();
    let all = desk.run(&format!("-f {dump} -o json")).json();
    assert_eq!(
        causes(&all),
        ["node-selector-or-affinity", "autoscaler-cannot-help"]
    );
    let found = desk.run(&format!("-f {dump} -o json --silence known"));
    assert_eq!(causes(&found.json()), [""; 0]);
    assert_eq!(found.code, 0);
}

#[test]
fn a_block_tells_the_fingerprint_that_silences_it() {
    let desk = Desk::new();
    desk.file(
        "dump",
        &shop(&[
            pod("shop", "odd", &odd()),
            pod("shop", "web", &waits_for("shared")),
        ]),
    );
    let text = desk.run("-f dump").out;
    let told: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once("# fingerprint ").map(|(_, it)| it))
        .collect();
    assert_eq!(told.len(), 2, "{text}");
    let known: String = told
        .iter()
        .map(|it| format!("- fingerprint: {it}\n"))
        .collect();
    desk.file("known", &known);
    assert_eq!(desk.run("-f dump --silence known").code, 0);
}

fn demo() -> Loaded {
    let demo = std::fs::read_to_string("manifests/demo/cluster.yaml").expect("it is there");
    load(&demo).expect("it is a dump")
}

#[test]
fn what_is_less_certain_can_be_left_out_and_what_is_unexplained_stays() {
    let whole = |path: &str| {
        let text = std::fs::read_to_string(format!("tests/cases/{path}/cluster.yaml"));
        load(&text.expect("it is there"))
            .expect("it is a dump")
            .report()
    };
    let shown = Shown {
        min_certainty: Some(Certainty::Proven),
        ..Shown::default()
    };
    let guess = shown.apply(whole("image-not-found/recorded"));
    assert_eq!((guess.diagnoses.len(), guess.summary.filtered), (0, 1));
    let unexplained = shown.apply(whole("unexplained/typical"));
    assert_eq!(unexplained.unexplained.len(), 1);
    assert_eq!(unexplained.summary.filtered, 0);
}

/// Stuck objects of a kind by the summary.
fn stuck(report: &Report) -> usize {
    report.summary.by_kind.values().map(|kind| kind.stuck).sum()
}

#[test]
fn whatever_is_filtered_the_parts_of_a_report_agree() {
    let whole = demo().report();
    let all = whole.diagnoses.len() + whole.unexplained.len();
    let mut apart = 0;
    for rule in rules::all() {
        let filter = Shown {
            causes: BTreeSet::from([rule.cause]),
            ..Shown::default()
        };
        let report = filter.apply(whole.clone());
        let left = report.diagnoses.len() + report.unexplained.len();
        assert_eq!(left + report.summary.filtered, all, "{}", rule.cause);
        let roots = report.root_causes.iter().flat_map(|root| &root.diagnoses);
        let of_diagnoses = report.diagnoses.iter().map(|one| &one.fingerprint);
        assert!(roots.eq(of_diagnoses), "{}", rule.cause);
        assert_eq!(report.summary.causes.len(), usize::from(left > 0));
        assert_eq!(stuck(&report) > 0, left > 0, "{}", rule.cause);
        apart += report.diagnoses.len();
    }
    assert_eq!(apart, whole.diagnoses.len());
    assert_eq!(Shown::default().apply(whole.clone()), whole);
}
