//! What keeps a namespace that was deleted, and what would let it go.

use super::finalizers::{domains, of_dependents};
use super::namespace_stuck::NamespaceCase;
use crate::kubernetes::shell;
use crate::messages::namespace::{
    CONTENT, Counted, DELETION, DISCOVERY, FINALIZERS, finalizers, resources, unanswered,
};
use crate::rules::finding::{Fix, Risk, Who};
use crate::snapshot::{ObjectRef, PodView};
use crate::text::{Sentence, say};
use crate::triage::Subject;

/// What its conditions and its own finalizers say.
#[derive(Debug, Default)]
pub(super) struct Kept<'a> {
    /// API groups with their versions.
    pub(super) apis: Vec<(&'a str, &'a str)>,
    /// It could not be asked which kinds there are.
    pub(super) is_undiscovered: bool,
    /// Something could not be deleted.
    pub(super) is_undeletable: bool,
    pub(super) left: Counted<'a>,
    /// On what is left.
    pub(super) finalizers: Counted<'a>,
    /// In its own list, besides that of Kubernetes.
    pub(super) own: Vec<&'a str>,
    /// Where nothing but pods is left: those that do not go either. The controller deletes them before all others, and says
    /// nothing of them until the last one is gone (`deleteAllContent`, 1.33 to 1.37).
    pub(super) pods: Vec<&'a PodView>,
}

impl<'a> Kept<'a> {
    pub(super) fn of(case: &NamespaceCase<'a>) -> Self {
        let mut kept = Kept {
            own: case.it.own_finalizers(),
            ..Kept::default()
        };
        for condition in case.it.left() {
            let message = condition.message.as_deref().unwrap_or_default();
            match condition.type_.as_str() {
                DISCOVERY => {
                    kept.is_undiscovered = true;
                    kept.apis = unanswered(message);
                }
                DELETION => kept.is_undeletable = true,
                FINALIZERS => kept.finalizers = finalizers(message),
                CONTENT => kept.left = resources(message),
                _ => kept.is_undiscovered = true,
            }
        }
        if kept.may_wait_for_pods() {
            let pods = case.snapshot.store().whole_pods_in(case.it.name);
            kept.pods = pods.filter(Subject::is_terminating).collect();
        }
        kept
    }

    /// Whether nothing says what keeps it.
    pub(super) fn is_silent(&self) -> bool {
        let has_none = self.own.is_empty() && self.pods.is_empty();
        !self.is_undiscovered && !self.is_undeletable && has_none && !self.holds()
    }

    /// Whether something is known to be left.
    fn holds(&self) -> bool {
        !self.left.is_empty() || !self.finalizers.is_empty()
    }

    /// Whether pods may be all that it waits for: nothing else is said to be left, or nothing at all.
    fn may_wait_for_pods(&self) -> bool {
        let is_failed = self.is_undiscovered || self.is_undeletable;
        !is_failed && self.left.iter().all(|(resource, _)| *resource == "pods")
    }

    pub(super) fn apis(&self) -> Option<Vec<String>> {
        let apis = self.apis.iter();
        some(apis.map(|(group, version)| format!("{group}/{version}")))
    }

    pub(super) fn pods(&self) -> Option<Vec<String>> {
        some(self.pods.iter().map(|pod| pod.name().to_owned()))
    }

    /// `pods (2)`
    pub(super) fn left(&self) -> Option<Vec<String>> {
        let left = self.left.iter();
        some(left.map(|(resource, number)| format!("{resource} ({number})")))
    }

    /// Those of what is left; of an empty namespace its own.
    fn entries(&self) -> Vec<&'a str> {
        if self.holds() {
            return self.finalizers.iter().map(|(name, _)| *name).collect();
        }
        self.own.clone()
    }

    pub(super) fn finalizers(&self) -> Option<Vec<String>> {
        some(self.entries().into_iter().map(str::to_owned))
    }

    pub(super) fn dependents(&self) -> Option<Vec<String>> {
        of_dependents(self.entries())
    }

    pub(super) fn domains(&self) -> Option<Vec<String>> {
        some(domains(self.entries()))
    }

    /// `v1beta1.metrics.k8s.io`
    fn services(&self) -> Vec<String> {
        let apis = self.apis.iter();
        apis.map(|(group, version)| format!("{version}.{group}"))
            .collect()
    }
}

