//! How near each node is to taking the pod, so that of many filter failures the one that matters comes first.
//!
//! On a cluster of many pools most filter failures are beside the point: a taint that guards somebody else's nodes is
//! no cause while the pod's own pool is full. A node counts as usable unless the pod excludes it itself or it is a
//! control plane, as long as any node is; among the usable ones, that with the lightest filter failures is nearest. A
//! filter failure does not count where what else rejects the node is all that rejects another: whoever cleared that
//! would need it no more.
//!
//! A spread constraint closes the fuller domains because an emptier one is there to go to. While that one lacks nothing but what
//! passes by itself, it is what the pod waits for, however far its nodes are; where somebody has set them apart, the constraint
//! counts on them in vain and comes first.
//!
//! What does not belong here: which cause is reported (`rules/scheduling`).

use super::control_plane::{KEYS, is_meant};
use super::{
    FilterFailure, NodeResult, Other, TermPods, VolumeFailure, What, alike, unschedulable,
};
use crate::kubernetes::ports::HostPort;
use crate::kubernetes::quantity::Quantity;
use crate::snapshot::Leaving;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ptr;

/// The weight of what is taken now and may be free later.
const FULL: u32 = 2;
/// How many nodes a rank tells apart, all else being equal.
const NODES: u32 = 1 << 10;
/// How many filters a rank tells apart.
const FILTERS: u32 = 1 << 4;
/// How many filter failures on the nearest node a rank tells apart.
const FAILURES: u32 = 1 << 4;

/// Which nodes come into question, and how far each is from taking the pod.
#[derive(Debug, Clone)]
pub struct Nearest<'a> {
    /// The usable nodes with their distances, the nearest first, then by name.
    usable: Vec<(u32, &'a NodeResult)>,
    /// Of those that share a list of filter failures the first.
    lists: Vec<&'a NodeResult>,
    /// How many exclusions a usable node has.
    exclusions: usize,
    /// Whether the pod itself means control planes or one node.
    means_them: bool,
    /// What rejects them, each once.
    profiles: OnceCell<BTreeSet<Profile<'a>>>,
}

/// Sorts the nodes by how near they are to taking the pod.
pub fn nearest_feasible(nodes: &[NodeResult]) -> Nearest<'_> {
    let alike = alike(nodes);
    let lists = || alike.iter().filter_map(|nodes| nodes.first().copied());
    let means_them = lists().any(|node| node.failures.iter().any(is_named));
    let exclusions = |node: &NodeResult| exclusions(node, means_them);
    let least = lists().map(exclusions).min().unwrap_or_default();
    let is_usable = |node: &&NodeResult| exclusions(node) == least;
    let awaited = lists()
        .filter(is_usable)
        .filter(|node| passes(node))
        .map(distance)
        .min();
    let mut usable: Vec<(u32, &NodeResult)> = Vec::new();
    for nodes in &alike {
        let Some(first) = nodes.first().filter(|node| is_usable(node)) else {
            continue;
        };
        let distance = match (is_overfull(first), awaited) {
            (true, Some(awaited)) => distance(first).max(awaited.saturating_add(1)),
            _ => distance(first),
        };
        usable.extend(nodes.iter().map(|node| (distance, *node)));
    }
    // they come in order of their names
    usable.sort_by_key(|(distance, node)| (*distance, ptr::from_ref(*node)));
    let lists = lists().filter(is_usable).collect();
    Nearest {
        usable,
        lists,
        exclusions: least,
        means_them,
        profiles: OnceCell::new(),
    }
}

/// How far a node is from taking the pod: how many kinds of exclusion it has, then the weight of all that rejects the pod there.
pub fn distance_of(node: &NodeResult) -> (usize, u32) {
    (exclusions(node, false), distance(node))
}

