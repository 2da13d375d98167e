//! What changes is told as it changes: by lines of `--watch`, and in the metrics of `export`, which Prometheus' own parser and
//! checks read.

use super::{EVERYTHING, PATIENCE, conclude, word};
use crate::BINARY;
use crate::cluster::suite::{Audit, Cluster, Identity, Namespace, say, within};
use crate::exporter::Exporter;
use crate::support::Kind;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Names the program of tests/cluster/modules/prometheus.
const CHECK: &str = "METRICS_CHECK_DIAGNOSE_TEST";

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // it may have ended
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(arguments: &[&str], user: &Identity, namespace: &Namespace) -> Running {
    let child = Command::new(BINARY)
        .args(arguments)
        .args(["-n", &namespace.name, "--kubeconfig"])
        .arg(user.kubeconfig())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    Running(child.unwrap())
}

/// The lines of a process as they come.
fn lines(running: &mut Running) -> Receiver<Value> {
    let stdout = BufReader::new(running.0.stdout.take().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            let told = serde_json::from_str(&line).unwrap();
            if sender.send(told).is_err() {
                return;
            }
        }
    });
    receiver
}

fn workload(cpu: &str, selector: &str) -> String {
    include_str!("suite/followed.yaml")
        .replace("CPU", cpu)
        .replace("SELECTOR", selector)
}

#[test]
fn what_changes_is_told_as_it_changes() {
    let Some(cluster) = Cluster::of_environment() else {
        return;
    };
    let (begun, audit) = (Instant::now(), Audit::from_now(&cluster));
    let user = Identity::new(&cluster, "followed", &EVERYTHING);
    let scenes: [(&str, Scene); 4] = [
        ("kinds", every_kind_is_watchable),
        ("lines", told_in_order),
        ("rollouts", waited_for),
        ("metrics", exported),
    ];
    let complaint_of = |(name, scene): &(&str, Scene)| {
        let failed = scene(&cluster, &user).err();
        failed.map(|complaint| format!("{name}: {complaint}"))
    };
    let complaints: Vec<String> = scenes.iter().filter_map(complaint_of).collect();
    let done = scenes.len();
    conclude(
        "followed",
        &cluster,
        begun,
        audit.as_ref(),
        done,
        &complaints,
    );
}

type Scene = fn(&Cluster, &Identity) -> Result<(), String>;

/// Where somebody has installed it.
const OF_NO_API_SERVER: &str = "gateway.networking.k8s.io";

/// Of each kind that may be read the API server knows a watch.
fn every_kind_is_watchable(cluster: &Cluster, _: &Identity) -> Result<(), String> {
    let served = cluster.admin(&["api-resources", "--verbs=get,list,watch", "-o", "name"]);
    let is_served = |kind: &Kind| {
        let name = [kind.plural(), kind.group()].join(".");
        served
            .lines()
            .any(|line| line == name.trim_end_matches('.'))
    };
    let of_server = Kind::read().filter(|kind| kind.group() != OF_NO_API_SERVER);
    let missing: Vec<Kind> = of_server.filter(|kind| !is_served(kind)).collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!("{missing:?} of {served}"))
    }
}

/// Broken, broken otherwise, mended: a line each.
fn told_in_order(cluster: &Cluster, user: &Identity) -> Result<(), String> {
    let namespace = cluster.namespace("followed-lines", false);
    let mut watch = start(&["--watch", "-o", "jsonl"], user, &namespace);
    let told = lines(&mut watch);
    // its line tells that the first list is over, after which what comes is new
    let first = workload("5000", "{}").replace("web", "first");
    cluster.apply(&namespace.name, &first);
    let line = told.recv_timeout(PATIENCE);
    line.map_err(|_| "no line tells what was there when the watch began".to_owned())?;
    let steps = [
        (workload("5000", "{}"), "new", INSUFFICIENT_CPU),
        (workload("10m", "{disk: none}"), "changed", NO_SUCH_NODE),
        (workload("10m", "{}"), "solved", NO_SUCH_NODE),
    ];
    for (manifest, transition, cause) in steps {
        cluster.apply(&namespace.name, &manifest);
        let line = next_of(&told, PATIENCE);
        let line = line.ok_or_else(|| format!("no line tells that {cause} is {transition}"))?;
        let said = (
            word(&line, "transition"),
            word(&line, "cause"),
            word(&line["subject"], "name"),
        );
        if said != (transition, cause, "web") {
            return Err(format!("{transition} {cause} expected: {line:#}"));
        }
    }
    match next_of(&told, Duration::ZERO) {
        Some(line) => Err(format!("nothing else has happened: {line:#}")),
        None => Ok(()),
    }
}

const INSUFFICIENT_CPU: &str = "insufficient-cpu";
const NO_SUCH_NODE: &str = "node-selector-or-affinity";

