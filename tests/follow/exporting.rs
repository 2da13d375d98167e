//! `export` as it is run, while the cluster changes.

use super::objects;
use super::world::World;
use crate::BINARY;
use crate::api_server::ApiServer;
use crate::exporter::Exporter;
use crate::support::Kind;
use std::process::Command;
use std::time::{Duration, Instant};

/// A connection is lost after ten seconds, and by then tries are as far apart, on a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until that holds.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until a line of the metrics begins so.
fn tells(exporter: &Exporter, line: &str) -> String {
    let mut metrics = String::new();
    eventually(line, || {
        metrics = exporter.metrics();
        metrics.lines().any(|one| one.starts_with(line))
    });
    metrics
}

fn start(server: &ApiServer, arguments: &[&str]) -> Exporter {
    Exporter::start(&server.kubeconfig(), arguments)
}

fn status(exporter: &Exporter, path: &str) -> u16 {
    exporter.asks("GET", path).0
}

const STUCK: &str = r#"kube_diagnose_stuck_pods{namespace="shop",owner_kind="",owner_name="",cause="insufficient-cpu",layer="scheduling",certainty="proven",role="cause"} "#;

#[test]
fn what_is_stuck_is_told_until_some_time_after_it_is_solved() {
    let world = World::new(3);
    objects::some(&world);
    for name in world.names(Kind::Pod, "shop") {
        world.remove(Kind::Pod, "shop", &name);
    }
    let server = world.serve();
    let exporter = start(&server, &["-n", "shop"]);
    world.put(Kind::Pod, objects::unschedulable("shop", "one"));
    world.put(Kind::Pod, objects::unschedulable("shop", "two"));
    let metrics = tells(&exporter, &format!("{STUCK}2.0"));
    assert!(
        metrics.contains("kube_diagnose_pod_stuck_since_timestamp_seconds{namespace=\"shop\""),
        "{metrics}"
    );
    assert!(
        metrics.contains(r#"kube_diagnose_objects{kind="Pod",state="stuck"} 2.0"#),
        "{metrics}"
    );
    let root_cause = r#"kube_diagnose_root_causes{cause="insufficient-cpu",layer="scheduling",role="cause"} 1.0"#;
    assert!(metrics.contains(root_cause), "{metrics}");
    world.remove(Kind::Pod, "shop", "one");
    tells(&exporter, &format!("{STUCK}1.0"));
    world.remove(Kind::Pod, "shop", "two");
    let metrics = tells(&exporter, &format!("{STUCK}0.0"));
    assert!(
        !metrics.contains("stuck_since_timestamp_seconds{"),
        "{metrics}"
    );
    assert!(
        !metrics.contains("\"one\""),
        "no series names a pod: {metrics}"
    );
}

/// The lines that begin in one of these ways.
fn lines<'a>(metrics: &'a str, begins: &[&str]) -> Vec<&'a str> {
    let lines = metrics.lines();
    lines
        .filter(|line| begins.iter().any(|begin| line.starts_with(begin)))
        .collect()
}

#[test]
fn during_an_outage_what_was_told_stays() {
    let world = World::new(7);
    objects::some(&world);
    world.put(Kind::Pod, objects::unschedulable("shop", "one"));
    let server = world.serve();
    let exporter = start(&server, &["-n", "shop"]);
    let before = tells(&exporter, &format!("{STUCK}1.0"));
    world.set_down(true);
    let outage = r#"kube_diagnose_unreadable{kind="Node",namespace="",reason="outage"} 1.0"#;
    let told = tells(&exporter, outage);
    let reports = ["kube_diagnose_reports_total "];
    let mut during = String::new();
    eventually("the outage is looked at again", || {
        during = exporter.metrics();
        lines(&during, &reports) != lines(&told, &reports)
    });
    let of_cluster = [
        "kube_diagnose_stuck_",
        "kube_diagnose_pod_",
        "kube_diagnose_objects{",
        "kube_diagnose_root_causes{",
    ];
    assert_eq!(lines(&during, &of_cluster), lines(&before, &of_cluster));
    let nodes = [r#"kube_diagnose_unreadable{kind="Node""#];
    assert_eq!(lines(&during, &nodes), [outage]);
    assert_eq!(status(&exporter, "/healthz"), 200);
    world.put(Kind::Pod, objects::unschedulable("shop", "two"));
    world.set_down(false);
    let after = tells(&exporter, &format!("{STUCK}2.0"));
    assert!(!after.contains("reason=\"outage\""), "{after}");
    let time = ["kube_diagnose_report_timestamp_seconds "];
    assert_eq!(lines(&during, &time), lines(&told, &time));
    assert_ne!(lines(&after, &time), lines(&told, &time));
}

/// Every metric that a text names.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("kube_diagnose_"))
}

