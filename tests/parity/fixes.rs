//! Makes the fixes that are called verified on the real cluster, and sees whether the scheduler takes the pod then.
//!
//! A fix is made as its reader would make it: by its command, or every other time by its JSON patch where it has one;
//! both have to make the same of an object. What it
//! changes in a template comes to the pod as a controller would bring it, by a new pod of the template; no controller runs.

use super::api::{Api, name, path};
use super::bed;
use super::generator::{PROBE, World};
use super::run::{keep, say};
use super::verdicts::{self, Outcome, Verdict, said};
use crate::support::{Action, Engine, PodView, Remedy};
use serde_json::{Value, json};
use std::path::Path;
use tokio::process::Command;

/// The most fixes that are tried on one cluster.
const PER_CLUSTER: usize = 24;

/// What came of the fixes.
#[derive(Debug, Default)]
pub(crate) struct Fixes {
    pub(crate) tried: usize,
    pub(crate) by_patch: usize,
    /// Those that helped only when they were made once more.
    pub(crate) raced: usize,
    /// Those after which the pod was not bound, or to a node that was not named.
    pub(crate) failed: Vec<String>,
}

/// Tries fixes for refused probes.
pub(crate) async fn try_some(
    api: &Api,
    kubeconfig: &Path,
    base: &[Value],
    world: &World,
    verdicts: &[Verdict],
    engine: &Engine<'_>,
    fixes: &mut Fixes,
) {
    let refused = verdicts
        .iter()
        .filter(|verdict| verdict.outcome == Outcome::Refused);
    let all = refused.flat_map(|verdict| offered(verdict, engine).map(move |fix| (verdict, fix)));
    for (verdict, fix) in all.take(PER_CLUSTER) {
        let is_it = |probe: &&Value| name(probe) == name(&verdict.pod);
        let probe = world
            .probes
            .iter()
            .find(is_it)
            .expect("it is a probe of this cluster");
        fixes.tried += 1;
        let by_patch = !fix.patch.is_empty() && fixes.tried.is_multiple_of(2);
        fixes.by_patch += usize::from(by_patch);
        let attempt = Attempt {
            api,
            kubeconfig,
            base,
            probe,
            fix: &fix,
            by_patch,
        };
        let Err(first) = attempt.run().await else {
            continue;
        };
        let words = format!("seed {} {}: {}", world.seed, name(probe), fix.command);
        // the scheduler hears of nodes and pods on channels of their own, and looks at a pod again when it thinks best
        let Err(why) = attempt.run().await else {
            fixes.raced += 1;
            say(&format!("{words}\n    at first: {first}"));
            continue;
        };
        let file = keep(world.seed, base, verdict);
        let words = format!("{words}\n    {why}\n    {}", file.display());
        say(&words);
        fixes.failed.push(words);
    }
}

/// The fixes that can be made as they stand.
fn offered<'a>(
    verdict: &Verdict,
    engine: &'a Engine<'_>,
) -> impl Iterator<Item = Remedy> + use<'a> {
    let pod = &verdict.pod["metadata"];
    let is_it =
        |stuck: &&PodView| pod["name"] == stuck.name() && pod["namespace"] == stuck.namespace();
    let stuck = engine.snapshot().whole_pods().find(is_it);
    let remedies = stuck.map(|stuck| engine.remedies(stuck));
    let fixes: Vec<Remedy> = remedies
        .iter()
        .flat_map(|all| all.iter())
        .cloned()
        .collect();
    fixes
        .into_iter()
        .filter(|fix| fix.verified.is_some() && !fix.command.is_empty())
}

struct Attempt<'a> {
    api: &'a Api,
    kubeconfig: &'a Path,
    base: &'a [Value],
    probe: &'a Value,
    fix: &'a Remedy,
    by_patch: bool,
}

