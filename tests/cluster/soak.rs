//! A watch over minutes in which much changes: everything that broke was told once, with its end, nothing else was, and at the
//! end the watch says what a fresh scan says. `tests/cluster/soak` runs it, and takes the API server away meanwhile.

use super::{suite::say, word};
use crate::BINARY;
use crate::parity::api::Api;
use crate::support::process;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The namespace of a run; pods in it are of simulated nodes.
const NAMESPACE: &str = "soak";
/// Deployments that break and are mended.
const SIGNALS: usize = 12;
/// Pods that change all the time and are well.
const NOISE: usize = 150;
/// So many changes are asked for at once.
const AT_ONCE: usize = 40;
/// When nothing was taken.
const PAUSE: Duration = Duration::from_millis(200);
/// Changes a second that the API server takes.
const RATE: u32 = 200;
/// For how long something is seen broken before it is mended. An API server that was away makes nobody see it: controllers, the
/// scheduler and the watch come back to it after pauses, and what a watch cannot see it cannot tell.
const BROKEN: Duration = Duration::from_secs(20);
/// For how long it is seen well before it is broken again.
const WELL: Duration = Duration::from_secs(15);
/// For how long something that is broken now may need until it is mended, the API server's absence included.
const LASTS: Duration = Duration::from_secs(60);

struct Soak {
    api: Api,
    /// How often each of the pods that are well was made anew. As of a controller none gets a name for the second time.
    remade: [u32; NOISE],
    /// Changes that the API server has taken.
    taken: u32,
    refused: u32,
    /// Since when its pod was seen to wait, without a break.
    broken: BTreeMap<usize, Option<Instant>>,
    /// Since when it was seen to be well.
    well: BTreeMap<usize, Instant>,
    /// How often each was broken.
    breaks: BTreeMap<usize, usize>,
}

#[test]
fn what_is_told_over_minutes_is_what_happened() {
    let Some((seconds, kubeconfig)) = asked_for("SOAK_DIAGNOSE_TEST") else {
        return;
    };
    run(soak(&kubeconfig, Duration::from_secs(seconds)));
}

/// What a watch costs while nothing happens: a figure for the README, which no test holds.
#[test]
fn a_quiet_cluster_costs_next_to_nothing() {
    let Some((pods, kubeconfig)) = asked_for("IDLE_DIAGNOSE_TEST") else {
        return;
    };
    run(idle(&kubeconfig, usize::try_from(pods).unwrap()));
}

/// A number, where it is set, and the cluster.
fn asked_for(variable: &str) -> Option<(u64, PathBuf)> {
    let number = std::env::var(variable).ok()?.parse().ok()?;
    let kubeconfig = std::env::var_os("KUBECONFIG_DIAGNOSE_TEST")?;
    Some((number, kubeconfig.into()))
}

fn run(work: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(work);
}

fn namespace() -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
}