#[test]
fn an_answer_is_openmetrics() {
    let world = World::new(4);
    objects::some(&world);
    let server = world.serve();
    let exporter = start(&server, &[]);
    tells(&exporter, "kube_diagnose_reports_total ");
    let (status, head, body) = exporter.asks("GET", "/metrics");
    assert_eq!(status, 200);
    assert!(
        head.contains("content-type: application/openmetrics-text; version=1.0.0; charset=utf-8"),
        "{head}"
    );
    assert!(body.ends_with("# EOF\n"), "{body}");
    for (number, line) in body.lines().enumerate() {
        let is_comment = ["# HELP ", "# TYPE ", "# UNIT ", "# EOF"]
            .iter()
            .any(|start| line.starts_with(start));
        let value = line
            .rsplit(' ')
            .next()
            .and_then(|value| value.parse::<f64>().ok());
        assert!(is_comment || value.is_some(), "line {number}: {line}");
    }
    for name in [
        "requests_total",
        "received_bytes_total",
        "watch_events_total",
        "report_duration_seconds_total",
        "rule_looks_total",
    ] {
        assert!(
            body.contains(&format!("\nkube_diagnose_{name} ")),
            "{name}: {body}"
        );
    }
    for text in [
        include_str!("../../README.md"),
        include_str!("../../manifests/export/alerts.yaml"),
    ] {
        for name in names(text) {
            let family = format!("# TYPE {} ", name.trim_end_matches("_total"));
            assert!(body.contains(&family), "{name} is told of and not told");
        }
    }
    let families: Vec<&str> = body
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .collect();
    let mut once = families.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), families.len(), "{families:?}");
}

#[test]
fn it_answers_whether_it_works_and_only_reads() {
    let world = World::new(5);
    objects::some(&world);
    let server = world.serve();
    let exporter = start(&server, &[]);
    eventually("it is ready", || status(&exporter, "/readyz") == 200);
    assert_eq!(status(&exporter, "/healthz"), 200);
    assert_eq!(status(&exporter, "/other"), 404);
    assert_eq!(exporter.asks("POST", "/metrics").0, 405);
}

#[test]
fn it_ends_when_it_is_told_to() {
    let world = World::new(6);
    objects::some(&world);
    let server = world.serve();
    let mut exporter = start(&server, &[]);
    eventually("it is ready", || status(&exporter, "/readyz") == 200);
    let pid = exporter.child.id().to_string();
    assert!(Command::new("kill").arg(pid).status().unwrap().success());
    assert_eq!(exporter.child.wait().unwrap().code(), Some(0));
}

/// What it says when it is refused.
fn refused(arguments: &[&str]) -> String {
    let output = Command::new(BINARY)
        .arg("export")
        .args(arguments)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn what_it_cannot_do_is_refused() {
    for named in [&["deploy/web"][..], &["-f", "dump.json"], &["--all"]] {
        let said = refused(named);
        assert!(
            said.contains("export follows a cluster or a namespace"),
            "{said}"
        );
    }
    for address in ["localhost:9911", "9911", ":9911", "127.0.0.1"] {
        let said = refused(&["--listen", address]);
        assert!(said.contains("like `--listen 127.0.0.1:9911`"), "{said}");
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert!(refused(&["--listen", &address]).contains("cannot be listened at"));
}

#[test]
fn what_has_no_meaning_for_it_is_refused_and_not_offered() {
    for (arguments, why) in [
        (&["--watch"][..], "it follows the cluster anyway"),
        (&["--wait"], "it goes on until it is told to end"),
        (&["--dump", "file"], "it serves metrics alone"),
        (&["-o", "wide"], "it serves metrics alone"),
        (&["--color", "never"], "it serves metrics alone"),
    ] {
        let flag = arguments.first().unwrap();
        let said = refused(arguments);
        let expected = format!("error: {flag} has no meaning for export: {why}\n");
        assert!(said.starts_with(&expected), "{said}");
    }
    let help = Command::new(BINARY).args(["export", "--help"]).output();
    let help = String::from_utf8(help.unwrap().stdout).unwrap();
    for flag in [
        "watch", "wait", "timeout", "patience", "dump", "output", "color", "filename", "all ",
    ] {
        assert!(!help.contains(&format!("--{flag}")), "{flag}: {help}");
    }
}

#[test]
fn who_may_read_one_namespace_is_told_to_name_it() {
    let world = World::new(8);
    objects::some(&world);
    world.set_refusing(true);
    let server = world.serve();
    let kubeconfig = server.kubeconfig();
    let refused = |arguments: &[&str]| {
        let fixed = ["--listen", "127.0.0.1:0", "--kubeconfig"];
        let kubeconfig = kubeconfig.to_str().unwrap();
        refused(&[&fixed[..], &[kubeconfig], arguments].concat())
    };
    for arguments in [&[][..], &["-A"]] {
        let said = refused(arguments);
        let hints: Vec<&str> = lines(&said, &["hint: "]);
        let expected = "hint: follow one namespace: kubectl diagnose export -n NAMESPACE";
        assert_eq!(hints, [expected], "{said}");
    }
    let said = refused(&["-n", "shop"]);
    assert!(
        said.contains("kubectl auth can-i list pods -n shop"),
        "{said}"
    );
}