impl<'a> Nearest<'a> {
    /// The usable nodes, the nearest first.
    pub fn nodes(&self) -> impl Iterator<Item = &'a NodeResult> {
        self.usable.iter().map(|(_, node)| *node)
    }

    /// Whether the pod could use the node, which is one of those that were sorted.
    pub fn is_usable(&self, node: &NodeResult) -> bool {
        exclusions(node, self.means_them) == self.exclusions
    }

    /// Where such a filter failure stands among the causes, and the nodes on which it counts, the nearest first. Of the causes
    /// the smaller comes first: that on the nearest node, then the one among fewer filter failures there, then the one that the
    /// scheduler meets first, then the one on more nodes. `None` when it counts on no node.
    pub fn barred_by(
        &self,
        predicate: impl Fn(&FilterFailure) -> bool,
    ) -> Option<(u32, Vec<&'a NodeResult>)> {
        let barred: Vec<_> = self.barred(&predicate).collect();
        let (distance, node) = barred.first()?;
        let filter = node.failures.iter().find(|failure| predicate(failure))?;
        let digits = [
            (number(apart(node).count()), FAILURES),
            (filter.filter as u32, FILTERS),
            (NODES.saturating_sub(number(barred.len())), NODES),
        ];
        let rank = digits.into_iter().fold(*distance, |rank, (digit, base)| {
            rank.saturating_mul(base)
                .saturating_add(digit.min(base.saturating_sub(1)))
        });
        Some((rank, barred.into_iter().map(|(_, node)| *node).collect()))
    }

    fn barred(
        &self,
        predicate: impl Fn(&FilterFailure) -> bool,
    ) -> impl Iterator<Item = &(u32, &'a NodeResult)> {
        let meets = |node: &NodeResult| node.failures.iter().any(&predicate);
        let everywhere = self.lists().all(meets);
        // while the pod excludes every node itself, what is on some of them is not yet known to matter
        let counts = move |node: &NodeResult, one: &FilterFailure| {
            everywhere || is_choice(one) || !node.failures.iter().any(is_choice)
        };
        let profiles = self.profiles.get_or_init(|| {
            // with pods unread, a node without filter failures is no proof that one can do without
            let nodes = self.lists().filter(|node| !node.failures.is_empty());
            nodes.map(of).collect()
        });
        let is_barred = |node: &NodeResult| {
            let mut mine = node.failures.iter().filter(|one| predicate(one));
            let rest = || -> Profile<'_> {
                let rest = node.failures.iter().filter(|one| !predicate(one));
                rest.map(kind).collect()
            };
            let is_spared = |rest: &Profile<'_>| profiles.iter().any(|one| is_within(one, rest));
            mine.any(|one| counts(node, one)) && !is_spared(&rest())
        };
        let barred = self.lists().filter(|node| is_barred(node));
        let barred: BTreeSet<_> = barred.map(NodeResult::list).collect();
        self.usable
            .iter()
            .filter(move |(_, node)| barred.contains(&node.list()))
    }

    /// A node of each list of filter failures: those that share it are rejected alike.
    fn lists(&self) -> impl Iterator<Item = &'a NodeResult> {
        self.lists.iter().copied()
    }
}

/// What rejects a node, by kind.
type Profile<'a> = BTreeSet<Kind<'a>>;

