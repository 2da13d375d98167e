//! The cluster that the tests run on, and the binary as its users run it: through kubectl.

use serde_json::Value;
use std::env;
use std::fs;
use std::io::{Write, stderr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Once;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Names the kubeconfig of a cluster that tests may fill and empty; plain `cargo test` needs none.
const KUBECONFIG: &str = "KUBECONFIG_DIAGNOSE_TEST";
/// Names the API server's audit log of that cluster, where it can be read.
const AUDIT_LOG: &str = "AUDIT_LOG_DIAGNOSE_TEST";
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

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = self
            .cluster
            .kubectl(&["delete", "namespace", "--wait=false", &self.name], None);
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
        };
        let real = cluster.admin(&[
            "get",
            "nodes",
            "-l",
            "test.kubectl-diagnose/node=real",
            "-o",
            "name",
        ]);
        cluster.steered = !real.is_empty();
        Some(cluster)
    }

    /// The audit log, when it can be read.
    pub(crate) fn audit_log(&self) -> Option<&Path> {
        self.audit_log.as_deref()
    }

    /// The administrator's kubeconfig.
    pub(crate) fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
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
        let name = self.name(name);
        self.admin(&["create", "namespace", &name]);
        let namespace = Namespace {
            cluster: self.clone(),
            name,
        };
        if kubelet && self.steered {
            let steer =
                "scheduler.alpha.kubernetes.io/node-selector=test.kubectl-diagnose/node=real";
            self.admin(&["annotate", "namespace", &namespace.name, steer]);
        }
        // the API server refuses pods until the namespace has its ServiceAccount
        let account = ["get", "serviceaccount", "default", "-n", &namespace.name];
        until(
            "the default ServiceAccount",
            Duration::from_secs(30),
            || self.kubectl(&account, None).status.success(),
        );
        namespace
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

    /// Runs kubectl as administrator.
    pub(crate) fn kubectl(&self, arguments: &[&str], input: Option<&str>) -> Output {
        run(kubectl(&self.kubeconfig).args(arguments), input)
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
        sleep(Duration::from_millis(400));
    }
}

/// The manifests of a folder of the checkout, by name, as far as they are wanted.
pub(crate) fn manifests(folder: &str) -> Vec<(String, String)> {
    let only = env::var(ONLY).unwrap_or_default();
    let only: Vec<&str> = only.split_whitespace().collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found: Vec<(String, String)> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .map(|path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let text = fs::read_to_string(&path).expect("a manifest is readable");
            (name.into_owned(), text)
        })
        .filter(|(name, _)| only.is_empty() || only.contains(&name.as_str()))
        .collect();
    found.sort();
    found
}