/// The cluster with the namespace made anew, when what another run left in it is gone.
async fn empty(kubeconfig: &Path) -> Api {
    let api = Api::connect(kubeconfig).await;
    let _ = api.delete(&namespace()).await;
    let begun = Instant::now();
    while let Err(refused) = api.create(&namespace()).await {
        assert!(begun.elapsed() < Duration::from_secs(300), "{refused}");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    // its ServiceAccount
    tokio::time::sleep(Duration::from_secs(2)).await;
    api
}

async fn idle(kubeconfig: &Path, pods: usize) {
    const WATCHED: u64 = 180;
    let api = empty(kubeconfig).await;
    let all: Vec<Value> = (0..pods).map(|at| noise(at, 0)).collect();
    for some in all.chunks(100) {
        for made in api.create_all(some).await {
            made.unwrap();
        }
    }
    // until the nodes have said that all of them run
    tokio::time::sleep(Duration::from_secs(60)).await;
    let told = tempfile::NamedTempFile::new().unwrap();
    let watch = follow(kubeconfig, told.reopen().unwrap());
    tokio::time::sleep(Duration::from_secs(20)).await;
    let before = processor_seconds(&watch);
    tokio::time::sleep(Duration::from_secs(WATCHED)).await;
    let spent = processor_seconds(&watch) - before;
    let resident = resident(&watch);
    end(watch);
    say(&format!(
        "idle: {pods} pods, {spent:.2} s of processor time in {WATCHED} s ({:.2} % of a core), {resident} KiB resident",
        spent / WATCHED as f64 * 100.0
    ));
    let _ = api.delete(&namespace()).await;
}

async fn soak(kubeconfig: &Path, lasts: Duration) {
    let api = empty(kubeconfig).await;
    let objects: Vec<Value> = (0..SIGNALS)
        .map(signal)
        .chain((0..NOISE).map(|place| noise(place, 0)))
        .collect();
    for made in api.create_all(&objects).await {
        made.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    let told = tempfile::NamedTempFile::new().unwrap();
    let watch = follow(kubeconfig, told.reopen().unwrap());
    let mut soak = Soak {
        api,
        remade: [0; NOISE],
        taken: 0,
        refused: 0,
        broken: BTreeMap::new(),
        well: BTreeMap::new(),
        breaks: BTreeMap::new(),
    };
    let mut memory = Vec::new();
    let begun = Instant::now();
    let mut turn = 0_usize;
    while begun.elapsed() < lasts {
        // what breaks last is broken for long enough to be told
        let may_break = begun.elapsed() + LASTS < lasts;
        soak.turn(turn, may_break).await;
        turn += 1;
        if turn.is_multiple_of(20) {
            memory.push((begun.elapsed().as_secs(), resident(&watch)));
        }
        let due = Duration::from_secs(1).mul_f64(f64::from(soak.taken) / f64::from(RATE));
        tokio::time::sleep(due.saturating_sub(begun.elapsed())).await;
    }
    let changed = begun.elapsed();
    while !soak.broken.is_empty() {
        soak.mend().await;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    tokio::time::sleep(Duration::from_secs(25)).await;
    let scan = scan(kubeconfig);
    let cpu = processor_seconds(&watch);
    end(watch);
    let lines = fs::read_to_string(told.path()).unwrap();
    soak.compare(&lines, &scan);
    let after = |from: u64| {
        memory
            .iter()
            .filter(move |(at, _)| *at >= from)
            .map(|(_, kib)| *kib)
    };
    say(&format!(
        "soak: {} changes in {} s ({:.0} a second; {} more were refused while the API server was away), {} breaks told with their ends; the watch took {cpu:.1} s of processor time; resident {} to {} KiB after the first minute",
        soak.taken,
        changed.as_secs(),
        f64::from(soak.taken) / changed.as_secs_f64(),
        soak.refused,
        soak.breaks.values().sum::<usize>(),
        after(60).min().unwrap_or_default(),
        after(60).max().unwrap_or_default(),
    ));
    let _ = soak.api.delete(&namespace()).await;
    let (least, most) = (after(60).min(), after(60).max());
    // a run of less than a minute has no sample
    let is_short = changed.as_secs() <= 60;
    let is_flat = least
        .zip(most)
        .map_or(is_short, |(least, most)| most * 10 <= least * 11);
    assert!(is_flat, "memory grows: {memory:?}");
}

impl Soak {
    async fn turn(&mut self, turn: usize, may_break: bool) {
        let before = self.taken;
        let mut running = Vec::new();
        for at in 0..AT_ONCE {
            let place = (turn * 7 + at * 13) % NOISE;
            let pod = noise(place, self.remade[place]);
            let api = self.api.clone();
            running.push(async move {
                let path = crate::parity::api::path(&pod);
                if at % 10 == 9 {
                    return (Some(place), api.delete(&pod).await);
                }
                let patch = json!({"metadata": {"annotations": {"turn": turn.to_string()}}});
                let done = match api.merge(&path, &patch).await {
                    Err(gone) if gone.contains("not found") => api.create(&pod).await,
                    done => done,
                };
                (None, done)
            });
        }
        for (deleted, outcome) in futures_util::future::join_all(running).await {
            if let Some(place) = deleted.filter(|_| outcome.is_ok()) {
                self.remade[place] += 1;
            }
            self.count(outcome.is_ok());
        }
        if self.taken == before {
            tokio::time::sleep(PAUSE).await;
        }
        if turn % 10 == 5 {
            self.mend().await;
        }
        let next = (turn / 10) % SIGNALS;
        if turn.is_multiple_of(10) && !self.broken.contains_key(&next) {
            let is_well = self.is_well(next).await;
            let may_break = may_break && is_well && self.broken.len() < SIGNALS / 3;
            if may_break && self.ask(next, "1000").await {
                self.well.remove(&next);
                self.broken.insert(next, None);
                *self.breaks.entry(next).or_default() += 1;
            }
        }
    }

    /// Mends what has been seen broken for long enough.
    async fn mend(&mut self) {
        let path = format!("/api/v1/namespaces/{NAMESPACE}/pods?labelSelector=app!%3Dnoise");
        let pods = self.api.get(&path).await.unwrap_or_default();
        let pods = pods["items"].as_array().cloned().unwrap_or_default();
        let waits = |app: &str| {
            pods.iter().any(|pod| {
                let mut conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
                pod["metadata"]["labels"]["app"] == app
                    && conditions.any(|one| one["reason"] == "Unschedulable")
            })
        };
        let broken: Vec<(usize, Option<Instant>)> = self
            .broken
            .iter()
            .map(|(at, since)| (*at, *since))
            .collect();
        for (at, since) in broken {
            let since = waits(&format!("signal-{at}")).then(|| since.unwrap_or_else(Instant::now));
            let is_due = since.is_some_and(|since| since.elapsed() > BROKEN);
            if is_due && self.ask(at, "10m").await {
                self.broken.remove(&at);
            } else {
                self.broken.insert(at, since);
            }
        }
    }

    /// Whether it has been well for long enough.
    async fn is_well(&mut self, at: usize) -> bool {
        let found = self.api.get(&crate::parity::api::path(&signal(at))).await;
        let is_up = found.is_ok_and(|found| {
            let status = &found["status"];
            status["readyReplicas"] == 1
                && status["updatedReplicas"] == 1
                && status["observedGeneration"] == found["metadata"]["generation"]
        });
        if !is_up {
            self.well.remove(&at);
            return false;
        }
        self.well.entry(at).or_insert_with(Instant::now).elapsed() > WELL
    }

    fn count(&mut self, is_done: bool) {
        self.taken += u32::from(is_done);
        self.refused += u32::from(!is_done);
    }

    async fn ask(&mut self, at: usize, cpu: &str) -> bool {
        let patch = json!([{"op": "replace", "path": "/spec/template/spec/containers/0/resources/requests/cpu", "value": cpu}]);
        let done = self
            .api
            .patch(&crate::parity::api::path(&signal(at)), &patch)
            .await
            .is_ok();
        self.count(done);
        done
    }

    fn compare(&self, lines: &str, scan: &Value) {
        let events: Vec<Value> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let mut stuck: BTreeSet<String> = BTreeSet::new();
        let mut told: BTreeMap<String, usize> = BTreeMap::new();
        for event in &events {
            let name = word(&event["subject"], "name").to_owned();
            let fingerprint = word(event, "fingerprint").to_owned();
            match word(event, "transition") {
                "stuck" | "new" => {
                    assert!(name.starts_with("signal-"), "invented: {event}");
                    assert_eq!(word(event, "cause"), "insufficient-cpu", "{event}");
                    *told.entry(name).or_default() += 1;
                    assert!(stuck.insert(fingerprint), "told twice: {event}");
                }
                "solved" => assert!(
                    stuck.remove(&fingerprint),
                    "solved without being stuck: {event}"
                ),
                "changed" => panic!("{event}"),
                _ => {}
            }
        }
        let now: BTreeSet<String> = scan["diagnoses"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| word(one, "fingerprint").to_owned())
            .collect();
        assert_eq!(stuck, now, "a fresh scan says something else");
        for (at, breaks) in &self.breaks {
            let told = told
                .get(&format!("signal-{at}"))
                .copied()
                .unwrap_or_default();
            assert_eq!(told, *breaks, "signal-{at}: so often broken");
        }
    }
}

fn signal(at: usize) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"namespace": NAMESPACE, "name": format!("signal-{at}")},
        "spec": {
            "replicas": 1, "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": {"app": format!("signal-{at}")}},
            "template": {
                "metadata": {"labels": {"app": format!("signal-{at}")}},
                "spec": {
                    "terminationGracePeriodSeconds": 0,
                    // worker-1 has a kubelet, which would look for the image
                    "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                        {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "NotIn", "values": ["worker-1"]}]},
                    ]}}},
                    "containers": [{"name": "app", "image": "web:1", "resources": {"requests": {"cpu": "10m"}}}],
                },
            },
        },
    })
}