impl Attempt<'_> {
    async fn run(&self) -> Result<(), String> {
        let owner = self.probe["metadata"]["ownerReferences"][0]["kind"].as_str();
        let outcome = match owner {
            None => self.on_the_pod().await,
            Some(_) => self.on_a_template().await,
        };
        self.undo().await;
        if matches!(outcome, Ok((_, Outcome::Waiting(_)))) {
            bed::restore(self.api, self.base).await;
        }
        let nodes = self.fix.verified.as_deref().unwrap_or_default();
        let (pod, outcome) = outcome?;
        match outcome {
            Outcome::Refused => Err(format!(
                "it is still refused, not on {}: {}",
                nodes.join(", "),
                said(&pod)
            )),
            Outcome::Bound(node) | Outcome::Waiting(node)
                if nodes.iter().any(|one| **one == *node) =>
            {
                Ok(())
            }
            Outcome::Bound(node) | Outcome::Waiting(node) => Err(format!(
                "it is on {node}, which is none of {}",
                nodes.join(", ")
            )),
        }
    }

    /// A pod without an owner is changed where it is, and the scheduler looks at it again.
    async fn on_the_pod(&self) -> Result<(Value, Outcome), String> {
        self.api.create(self.probe).await?;
        verdicts::wait(self.api, self.probe, |_| true).await;
        let applied = self.apply().await;
        let seen = verdicts::wait(self.api, self.probe, |o| *o != Outcome::Refused).await;
        self.api.delete(self.probe).await?;
        applied.map(|()| seen)
    }

    async fn on_a_template(&self) -> Result<(Value, Outcome), String> {
        let workload = workload(self.probe);
        self.api.create(&workload).await?;
        let applied = self.apply().await;
        let changed = self.api.get(&path(&workload)).await?;
        self.api.delete(&workload).await?;
        applied?;
        let mut pod = self.probe.clone();
        pod["spec"] = changed["spec"]["template"]["spec"].clone();
        self.api.create(&pod).await?;
        // of a changed node the scheduler may hear later than of the pod
        let seen = verdicts::wait(self.api, &pod, |o| *o != Outcome::Refused).await;
        self.api.delete(&pod).await?;
        Ok(seen)
    }

    async fn apply(&self) -> Result<(), String> {
        let target = self.fix.target.as_ref().ok_or("it has no target")?;
        let target = path(&json!({
            "kind": target.kind,
            "metadata": {"namespace": target.namespace, "name": target.name},
        }));
        let patch = Value::Array(self.fix.patch.clone());
        if self.by_patch {
            return self.api.patch(&target, &patch).await.map(|_| ());
        }
        let mut by_patch = None;
        if !self.fix.patch.is_empty() {
            let dry_run = format!("{target}?dryRun=All");
            by_patch = Some(self.api.patch(&dry_run, &patch).await?);
        }
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &self.fix.command])
            .env("KUBECONFIG", self.kubeconfig);
        let output = shell.output().await.map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let Some(by_patch) = by_patch else {
            return Ok(());
        };
        let mut made = self.api.get(&target).await?["spec"].clone();
        // a pod may be bound by now
        if let Some(spec) = made.as_object_mut() {
            spec.remove("nodeName");
        }
        (made == by_patch["spec"])
            .then_some(())
            .ok_or_else(|| format!("by its patch it is {}, not {made}", by_patch["spec"]))
    }

    /// Puts back every node that is not what it was.
    async fn undo(&self) {
        let Action::Change(changes) = &self.fix.action else {
            return;
        };
        if changes.iter().all(|change| change.node().is_none()) {
            return;
        }
        for node in self.api.list("Node", "").await {
            let original = self
                .base
                .iter()
                .find(|other| other["kind"] == "Node" && name(other) == name(&node));
            let original = original.expect("no node has come");
            let same = |part: fn(&Value) -> &Value| part(&node) == part(original);
            if !same(|node| &node["spec"]) || !same(|node| &node["metadata"]["labels"]) {
                self.api
                    .replace(original)
                    .await
                    .expect("a node can be written");
            }
        }
    }
}

/// The workload that made the probe, by what the probe says.
fn workload(probe: &Value) -> Value {
    let meta = &probe["metadata"];
    let owner = &meta["ownerReferences"][0];
    let mut labels = meta["labels"].clone();
    let hash = labels
        .as_object_mut()
        .and_then(|labels| labels.remove("pod-template-hash"));
    let kind = if hash.is_some() {
        json!("Deployment")
    } else {
        owner["kind"].clone()
    };
    let mut workload = json!({
        "apiVersion": "apps/v1", "kind": kind,
        "metadata": {"namespace": meta["namespace"], "name": meta["name"]},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {PROBE: "probe"}},
            "template": {"metadata": {"labels": labels}, "spec": probe["spec"]},
        },
    });
    if kind == "StatefulSet" {
        workload["spec"]["serviceName"] = json!("none");
    }
    workload
}
