//! `export` as it is run, while the cluster changes.

use super::PATIENCE;
use super::objects;
use super::world::World;
use crate::BINARY;
use crate::api_server::ApiServer;
use crate::support::Kind;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Waits until that holds.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// An exporter that runs, until it is dropped.
struct Exporter {
    child: Child,
    address: SocketAddr,
}

impl Exporter {
    fn start(server: &ApiServer, arguments: &[&str]) -> Self {
        let mut child = Command::new(BINARY)
            .args(["export", "--listen", "127.0.0.1:0", "--kubeconfig"])
            .arg(server.kubeconfig())
            .args(arguments)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        stderr.read_line(&mut said).unwrap();
        let address = said.trim().strip_prefix("serving http://");
        let address = address.and_then(|rest| rest.strip_suffix("/metrics"));
        let address = address.unwrap_or_else(|| panic!("{said}")).parse().unwrap();
        Exporter { child, address }
    }

    /// Status, head and body of the answer.
    fn asks(&self, method: &str, path: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_ascii_lowercase(), body.to_owned())
    }

    fn get(&self, path: &str) -> (u16, String) {
        let (status, _, body) = self.asks("GET", path);
        (status, body)
    }

    /// Waits until a line of the metrics begins so.
    fn tells(&self, line: &str) -> String {
        let mut metrics = String::new();
        eventually(line, || {
            metrics = self.get("/metrics").1;
            metrics.lines().any(|one| one.starts_with(line))
        });
        metrics
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // it has ended where it was told to
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
    let exporter = Exporter::start(&server, &["-n", "shop"]);
    world.put(Kind::Pod, objects::unschedulable("shop", "one"));
    world.put(Kind::Pod, objects::unschedulable("shop", "two"));
    let metrics = exporter.tells(&format!("{STUCK}2.0"));
    assert!(
        metrics.contains("kube_diagnose_pod_stuck_since_timestamp_seconds{namespace=\"shop\""),
        "{metrics}"
    );
    assert!(
        metrics.contains(r#"kube_diagnose_objects{kind="Pod",state="stuck"} 2.0"#),
        "{metrics}"
    );
    world.remove(Kind::Pod, "shop", "one");
    exporter.tells(&format!("{STUCK}1.0"));
    world.remove(Kind::Pod, "shop", "two");
    let metrics = exporter.tells(&format!("{STUCK}0.0"));
    assert!(
        !metrics.contains("stuck_since_timestamp_seconds{"),
        "{metrics}"
    );
    assert!(
        !metrics.contains("\"one\""),
        "no series names a pod: {metrics}"
    );
}

#[test]
fn an_answer_is_openmetrics() {
    let world = World::new(4);
    objects::some(&world);
    let server = world.serve();
    let exporter = Exporter::start(&server, &[]);
    exporter.tells("kube_diagnose_reports_total ");
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
    let exporter = Exporter::start(&server, &[]);
    eventually("it is ready", || exporter.get("/readyz").0 == 200);
    assert_eq!(exporter.get("/healthz").0, 200);
    assert_eq!(exporter.get("/other").0, 404);
    assert_eq!(exporter.asks("POST", "/metrics").0, 405);
}

#[test]
fn it_ends_when_it_is_told_to() {
    let world = World::new(6);
    objects::some(&world);
    let server = world.serve();
    let mut exporter = Exporter::start(&server, &[]);
    eventually("it is ready", || exporter.get("/readyz").0 == 200);
    let pid = exporter.child.id().to_string();
    assert!(Command::new("kill").arg(pid).status().unwrap().success());
    assert_eq!(exporter.child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_it_cannot_do_is_refused() {
    let refused = |arguments: &[&str]| {
        let output = Command::new(BINARY)
            .arg("export")
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(refused(&["deploy/web"]).contains("export follows a cluster or a namespace"));
    assert!(refused(&["-f", "dump.json"]).contains("export follows a cluster or a namespace"));
    assert!(refused(&["--listen", "localhost"]).contains("invalid value"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert!(refused(&["--listen", &address]).contains("cannot be listened at"));
}
