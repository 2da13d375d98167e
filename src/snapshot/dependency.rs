//! What was asked of a store while something was worked out, so that it is worked out again only when that has changed.
//!
//! Every accessor of the [`Store`](super::Store) notes what it tells, for as long as somebody listens
//! ([`Dependencies::of`]). What is noted is compared with [`Changes`](super::Changes). A rule need not declare anything,
//! and cannot forget to.
//!
//! The list that is written to belongs to the thread, since accessors are asked through shared borrows, many deep.

use super::kind::Kind;
use super::object::ObjectRef;
use crate::kubernetes::image_reference::ImageReference;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Something that the store was asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dependency {
    /// One object, or that it is not there: kind, namespace and name.
    Object(Kind, String, String),
    /// The objects of a namespace.
    Namespace(Kind, String),
    /// All objects of a kind.
    Kind(Kind),
    /// How much of a kind was read.
    Reads(Kind),
    /// The pods of a node.
    PodsOn(String),
    /// The pods that are kept whole.
    WholePods,
    /// The pods that run an image like this one.
    Running(ImageReference),
    /// The pods that wait for an image of a registry.
    Awaiting(String),
    /// The events about an object.
    Events(ObjectRef),
    /// How the scheduler's filters see the nodes for one pod: `scheduler::queueing_hint` tells what matters to that.
    Filters,
}

/// All that was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependencies(BTreeSet<Dependency>);

thread_local! {
    static ASKED: RefCell<Option<Dependencies>> = const { RefCell::new(None) };
}

impl Dependencies {
    /// Works something out, and gives what was asked of the store meanwhile.
    pub fn of<T>(work: impl FnOnce() -> T) -> (T, Self) {
        let before = ASKED.replace(Some(Dependencies::default()));
        let worked_out = work();
        let asked = ASKED.replace(before).unwrap_or_default();
        (worked_out, asked)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Dependency> {
        self.0.iter()
    }

    /// Whether this was asked.
    pub fn contains(&self, asked: &Dependency) -> bool {
        self.0.contains(asked)
    }

    /// Adds one that was not asked through the store.
    pub fn add(&mut self, dependency: Dependency) {
        self.0.insert(dependency);
    }

    /// The same, where what is worked out is kept for others; nothing is written down unless somebody listens.
    pub fn of_kept<T>(work: impl FnOnce() -> T) -> (T, Self) {
        if ASKED.with_borrow(Option::is_none) {
            return (work(), Dependencies::default());
        }
        Dependencies::of(work)
    }

    /// Notes them again, for who gets what was worked out before.
    pub fn note(&self) {
        self.iter().for_each(|asked| note(|| asked.clone()));
    }
}

/// Writes down what is told, if anybody listens.
pub fn note(asked: impl FnOnce() -> Dependency) {
    ASKED.with_borrow_mut(|all| {
        if let Some(all) = all {
            all.0.insert(asked());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(kind: Kind) {
        note(|| Dependency::Kind(kind));
    }

    #[test]
    fn each_listens_to_its_own_work() {
        let (inner, outer) = Dependencies::of(|| {
            asked(Kind::Node);
            let ((), inner) = Dependencies::of(|| asked(Kind::Pod));
            let ((), kept) = Dependencies::of_kept(|| asked(Kind::Event));
            kept.note();
            inner
        });
        let of = |dependencies: &Dependencies| dependencies.iter().cloned().collect::<Vec<_>>();
        assert_eq!(of(&inner), [Dependency::Kind(Kind::Pod)]);
        assert_eq!(of(&outer), [Kind::Node, Kind::Event].map(Dependency::Kind));
    }
}
