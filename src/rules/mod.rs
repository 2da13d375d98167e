//! The causes: one file a cause, its explanation beside it, one folder a layer.
//!
//! A rule is a `static` with a pure function over a sealed snapshot. It never does I/O, never
//! fails, and says nothing that it cannot quote. Rules do not know of each other: where one is more
//! specific, it names the other in [`Rule::refines`] and `diagnose` drops the less specific finding.
//!
//! To add a cause: write `rules/<layer>/<cause>.rs` and `.md`, add the line to [`RULES`], and add
//! its cases under `tests/cases/<cause>/`. A test names whatever is missing.

mod case;
pub mod container;
pub mod finding;
pub mod health;
pub mod image;
pub mod node;
pub mod scheduling;
pub(crate) mod shared;
pub mod volume;

pub use case::Case;

use crate::snapshot::Kind;
use finding::Finding;
use serde::Serialize;
use std::fmt;

/// A layer that a pod passes progressing into service, in order; removal stands apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// The API server takes the pod in.
    Admission,
    /// The scheduler finds a node.
    Scheduling,
    /// The node's kubelet accepts it.
    Node,
    /// Its volumes are there and mounted.
    Volume,
    /// It gets a sandbox and an address.
    Network,
    /// Its images are pulled.
    Image,
    /// Its containers start and stay up.
    Container,
    /// Its probes pass.
    Health,
    /// Services send traffic to it.
    Service,
    /// It goes away when deleted.
    Removal,
}

impl Layer {
    /// Every layer, in order.
    pub const ALL: [Layer; 10] = [
        Layer::Admission,
        Layer::Scheduling,
        Layer::Node,
        Layer::Volume,
        Layer::Network,
        Layer::Image,
        Layer::Container,
        Layer::Health,
        Layer::Service,
        Layer::Removal,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Layer::Admission => "admission",
            Layer::Scheduling => "scheduling",
            Layer::Node => "node",
            Layer::Volume => "volume",
            Layer::Network => "network",
            Layer::Image => "image",
            Layer::Container => "container",
            Layer::Health => "health",
            Layer::Service => "service",
            Layer::Removal => "removal",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A cause: what it is called, where it sits, and how it is recognised.
#[derive(Debug)]
pub struct Rule {
    /// The stable name; users script on it. It never changes its meaning.
    pub cause: &'static str,
    /// Where the pod is stuck.
    pub layer: Layer,
    /// One line: what is wrong, in general.
    pub title: &'static str,
    /// The page of `explain`, in Markdown.
    pub explanation: &'static str,
    /// The kinds whose absence from the snapshot weakens it; Pod and Event are implied.
    pub reads: &'static [Kind],
    /// Less specific causes that this one replaces.
    pub refines: &'static [&'static str],
    /// Looks at one stuck pod. Several findings only when it concerns several containers or objects.
    pub check: fn(&Case<'_>) -> Vec<Finding>,
}

/// The cause of a stuck pod that no rule explains; it is not in [`RULES`] because nothing checks it.
pub const UNEXPLAINED: &str = "unexplained";

/// Causes that once existed; their names stay reserved.
pub const RETIRED: &[&str] = &[];

/// Every rule, by layer.
pub static RULES: &[&[&Rule]] = &[
    scheduling::RULES,
    node::RULES,
    volume::RULES,
    image::RULES,
    container::RULES,
    health::RULES,
];

/// Every rule, in the order of layers.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().flat_map(|layer| layer.iter().copied())
}

/// The rule of a cause.
pub fn find(cause: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.cause == cause)
}
