//! Pods that do a node's own work (its network, its storage drivers) and are not well: the first link of what keeps others there
//! from being created.
//!
//! They are known by what they mount of the node, and only those that are not plainly healthy are kept whole: that there is none
//! here does not say that all are well.

use crate::kubernetes::text::one_line;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, NextCommand, Who};
use crate::rules::shared::template::role_word;
use crate::snapshot::{ContainerView, Evidence, PodView, Role, Store};
use crate::text::say;
use crate::triage::{Layer, Subject};

/// A pod of a DaemonSet, or of the node itself, that is not well.
pub(in crate::rules) struct Agent<'a> {
    pod: &'a PodView,
}

/// The first on the pod's node that is such a one and not ready.
pub(in crate::rules) fn sick<'a>(
    case: &Case<'a>,
    is_it: impl Fn(&PodView) -> bool,
) -> Option<Agent<'a>> {
    let node = case.pod().node()?;
    let of_node = |pod: &&PodView| {
        let owner = pod.controller().map(|(kind, _)| kind);
        matches!(owner, Some("DaemonSet" | "Node"))
            && pod.name() != case.pod().name()
            && !pod.is_plainly_healthy()
            && is_it(pod)
    };
    let pod = case.snapshot.store().whole_pods_on(node).find(of_node)?;
    Some(Agent { pod })
}

/// Whether it mounts a path of the node of which this holds.
pub(in crate::rules) fn mounts(pod: &PodView, is_it: impl Fn(&str) -> bool) -> bool {
    let mut volumes = pod.spec().volumes.iter().flatten();
    volumes.any(|volume| {
        let path = volume.host_path.as_ref().map(|path| path.path.as_str());
        path.is_some_and(&is_it)
    })
}

impl Agent<'_> {
    /// The container that is not up, init containers first.
    fn container(&self) -> Option<ContainerView<'_>> {
        let mut containers = self.pod.containers();
        containers.find(|one| match one.role {
            Role::Init => one.terminated().is_none_or(|end| end.exit_code != 0),
            Role::Main | Role::Sidecar => !one.status.ready,
        })
    }

    fn quote(&self, case: &Case<'_>) -> Option<Evidence> {
        let container = self.container()?;
        let path = container.path();
        let object = self.pod.object();
        if let Some((place, end)) = container.last_end() {
            let mut quote = format!("exitCode {}", end.exit_code);
            let said = [("reason", &end.reason), ("message", &end.message)];
            for (name, said) in said {
                if let Some(said) = said.as_deref().filter(|said| !said.is_empty()) {
                    quote.push_str(&format!(", {name} {}", one_line(said)));
                }
            }
            return Some(case.field_of(object, format!("{path}.{place}"), quote));
        }
        let waiting = container.waiting()?;
        let said = waiting.message.as_deref().or(waiting.reason.as_deref())?;
        Some(case.field_of(object, format!("{path}.state.waiting"), said))
    }

    /// The finding with this pod as its first link.
    pub(in crate::rules) fn told(&self, case: &Case<'_>, finding: Finding) -> Finding {
        let object = self.pod.object();
        let name = object.argument();
        let container = self.container();
        let crashed = container.filter(|one| one.last_end().is_some());
        let inspect: NextCommand = match crashed {
            Some(container) => object
                .kubectl(["logs", &name, "-c", container.name(), "--previous"])
                .into(),
            None => self.pod.inspect(Layer::Image),
        };
        finding
            .fact("agent", self.pod.name())
            .fact("agentNamespace", self.pod.namespace())
            .fact("agentStatus", status_word(self.pod, case.snapshot))
            .fact_if("agentContainer", container.map(|one| one.name()))
            .fact_if("agentRole", container.map(|one| role_word(one.role)))
            .evidence(self.quote(case))
            .inspect(inspect)
            .fix([Fix::advice(
                say!(
                    "node-agent.mend",
                    "mend pod {agent} in namespace {agentNamespace} first[: {agentRole} {agentContainer}]; the others then start by themselves"
                ),
                Who::Admin,
            )])
    }
}

/// kubectl's STATUS, or that it is not ready where that does not show.
fn status_word(pod: &PodView, store: &Store) -> String {
    let word = Subject::status(&pod, store);
    if word == "Running" {
        "NotReady".to_owned()
    } else {
        word
    }
}