fn some(words: impl IntoIterator<Item = String>) -> Option<Vec<String>> {
    let words: Vec<String> = words.into_iter().collect();
    (!words.is_empty()).then_some(words)
}

pub(super) fn fixes(case: &NamespaceCase<'_>, kept: &Kept<'_>) -> Vec<Fix> {
    let mut fixes = apis(kept);
    let look = |change: Sentence| Fix::advice(change, Who::Admin);
    if !kept.pods.is_empty() && !kept.holds() {
        return vec![look(say!(
            "namespace-stuck.look-at-pods",
            "see what keeps {pods}: {pods|it was|they were} deleted with the namespace and {pods|is|are} still there"
        ))];
    }
    if kept.is_undiscovered && fixes.is_empty() || kept.is_undeletable {
        fixes.push(look(say!(
            "namespace-stuck.clear",
            "clear what its conditions name: the API server, a webhook or an API that does not answer"
        )));
    }
    if kept.dependents().is_some() {
        fixes.push(look(say!(
            "namespace-stuck.garbage-collector",
            "see whether kube-controller-manager runs: its garbage collector takes {dependents} away once it has seen to all that names the object as its owner"
        )));
    }
    if kept.domains().is_some() {
        fixes.push(look(say!(
            "namespace-stuck.controller",
            "look at the controller of {domains}: whether it runs, and what it waits for before it takes its finalizer away"
        )));
        fixes.push(without(case, kept));
    } else if kept.holds() && !kept.is_undeletable {
        fixes.push(look(say!(
            "namespace-stuck.look",
            "see what keeps {left}: they were deleted with the namespace and are still there"
        )));
    }
    if fixes.is_empty() {
        fixes.push(look(say!(
            "namespace-stuck.controller-manager",
            "see whether kube-controller-manager runs, and what it logs of {namespace}"
        )));
    }
    fixes
}

/// Brings the APIs back, or takes them out.
fn apis(kept: &Kept<'_>) -> Vec<Fix> {
    let services = kept.services();
    let Some(first) = services.first() else {
        return Vec::new();
    };
    let back = say!(
        "namespace-stuck.bring-back",
        "bring back what serves {apis}: the pods behind the Service that its APIService names"
    );
    let remove = say!(
        "namespace-stuck.remove-api",
        "if nothing needs {apis} any more, delete {services|its APIService|their APIServices}"
    );
    let objects = services.iter().map(|name| format!("apiservice/{name}"));
    let words = ["delete".to_owned()].into_iter().chain(objects);
    let target = ObjectRef {
        kind: "APIService".to_owned(),
        namespace: None,
        name: first.clone(),
    };
    let remove = Fix::command(remove, Who::Admin, target, shell::cluster(words));
    vec![
        Fix::advice(back, Who::Admin),
        remove.fact("services", services).risk(Risk::Destroys),
    ]
}

/// Takes finalizers away by hand, for which each object has to be named.
fn without(case: &NamespaceCase<'_>, kept: &Kept<'_>) -> Fix {
    let remove = Fix::advice(
        say!(
            "namespace-stuck.remove-finalizers",
            "if that controller will not come back: take {finalizers} away; what {finalizers|it was|they were} to clean up stays behind"
        ),
        Who::Admin,
    );
    if !kept.holds() {
        return remove;
    }
    let resource = match kept.left.as_slice() {
        [(resource, _)] => *resource,
        _ => "RESOURCE",
    };
    let object = format!("{resource}/NAME");
    let patch = r#"{"metadata":{"finalizers":null}}"#;
    let words = ["patch", object.as_str(), "--type", "merge", "-p", patch];
    remove.template(shell::kubectl(case.it.name, words))
}

/// What is left, or the API that does not answer.
pub(super) fn inspect(case: &NamespaceCase<'_>, kept: &Kept<'_>) -> String {
    let services = kept.services();
    if !services.is_empty() {
        let objects = services.iter().map(|name| format!("apiservice/{name}"));
        return shell::cluster(["get".to_owned()].into_iter().chain(objects));
    }
    let left: Vec<&str> = kept.left.iter().map(|(resource, _)| *resource).collect();
    if left.is_empty() && !kept.pods.is_empty() {
        return shell::kubectl(case.it.name, ["get", "pods"]);
    }
    if left.is_empty() {
        return shell::cluster(["describe", &case.object().argument()]);
    }
    shell::kubectl(case.it.name, ["get", &left.join(",")])
}
