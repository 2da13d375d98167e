//! Whether a volume can be made for a claim, and for which nodes.
//!
//! Source: kube-scheduler `framework/plugins/volumebinding/binder.go` (1.37), `checkVolumeProvisions` and `hasEnoughCapacity`.

use super::Bindings;
use crate::kubernetes::label_set::LabelSet;
use crate::kubernetes::quantity::Quantity;
use crate::kubernetes::selector::label_selector_matches;
use crate::kubernetes::storage_class::NO_PROVISIONER;
use crate::scheduler::NodeView;
use crate::scheduler::volume_match::asked;
use crate::scheduler::volumes::{NoVolume, Prepared};
use crate::snapshot::{CsiStorageCapacity, Snapshot};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, TopologySelectorTerm};
use k8s_openapi::api::storage::v1::StorageClass;

/// How volumes for a claim are made.
#[derive(Debug, Clone, Default)]
pub(super) struct Provision<'v> {
    /// The class.
    pub(super) class: &'v str,
    by_hand: bool,
    topologies: &'v [TopologySelectorTerm],
    /// What is left of the class, when the driver says so and the claim asks a size.
    left: Option<Left<'v>>,
}

#[derive(Debug, Clone)]
struct Left<'v> {
    asked: Quantity,
    capacities: Vec<&'v CsiStorageCapacity>,
}

/// Looks up what making a volume for the claim depends on.
pub(super) fn of<'v>(
    found: &mut Prepared<Bindings<'v>>,
    claim: &PersistentVolumeClaim,
    class: &'v StorageClass,
    snapshot: &'v Snapshot<'v>,
) -> Provision<'v> {
    let name = class.metadata.name.as_deref().unwrap_or_default();
    let by_hand = class.provisioner.is_empty() || class.provisioner == NO_PROVISIONER;
    Provision {
        class: name,
        by_hand,
        topologies: class.allowed_topologies.as_deref().unwrap_or_default(),
        left: match asked(claim) {
            Some(asked) if !by_hand => left(found, asked, class, name, snapshot),
            _ => None,
        },
    }
}

/// What the class's driver has left; `None` when it does not say, or when that could not be read.
fn left<'v>(
    found: &mut Prepared<Bindings<'v>>,
    asked: Quantity,
    class: &StorageClass,
    name: &str,
    snapshot: &'v Snapshot<'v>,
) -> Option<Left<'v>> {
    let driver = found.known(snapshot.csi_drivers().get("", &class.provisioner))??;
    if !driver.storage_capacity {
        return None;
    }
    if let Err(gap) = snapshot.storage_capacities().whole_cluster() {
        found.lacks(gap);
        return None;
    }
    let all = snapshot.storage_capacities().seen();
    let of_class = all.map(|(_, one)| one).filter(|one| one.class == name);
    Some(Left {
        asked: asked.rounded_for("storage"),
        capacities: of_class.collect(),
    })
}

impl Provision<'_> {
    /// Why the class makes no volume for this node.
    pub(super) fn refuses(&self, node: &NodeView<'_>) -> Option<NoVolume> {
        if self.by_hand {
            return Some(NoVolume::ByHand);
        }
        let labels = &node.node.labels;
        let mut topologies = self.topologies.iter();
        let allowed = self.topologies.is_empty() || topologies.any(|term| holds(term, labels));
        (!allowed).then(|| NoVolume::Topology(self.topologies.into()))
    }

    /// When too little is left where the node reaches it: the most that there is.
    pub(super) fn lacks_space(&self, node: &NodeView<'_>) -> Option<Option<Quantity>> {
        let left = self.left.as_ref()?;
        let reached = left.capacities.iter().filter(|one| {
            let topology = one.topology.as_ref();
            topology.is_some_and(|nodes| label_selector_matches(nodes, &node.node.labels))
        });
        let most = reached.filter_map(|one| one.limit()).max();
        let enough = most.is_some_and(|most| most.rounded_for("storage") >= left.asked);
        (!enough).then_some(most)
    }
}

/// Whether the node has a listed value of every label. A term without any admits nothing
/// (`pkg/apis/core/v1/helper/helpers.go`, 1.37, `MatchTopologySelectorTerms`).
fn holds(term: &TopologySelectorTerm, labels: &LabelSet) -> bool {
    let all = term.match_label_expressions.as_deref().unwrap_or_default();
    let mut listed = all.iter();
    !all.is_empty()
        && listed.all(|one| {
            let value = labels.get(&one.key);
            value.is_some_and(|value| one.values.iter().any(|it| it == value))
        })
}