/// The next line of a cause that [`told_in_order`] brings about: pods of other tests fill nodes up meanwhile, which is told of
/// what lies here, too.
fn next_of(told: &Receiver<Value>, patience: Duration) -> Option<Value> {
    let until = Instant::now() + patience;
    let is_of_here = |line: &Value| [INSUFFICIENT_CPU, NO_SUCH_NODE].contains(&word(line, "cause"));
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let line = told.recv_timeout(left).ok()?;
        if is_of_here(&line) {
            return Some(line);
        }
    }
}

/// Rollouts that stand, that cannot, that may yet, and that are rolled back.
fn waited_for(cluster: &Cluster, user: &Identity) -> Result<(), String> {
    let namespace = cluster.namespace("followed-rollouts", false);
    let apply = |cpu| cluster.apply(&namespace.name, &workload(cpu, "{}"));
    let wait = |limit, patience| {
        let limits = ["--timeout", limit, "--patience", patience];
        start(
            &[&["deploy/web", "--wait"], &limits[..]].concat(),
            user,
            &namespace,
        )
    };
    apply("10m");
    ended(wait("120s", "60s"), 0, "")?;
    apply("5000");
    ended(wait("120s", "1s"), 1, "insufficient-cpu")?;
    ended(wait("5s", "1h"), 3, "0 of 1 pods are available")?;
    let meanwhile = wait("120s", "1h");
    std::thread::sleep(Duration::from_secs(2));
    cluster.admin(&["rollout", "undo", "deploy/web", "-n", &namespace.name]);
    ended(meanwhile, 0, "")
}

/// Whether it ends with this code, having told this.
fn ended(mut running: Running, expected: i32, told: &str) -> Result<(), String> {
    let mut out = String::new();
    let mut stdout = running.0.stdout.take().unwrap();
    stdout.read_to_string(&mut out).unwrap();
    let code = running.0.wait().unwrap().code();
    if code == Some(expected) && out.contains(told) {
        Ok(())
    } else {
        Err(format!("{expected} and {told:?} expected, {code:?}: {out}"))
    }
}

fn exported(cluster: &Cluster, user: &Identity) -> Result<(), String> {
    let Some(check) = std::env::var_os(CHECK).map(PathBuf::from) else {
        say("metrics: not checked by Prometheus' parsers: tests/cluster/test builds them");
        return Ok(());
    };
    let namespace = cluster.namespace("followed-metrics", false);
    let exporter = Exporter::start(&user.kubeconfig(), &["-n", &namespace.name]);
    let series = format!(
        r#"kube_diagnose_stuck_pods{{namespace="{}",owner_kind="Deployment",owner_name="web",cause="insufficient-cpu","#,
        namespace.name
    );
    let tells = |value: &str| {
        within(PATIENCE, || {
            let metrics = exporter.metrics();
            let mut of_series = metrics.lines().filter(|line| line.starts_with(&series));
            of_series.any(|line| line.ends_with(value))
        })
    };
    cluster.apply(&namespace.name, &workload("5000", "{}"));
    if !tells(" 1.0") {
        return Err(format!("{series} is not told: {}", exporter.metrics()));
    }
    let alert = format!(
        r#"alert KubeDiagnosePodsStuck {{namespace="{}", owner_kind="Deployment", owner_name="web"}}"#,
        namespace.name
    );
    checked(&check, &exporter, |said| said == [alert.as_str()])?;
    cluster.apply(&namespace.name, &workload("10m", "{}"));
    if !tells(" 0.0") {
        return Err(format!("{series} stays: {}", exporter.metrics()));
    }
    checked(&check, &exporter, |said| said.is_empty())?;
    let deployment = Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests/export/deployment.yaml");
    let apply = ["apply", "--dry-run=server", "--validate=strict", "-f"];
    let path = deployment.to_string_lossy();
    let answer = cluster.kubectl(&[&apply[..], &[&path]].concat(), None);
    let said = String::from_utf8_lossy(&answer.stderr).into_owned();
    // its namespace is not made by a dry run
    let strange = said
        .lines()
        .filter(|line| !line.contains("namespaces \"kubectl-diagnose\" not found"));
    let strange: Vec<&str> = strange.collect();
    if strange.is_empty() {
        Ok(())
    } else {
        Err(strange.join("\n"))
    }
}

/// Whether Prometheus can read all of it, and would raise these alerts.
fn checked(
    check: &Path,
    exporter: &Exporter,
    is_right: impl FnOnce(&[&str]) -> bool,
) -> Result<(), String> {
    let folder = tempfile::TempDir::new().unwrap();
    let [text, rules] = ["metrics", "rules"].map(|name| folder.path().join(name));
    let metrics = exporter.metrics();
    fs::write(&text, &metrics).unwrap();
    let alerts = include_str!("../../manifests/export/alerts.yaml");
    let alerts: Value = serde_saphyr::from_str(alerts).unwrap();
    fs::write(&rules, alerts["spec"].to_string()).unwrap();
    let output = Command::new(check).args([&text, &rules]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<&str> = said.lines().collect();
    if output.status.success() && is_right(&lines) {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("{said}{errors}of\n{metrics}"))
}
