//! Counts nodes by reason: as the scheduler wrote them, and as its filters would.

use super::is_computed;
use crate::messages::scheduler::{Message, Reason};
use crate::scheduler::{Count, Filter, FilterFailure, NodeResult, What, alike};
use std::collections::BTreeMap;

/// What the scheduler counted.
#[derive(Debug, Default)]
pub(super) struct Theirs<'m> {
    /// Nodes by reasons that are computed here.
    pub(super) counts: BTreeMap<Reason, u32>,
    /// The clauses that are not.
    pub(super) foreign: Vec<(Option<u32>, &'m str)>,
    texts: BTreeMap<Reason, &'m str>,
    early: bool,
}

impl<'m> Theirs<'m> {
    pub(super) fn of(message: &'m Message) -> Self {
        let mut theirs = Theirs::default();
        for clause in &message.clauses {
            match clause.count.filter(|_| is_computed(&clause.reason)) {
                Some(count) => {
                    let reason = folded(clause.reason.clone());
                    *theirs.counts.entry(reason.clone()).or_default() += count;
                    theirs.texts.insert(reason, &clause.text);
                }
                None => {
                    theirs.early |= is_early(&clause.reason);
                    theirs.foreign.push((clause.count, &clause.text));
                }
            }
        }
        theirs
    }

    /// Whether a clause that is not computed may stand for a node on which a computed filter fails as well.
    pub(super) fn first_foreign_is_early(&self) -> bool {
        self.early
    }

    /// The clauses that are not computed, in the scheduler's words.
    pub(super) fn foreign_clauses(&self) -> Vec<String> {
        let clauses = self.foreign.iter();
        clauses.map(|(_, text)| (*text).to_owned()).collect()
    }

    /// Whether the clauses that are not computed can be about exactly this many nodes: one plugin may give several
    /// reasons a node.
    pub(super) fn foreign_fits(&self, nodes: usize) -> bool {
        let counts = || {
            self.foreign
                .iter()
                .map(|(count, _)| usize::try_from(count.unwrap_or(0)).unwrap_or(usize::MAX))
        };
        let most = counts().max().unwrap_or(0);
        let all = counts().fold(0_usize, usize::saturating_add);
        (most..=all).contains(&nodes)
    }

    fn names_taints(&self) -> bool {
        let is_named =
            |reason: &Reason| matches!(reason, Reason::UntoleratedTaint { taint: Some(_) });
        self.counts.keys().any(is_named)
    }
}

/// The reasons that versions word differently and that mean the same.
fn folded(reason: Reason) -> Reason {
    match reason {
        // some versions do not name the plugin; of the default ones only NodeAffinity cuts nodes off
        Reason::ExcludedByPlugins(plugins) if plugins.is_empty() => cut_off(),
        reason => reason,
    }
}

fn cut_off() -> Reason {
    Reason::ExcludedByPlugins(vec![Filter::NodeAffinity.as_str().to_owned()])
}

/// Reasons that come before or among the filters that are computed.
fn is_early(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::AddedAffinity
            | Reason::InsufficientUnnamed
            | Reason::LegacyPolicy
            | Reason::NodeCondition(_)
            | Reason::ExcludedByPlugins(_)
    )
}

/// How a version counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    cut: CutOff,
    names_taints: bool,
    peers: Peers,
    /// Whether a node without a topology key has a reason of its own (since 1.19).
    names_missing_label: bool,
}

/// How the InterPodAffinity plugin tells what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Peers {
    /// By one reason, the anti-affinity of pods that are there last (since 1.21).
    Once,
    /// By a general reason beside it (1.19 and 1.20).
    Twice,
    /// The same, and the anti-affinity of pods that are there comes first (up to 1.18).
    TwiceTheirsFirst,
}

const NEWEST: Dialect = Dialect {
    cut: CutOff::Named,
    names_taints: false,
    peers: Peers::Once,
    names_missing_label: true,
};

