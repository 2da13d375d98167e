//! The pods that keep another away by an anti-affinity, its own or theirs: who and where they are, and how the one that has the
//! term writes it.

use super::topology::{domain_names, inspect_all_pods};
use crate::kubernetes::affinity::pod_anti_affinity;
use crate::rules::Case;
use crate::rules::finding::Finding;
use crate::rules::shared::matching::Match;
use crate::scheduler::{Holder, What};
use crate::snapshot::{Evidence, Kind, ObjectRef};
use k8s_openapi::api::core::v1::PodAffinityTerm;
use std::collections::BTreeSet;

/// Where a pod's required anti-affinity is written.
const REQUIRED: &str =
    "spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution";

/// Who keeps the pod away, and by what.
pub(super) struct Held<'e> {
    pub(super) holders: BTreeSet<&'e Holder>,
    /// Where they are, by the key of the nearest node's term.
    domains: BTreeSet<&'e str>,
    key: &'e str,
    /// Whether the pod's own rule, and whether that of others, is among them.
    pub(super) own: bool,
    pub(super) theirs: bool,
}

impl<'e> Held<'e> {
    /// `None` where it was not computed.
    pub(super) fn of(matched: &Match<'e>) -> Option<Self> {
        let mut held: Option<Held<'e>> = None;
        for (_, failure) in matched.failures() {
            let What::Together {
                holder,
                own,
                key,
                domain,
            } = &failure.what
            else {
                continue;
            };
            let held = held.get_or_insert_with(|| Held {
                holders: BTreeSet::new(),
                domains: BTreeSet::new(),
                key,
                own: false,
                theirs: false,
            });
            held.holders.insert(holder);
            held.own |= *own;
            held.theirs |= !*own;
            if key == held.key {
                held.domains.insert(domain);
            }
        }
        held
    }

    /// Adds who they are, by which term, and the command that shows where.
    pub(super) fn told(&self, case: &Case<'_>, finding: Finding) -> Finding {
        let names = self.holders.iter().map(ToString::to_string);
        let (place, places) = domain_names(self.key);
        finding
            .fact("owner", case.subject().argument())
            .fact("holders", names.collect::<Vec<_>>())
            .fact("running", self.domains.len())
            .fact("key", self.key)
            .fact("place", place)
            .fact("places", places)
            .evidence(self.rule(case))
            .inspect(self.inspect(case))
    }

    /// The term, as the one that has it writes it.
    fn rule(&self, case: &Case<'_>) -> Option<Evidence> {
        let meant = |term: &&PodAffinityTerm| term.topology_key == self.key;
        if self.own {
            let term = pod_anti_affinity(case.pod().spec()).iter().find(meant)?;
            return Some(case.field(REQUIRED, quote(term)?));
        }
        let holder = self.holders.first()?;
        let pod_records = case.snapshot.pod_records();
        let is_holder =
            |namespace: &str, name: &str| *namespace == *holder.namespace && *name == *holder.name;
        let pod_record = pod_records
            .iter()
            .find(|one| is_holder(&one.namespace, &one.name))?;
        let term = pod_records
            .footprint(pod_record)
            .anti_affinity
            .iter()
            .find(meant)?;
        let object = ObjectRef::new(Kind::Pod, &holder.namespace, &holder.name);
        Some(case.field_of(object, REQUIRED, quote(term)?))
    }
    fn inspect(&self, case: &Case<'_>) -> String {
        let mut holders = self.holders.iter();
        if holders.all(|holder| holder.namespace == case.namespace()) {
            case.kubectl(["get", "pods", "-o", "wide"])
        } else {
            inspect_all_pods(None)
        }
    }
}

fn quote(term: &PodAffinityTerm) -> Option<String> {
    serde_json::to_string(term).ok()
}
