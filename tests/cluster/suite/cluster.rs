//! The cluster that the tests run on, and the binary as its users run it: through kubectl.

use serde_json::{Value, json};
use std::env;
use std::fs;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Names the kubeconfig of a cluster that tests may fill and empty; plain `cargo test` needs none.
const KUBECONFIG: &str = "KUBECONFIG_DIAGNOSE_TEST";
/// Names the API server's audit log of that cluster, where it can be read.
const AUDIT_LOG: &str = "AUDIT_LOG_DIAGNOSE_TEST";
/// Says that the nodes reach no registry, and have the images that the tests run.
const OFFLINE: &str = "OFFLINE_DIAGNOSE_TEST";
/// Only manifests of these names, separated by blanks.
const ONLY: &str = "MANIFESTS_DIAGNOSE_TEST";

/// A cluster with an administrator's rights.
#[derive(Clone)]
pub(crate) struct Cluster {
    kubeconfig: PathBuf,
    audit_log: Option<PathBuf>,
    /// What the name of everything made by this run ends in.
    run: String,
    /// Whether one node among fake ones has a kubelet; pods that need one are steered there.
    steered: bool,
    prepared: bool,
    offline: bool,
    _suite: Arc<Suite>,
}

/// How many suites run on the cluster.
static SUITES: AtomicUsize = AtomicUsize::new(0);

/// One of them, until it ends.
struct Suite;

impl Suite {
    fn begin() -> Arc<Suite> {
        SUITES.fetch_add(1, Ordering::Relaxed);
        Arc::new(Suite)
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        SUITES.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What the tool said.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    /// The report of `-o json`.
    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("no report: {error}\n{}{}", self.out, self.err))
    }
}

/// A namespace that goes when the test ends.
pub(crate) struct Namespace {
    cluster: Cluster,
    pub(crate) name: String,
}