fn noise(at: usize, remade: u32) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": NAMESPACE, "name": format!("noise-{at}-{remade}"), "labels": {"app": "noise"}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "nodeName": format!("worker-{}", 2 + at % 3),
            "tolerations": [{"operator": "Exists"}],
            "containers": [{"name": "app", "image": "noise:1", "resources": {"requests": {"cpu": "1m"}}}],
        },
    })
}

/// That of the tests, or the one that people install.
fn binary() -> PathBuf {
    let named = std::env::var_os("BINARY_DIAGNOSE_TEST").map(PathBuf::from);
    named.unwrap_or_else(|| BINARY.into())
}

fn follow(kubeconfig: &Path, told: File) -> Child {
    Command::new(binary())
        .args(["-n", NAMESPACE, "-w", "-o", "jsonl", "--kubeconfig"])
        .arg(kubeconfig)
        .stdout(Stdio::from(told))
        .spawn()
        .unwrap()
}

fn end(mut watch: Child) {
    let ended = watch.try_wait().unwrap();
    assert!(ended.is_none(), "the watch has ended by itself: {ended:?}");
    watch.kill().unwrap();
    watch.wait().unwrap();
}

fn scan(kubeconfig: &Path) -> Value {
    let mut command = Command::new(binary());
    command
        .args(["-n", NAMESPACE, "-o", "json", "--kubeconfig"])
        .arg(kubeconfig);
    serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
}

/// KiB that it has in memory.
fn resident(child: &Child) -> u64 {
    process::memory(&child.id().to_string()).unwrap_or_default() / 1024
}

/// User and system time.
fn processor_seconds(child: &Child) -> f64 {
    process::processor(&child.id().to_string()).unwrap_or_default()
}