/// Filter failures of one kind go away by the same change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Kind<'a> {
    Choice,
    Cordon,
    Taint(&'a str),
    Port(&'a HostPort),
    PodCount,
    Resource {
        name: &'a str,
        never: bool,
    },
    /// The scheduler's reason and the claim, disk or driver.
    Volume(&'a str, &'a str),
    Spread {
        key: &'a str,
        label: bool,
    },
    Apart(&'a TermPods, &'a str),
    Together(bool, &'a str),
    Other(&'a Other),
}

fn of(node: &NodeResult) -> Profile<'_> {
    node.failures.iter().map(kind).collect()
}

fn kind(failure: &FilterFailure) -> Kind<'_> {
    match &failure.what {
        What::Label { .. } | What::OtherNode => Kind::Choice,
        What::Cordoned { .. } => Kind::Cordon,
        What::Taint { key, .. } => Kind::Taint(key),
        What::Port { port, .. } => Kind::Port(port),
        What::PodCount { .. } => Kind::PodCount,
        What::Resource { resource, .. } => Kind::Resource {
            name: resource,
            never: weight(failure) > FULL,
        },
        What::Volume(volume) => Kind::Volume(&failure.reason, volume.about()),
        What::Spread { key, domain, .. } => Kind::Spread {
            key,
            label: domain.is_none(),
        },
        What::Apart { wanted, key, .. } => Kind::Apart(wanted, key),
        What::Together { own, key, .. } => Kind::Together(*own, key),
        What::Other(other) => Kind::Other(other),
    }
}

/// Whether all of `profile` stands in `other` too, or something worse of its kind.
fn is_within(profile: &Profile<'_>, other: &Profile<'_>) -> bool {
    profile.iter().all(|kind| {
        let worse = match kind {
            Kind::Resource { name, .. } => Some(Kind::Resource { name, never: true }),
            _ => None,
        };
        other.contains(kind) || worse.is_some_and(|worse| other.contains(&worse))
    })
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The pod's own choice of nodes.
fn is_choice(failure: &FilterFailure) -> bool {
    matches!(failure.what, What::OtherNode | What::Label { .. })
}

/// Whether it is the pod's choice of one node, or of control planes.
fn is_named(failure: &FilterFailure) -> bool {
    match &failure.what {
        What::OtherNode => true,
        What::Label { wanted, .. } => is_meant(wanted),
        _ => false,
    }
}

/// Whether it keeps workloads off a control plane.
fn keeps_free(failure: &FilterFailure) -> bool {
    match &failure.what {
        What::Taint { key, .. } => KEYS.contains(&key.as_str()),
        What::Cordoned { keeps_free } => *keeps_free,
        _ => false,
    }
}

/// How many of the two kinds of exclusion a node has: the pod wants another node, or it is a control plane, unless those are
/// what it wants.
fn exclusions(node: &NodeResult, means_them: bool) -> usize {
    let kinds = [
        node.failures.iter().any(is_choice),
        !means_them && node.failures.iter().any(keeps_free),
    ];
    kinds.into_iter().filter(|is_there| *is_there).count()
}

/// Whether a spread constraint closes the node's domain for the sake of an emptier one.
fn is_overfull(node: &NodeResult) -> bool {
    let closes =
        |one: &FilterFailure| matches!(&one.what, What::Spread { domain, .. } if domain.is_some());
    node.failures.iter().any(closes)
}

/// Whether all that rejects the pod on the node comes and goes: what other pods take, and the node's own state.
fn passes(node: &NodeResult) -> bool {
    let mut failures = node.failures.iter();
    !node.failures.is_empty()
        && failures.all(|one| match &one.what {
            What::Resource { .. } | What::PodCount { .. } | What::Port { .. } => true,
            What::Together { .. } => true,
            What::Volume(failure) => of_volume(failure) == FULL,
            What::Taint { key, .. } => is_condition(key) && key != unschedulable::KEY,
            _ => false,
        })
}

/// The weight of all that rejects the pod on a node.
fn distance(node: &NodeResult) -> u32 {
    apart(node).map(weight).sum()
}

/// What rejects the pod on a node, each once: that two pods avoid each other is one thing, most often of one template.
fn apart(node: &NodeResult) -> impl Iterator<Item = &FilterFailure> {
    let is_other_side = |one: &FilterFailure| {
        let What::Together { own: false, .. } = &one.what else {
            return false;
        };
        node.failures
            .iter()
            .any(|other| match (&other.what, &one.what) {
                (
                    What::Together {
                        own: true,
                        holder,
                        key,
                        ..
                    },
                    What::Together {
                        holder: same,
                        key: by,
                        ..
                    },
                ) => holder == same && key == by,
                _ => false,
            })
    };
    node.failures.iter().filter(move |one| !is_other_side(one))
}

/// Light is what passes or gives way by itself, heavy what somebody has decided.
fn weight(failure: &FilterFailure) -> u32 {
    match &failure.what {
        // the pod's own choice is nearer to a change than what a cluster stands on
        _ if keeps_free(failure) => 6,
        What::Resource {
            asked, allocatable, ..
        } if asked > allocatable || *allocatable == Quantity::ZERO => 3,
        What::Resource { .. } | What::PodCount { .. } | What::Port { .. } => FULL,
        // other pods come and go; a peer that is missing has first to come from somewhere
        What::Together { .. }
        | What::Spread {
            domain: Some(_), ..
        } => FULL,
        What::Volume(failure) => of_volume(failure),
        What::Cordoned { .. } | What::Spread { .. } | What::Apart { .. } | What::Other(_) => 3,
        What::Taint { key, .. } if is_condition(key) => 3,
        What::Taint { .. } => 4,
        What::Label { .. } | What::OtherNode => 5,
    }
}

/// Other pods give way; data that lies elsewhere does not come here.
fn of_volume(failure: &VolumeFailure) -> u32 {
    match failure {
        VolumeFailure::Disk { .. }
        | VolumeFailure::InUse { .. }
        | VolumeFailure::AttachLimit { .. } => FULL,
        VolumeFailure::Elsewhere { .. } | VolumeFailure::Zone { .. } => 5,
        _ => 3,
    }
}

/// Whether a component sets and clears the taint as the node's state changes, so that nobody would tolerate or remove it by hand.
pub(super) fn is_condition(key: &str) -> bool {
    const DOMAINS: [&str; 4] = [
        "node.kubernetes.io/",
        "node.cloudprovider.kubernetes.io/",
        "node.cilium.io/",
        "karpenter.sh/",
    ];
    DOMAINS.iter().any(|domain| key.starts_with(domain))
        || key.contains("OfClusterAutoscaler")
        || Leaving::of_taint(key).is_some()
}

#[cfg(test)]
mod tests;