/// What becomes of the nodes that NodeAffinity's PreFilter cuts off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CutOff {
    /// They are counted under the plugin (since 1.32).
    Named,
    /// They are not counted at all (1.24 to 1.31).
    Uncounted,
    /// There is no cut, every filter sees them (up to 1.23).
    Filtered,
}

/// What our filters count.
#[derive(Debug)]
pub(in crate::scheduler) struct Ours {
    /// Nodes by the reasons of the first filter that fails there.
    pub(super) counts: BTreeMap<Reason, u32>,
    /// The nodes on which none fails.
    pub(super) free: Vec<String>,
}

impl Dialect {
    /// Counts in the way of the version that wrote the message, known by how well it fits.
    pub(super) fn fitting(theirs: &Theirs<'_>, nodes: &[NodeResult]) -> Ours {
        let mut dialects = Dialect::that_may_have_written(theirs).into_iter();
        let meanings = Meanings::of(nodes);
        let count = |dialect: Dialect| dialect.count(nodes, &meanings);
        let newest = count(dialects.next().unwrap_or(NEWEST));
        if newest.counts == theirs.counts {
            return newest;
        }
        let mut older = dialects.map(count);
        older
            .find(|ours| ours.counts == theirs.counts)
            .unwrap_or(newest)
    }

    /// The ways in which the message may have been counted, the newest first; its words rule some out.
    fn that_may_have_written(theirs: &Theirs<'_>) -> Vec<Dialect> {
        let says = |reason: &Reason| theirs.counts.contains_key(reason);
        let cuts: &[CutOff] = if says(&cut_off()) {
            &[CutOff::Named]
        } else {
            &[CutOff::Named, CutOff::Uncounted, CutOff::Filtered]
        };
        let peers: &[Peers] = if says(&Reason::PodAffinityOrAntiAffinity) {
            &[Peers::Twice, Peers::TwiceTheirsFirst]
        } else {
            &[Peers::Once]
        };
        let spread = |missing_label| Reason::TopologySpread { missing_label };
        let labels: &[bool] = if says(&spread(false)) && !says(&spread(true)) {
            &[true, false]
        } else {
            &[true]
        };
        let mut dialects = Vec::new();
        for &cut in cuts {
            for &peers in peers {
                dialects.extend(labels.iter().map(|&names_missing_label| Dialect {
                    cut,
                    names_taints: theirs.names_taints(),
                    peers,
                    names_missing_label,
                }));
            }
        }
        dialects
    }

    fn count(self, nodes: &[NodeResult], meanings: &Meanings<'_>) -> Ours {
        let free = nodes.iter().filter(|node| node.failures.is_empty());
        let mut ours = Ours {
            counts: BTreeMap::new(),
            free: free.map(|node| node.node.to_string()).collect(),
        };
        for nodes in alike(nodes) {
            let Some(first) = nodes.first() else { continue };
            let count = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
            let mut reasons: Vec<Reason> = Vec::new();
            for failure in self.first(&first.failures, meanings) {
                let meaning = meanings.get(failure);
                let beside = self.beside(failure);
                for reason in [self.reason(meaning, failure)].into_iter().chain(beside) {
                    if !reasons.contains(&reason) {
                        reasons.push(reason);
                    }
                }
            }
            for reason in reasons {
                *ours.counts.entry(reason).or_default() += count;
            }
        }
        ours
    }