impl Namespace {
    /// Gives its room on the nodes back before the others end.
    pub(crate) fn leave(&self) {
        let arguments = [
            "delete",
            "namespace",
            "--ignore-not-found",
            "--wait=false",
            &self.name,
        ];
        let _ = self.cluster.kubectl(&arguments, None);
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Cluster {
    /// The cluster of this run; without one, says once that these tests are skipped.
    pub(crate) fn of_environment() -> Option<Cluster> {
        static SKIPPED: Once = Once::new();
        let Some(kubeconfig) = env::var_os(KUBECONFIG).filter(|path| !path.is_empty()) else {
            SKIPPED.call_once(|| {
                say(&format!(
                    "skipped: no cluster ({KUBECONFIG} names none; tests/cluster/test brings one up)"
                ));
            });
            return None;
        };
        let mut cluster = Cluster {
            kubeconfig: kubeconfig.into(),
            audit_log: env::var_os(AUDIT_LOG)
                .filter(|path| !path.is_empty())
                .map(PathBuf::from),
            run: std::process::id().to_string(),
            steered: false,
            prepared: false,
            offline: env::var_os(OFFLINE).is_some_and(|value| !value.is_empty()),
            _suite: Suite::begin(),
        };
        let labelled = |label| {
            !cluster
                .admin(&["get", "nodes", "-l", label, "-o", "name"])
                .is_empty()
        };
        let (steered, prepared) = (
            labelled("test.kubectl-diagnose/node=real"),
            labelled("test.kubectl-diagnose/node=lost"),
        );
        cluster.steered = steered;
        cluster.prepared = prepared;
        Some(cluster)
    }

    /// Whether every other suite has ended.
    pub(crate) fn is_alone(&self) -> bool {
        SUITES.load(Ordering::Relaxed) == 1
    }

    /// The audit log, when it can be read.
    pub(crate) fn audit_log(&self) -> Option<&Path> {
        self.audit_log.as_deref()
    }

    /// Whether the nodes are those of tests/cluster/nodes/pool.yaml.
    pub(crate) fn prepared(&self) -> bool {
        self.prepared
    }

    /// Whether a node starts containers: not where `up` ran without root, and all nodes are fake.
    pub(crate) fn has_kubelet(&self) -> bool {
        self.steered || !self.prepared
    }

    /// Whether no node reaches a registry.
    pub(crate) fn offline(&self) -> bool {
        self.offline
    }

    /// Whether one node among fake ones has a kubelet, with registries of its own.
    pub(crate) fn steered(&self) -> bool {
        self.steered
    }

    /// Like `v1.37.2`.
    pub(crate) fn version(&self) -> String {
        let version: Value =
            serde_json::from_str(&self.admin(&["version", "-o", "json"])).unwrap_or_default();
        version["serverVersion"]["gitVersion"]
            .as_str()
            .unwrap_or("an unknown version")
            .to_owned()
    }

    /// A name of this run.
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{name}-{}", self.run)
    }

    /// Makes a namespace. Where there are fake nodes, `kubelet` brings its pods to the real one.
    pub(crate) fn namespace(&self, name: &str, kubelet: bool) -> Namespace {
        let mut made = self.namespaces(&[(name, kubelet)]);
        made.remove(0)
    }

    /// Makes namespaces, all at once.
    pub(crate) fn namespaces(&self, wanted: &[(&str, bool)]) -> Vec<Namespace> {
        const STEER: &str = "scheduler.alpha.kubernetes.io/node-selector";
        if wanted.is_empty() {
            return Vec::new();
        }
        let mut manifest = String::new();
        let mut made = Vec::new();
        for (name, kubelet) in wanted {
            let name = self.name(name);
            let mut object =
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            if *kubelet && self.steered {
                object["metadata"]["annotations"] =
                    json!({STEER: "test.kubectl-diagnose/node=real"});
            }
            manifest += &object.to_string();
            made.push(Namespace {
                cluster: self.clone(),
                name,
            });
        }
        self.apply("default", &manifest);
        // the API server refuses pods until their namespace has its ServiceAccount
        until(
            "the default ServiceAccount",
            Duration::from_secs(30),
            || {
                let there = self.admin(&[
                    "get",
                    "serviceaccounts",
                    "-A",
                    "-o",
                    "jsonpath={.items[*].metadata.namespace}",
                ]);
                let there: Vec<&str> = there.split_whitespace().collect();
                made.iter()
                    .all(|namespace| there.contains(&namespace.name.as_str()))
            },
        );
        made
    }

    /// Applies a manifest in a namespace.
    pub(crate) fn apply(&self, namespace: &str, manifest: &str) {
        let done = self.kubectl(&["apply", "-n", namespace, "-f", "-"], Some(manifest));
        assert!(done.status.success(), "{namespace}: {}", text(&done.stderr));
    }

    /// Runs kubectl as administrator; it has to succeed.
    pub(crate) fn admin(&self, arguments: &[&str]) -> String {
        let done = self.kubectl(arguments, None);
        assert!(
            done.status.success(),
            "kubectl {}: {}",
            arguments.join(" "),
            text(&done.stderr)
        );
        text(&done.stdout)
    }

    /// Reads JSON as administrator.
    pub(crate) fn get(&self, arguments: &[&str]) -> Value {
        let arguments = [&["get", "-o", "json"], arguments].concat();
        serde_json::from_str(&self.admin(&arguments)).expect("kubectl prints JSON")
    }

    /// Runs a line of shell as administrator.
    pub(crate) fn step(&self, line: &str) -> Result<(), String> {
        let mut shell = Command::new("sh");
        shell.env("KUBECONFIG", &self.kubeconfig).args(["-c", line]);
        let done = run(&mut shell, None);
        if done.status.success() {
            Ok(())
        } else {
            Err(format!("`{line}`: {}", text(&done.stderr)))
        }
    }

    /// What the API server's certificate is signed with, in base64.
    pub(crate) fn certificate_authority(&self) -> String {
        self.kubeconfig_as("jsonpath={.clusters[0].cluster.certificate-authority-data}")
    }

    /// The administrator's kubeconfig in a form of kubectl's output, complete in itself.
    pub(crate) fn kubeconfig_as(&self, form: &str) -> String {
        let view = [
            "config",
            "view",
            "--raw",
            "--minify",
            "--flatten",
            "-o",
            form,
        ];
        self.admin(&view)
    }

    /// Whether an API like `resource.k8s.io/v1` is served.
    pub(crate) fn serves(&self, api: &str) -> bool {
        let path = format!("/apis/{api}");
        self.kubectl(&["get", "--raw", &path], None)
            .status
            .success()
    }

    /// Runs kubectl as administrator.
    pub(crate) fn kubectl(&self, arguments: &[&str], input: Option<&str>) -> Output {
        run(kubectl(&self.kubeconfig).args(arguments), input)
    }

    /// Runs a command as a person would paste it; whether it succeeds.
    pub(crate) fn shell(&self, line: &str) -> bool {
        let mut shell = Command::new("sh");
        shell
            .args(["-ec", line])
            .env("KUBECONFIG", &self.kubeconfig);
        !line.is_empty() && run(&mut shell, None).status.success()
    }

    /// Runs `kubectl diagnose`: kubectl finds the binary of this build on PATH, as its users' kubectl does.
    pub(crate) fn diagnose(&self, kubeconfig: &Path, arguments: &[&str]) -> Answer {
        let binary = Path::new(env!("CARGO_BIN_EXE_kubectl-diagnose"));
        let folder = binary.parent().expect("the binary lies in a folder");
        let path = env::var("PATH").unwrap_or_default();
        let mut command = kubectl(kubeconfig);
        command
            .env("PATH", format!("{}:{path}", folder.display()))
            .arg("diagnose")
            .args(arguments);
        let done = run(&mut command, None);
        Answer {
            code: done.status.code().unwrap_or(-1),
            out: text(&done.stdout),
            err: text(&done.stderr),
        }
    }
}

fn kubectl(kubeconfig: &Path) -> Command {
    let mut command = Command::new("kubectl");
    command.env("KUBECONFIG", kubeconfig);
    command
}

fn run(command: &mut Command, input: Option<&str>) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kubectl is on PATH");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin
        .write_all(input.unwrap_or_default().as_bytes())
        .unwrap_or_default();
    drop(stdin);
    child.wait_with_output().expect("kubectl ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Says what ran. `println!` would be held back by the test harness.
pub(crate) fn say(line: &str) {
    let _ = writeln!(stderr(), "cluster: {line}");
}

/// Waits for a condition, looking again and again.
pub(crate) fn until(what: &str, patience: Duration, condition: impl FnMut() -> bool) {
    assert!(
        within(patience, condition),
        "{what} did not come within {patience:?}"
    );
}

/// Whether a condition comes to hold in time.
pub(crate) fn within(patience: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if condition() {
            return true;
        }
        if begun.elapsed() > patience {
            return false;
        }
        sleep(Duration::from_secs(1));
    }
}

/// The manifests of a folder of the checkout, by name, as far as they are wanted.
pub(crate) fn manifests(folder: &str) -> Vec<(String, String)> {
    let only = env::var(ONLY).unwrap_or_default();
    let only: Vec<&str> = only.split_whitespace().collect();
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let text = fs::read_to_string(&path).expect("a manifest is readable");
        (name.into_owned(), text)
    };
    entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .map(read)
        .filter(|(name, _)| only.is_empty() || only.contains(&name.as_str()))
        .collect()
}

/// The folders in a folder of the checkout, by name.
pub(crate) fn folders(folder: &str) -> Vec<String> {
    entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
        .iter()
        .filter_map(|path| path.file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