    /// The filter failures of a node that the scheduler counts: those of the first failing filter, or the first of them.
    fn first<'o>(
        self,
        failures: &'o [FilterFailure],
        meanings: &Meanings<'_>,
    ) -> &'o [FilterFailure] {
        let is_cut = |failure: &FilterFailure| {
            failure.filter == Filter::NodeAffinity
                && matches!(meanings.get(failure), Reason::ExcludedByPlugins(_))
        };
        let cut = failures.iter().position(is_cut);
        let start = match (self.cut, cut) {
            (CutOff::Named, Some(at)) => at,
            (CutOff::Uncounted, Some(_)) => return &[],
            _ => 0,
        };
        let rest = failures.get(start..).unwrap_or_default();
        let Some(filter) = rest.first().map(|first| first.filter) else {
            return &[];
        };
        let length = rest.iter().take_while(|o| o.filter == filter).count();
        let of_filter = rest.get(..length).unwrap_or_default();
        if !filter.gives_one() {
            return of_filter;
        }
        let is_theirs = |one: &FilterFailure| matches!(one.what, What::Together { own: false, .. });
        let theirs =
            (self.peers == Peers::TwiceTheirsFirst).then(|| of_filter.iter().position(is_theirs));
        let first = theirs.flatten().unwrap_or_default();
        of_filter.get(first..=first).unwrap_or_default()
    }

    /// What this version says beside the reason.
    fn beside(self, failure: &FilterFailure) -> Option<Reason> {
        let doubled = failure.filter == Filter::InterPodAffinity && self.peers != Peers::Once;
        doubled.then_some(Reason::PodAffinityOrAntiAffinity)
    }

    /// The reason as this version gives it.
    fn reason(self, meaning: &Reason, failure: &FilterFailure) -> Reason {
        match (meaning, &failure.what) {
            (Reason::UntoleratedTaint { .. }, What::Taint { key, taint, .. })
                if self.names_taints =>
            {
                Reason::UntoleratedTaint {
                    taint: Some((key.clone(), value_of(key, taint).to_owned())),
                }
            }
            (Reason::ExcludedByPlugins(_), _) if self.cut == CutOff::Filtered => {
                Reason::NodeAffinity
            }
            (Reason::TopologySpread { .. }, _) if !self.names_missing_label => {
                let missing_label = false;
                Reason::TopologySpread { missing_label }
            }
            _ => meaning.clone(),
        }
    }
}

/// What the reasons of filter failures mean, each parsed once for all nodes.
struct Meanings<'n>(BTreeMap<&'n str, Reason>);

impl<'n> Meanings<'n> {
    fn of(nodes: &'n [NodeResult]) -> Self {
        let mut known = BTreeMap::new();
        let lists = alike(nodes).into_iter();
        let lists = lists.filter_map(|nodes| nodes.first().map(|first| &*first.failures));
        for failure in lists.flatten() {
            let reason = &*failure.reason;
            known.entry(reason).or_insert_with(|| meaning(reason));
        }
        Meanings(known)
    }

    fn get(&self, failure: &FilterFailure) -> &Reason {
        self.0.get(&*failure.reason).unwrap_or(&Reason::Other)
    }
}

/// What a reason in the scheduler's words means.
pub(super) fn meaning(reason: &str) -> Reason {
    let message = crate::messages::scheduler::parse(reason);
    let first = message.clauses.into_iter().next();
    first.map_or(Reason::Other, |clause| clause.reason)
}

/// `value` of `key=value:Effect`.
fn value_of<'t>(key: &str, taint: &'t str) -> &'t str {
    let rest = taint.strip_prefix(key).unwrap_or_default();
    let value = rest.strip_prefix('=').unwrap_or_default();
    value.rsplit_once(':').map_or("", |(value, _)| value)
}

impl Ours {
    /// Whether this is all that rejects any node.
    pub(super) fn is_only(&self, reason: &Reason) -> bool {
        self.free.is_empty() && self.counts.len() == 1 && self.counts.contains_key(reason)
    }

    /// Our counts, in the scheduler's words where it has some for the reason.
    pub(super) fn counts(&self, theirs: &Theirs<'_>) -> Vec<Count> {
        let mut counts: Vec<Count> = self
            .counts
            .iter()
            .map(|(reason, count)| Count {
                count: Some(*count),
                reason: match (theirs.texts.get(reason), reason) {
                    (Some(text), _) => (*text).to_owned(),
                    (
                        None,
                        Reason::UntoleratedTaint {
                            taint: Some((key, value)),
                        },
                    ) => {
                        format!("node(s) had untolerated taint {{{key}: {value}}}")
                    }
                    (None, reason) => reason.to_string(),
                },
            })
            .collect();
        // the scheduler sorts the texts with their counts in front
        counts.sort_by_cached_key(|c| format!("{} {}", c.count.unwrap_or_default(), c.reason));
        counts
    }
}
