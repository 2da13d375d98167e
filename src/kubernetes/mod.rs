//! Value types with Kubernetes' exact meaning: amounts, requests, host ports, claims and their classes, disks, taints, labels,
//! affinities, selectors, image references, owners, and the few spellings (durations, terminal text, shell words,
//! patches) that go with them.
//!
//! What lives here: pure functions and small values that know a rule of Kubernetes by heart and say where
//! the rule comes from. Their input is an object of the API or a text, their output a value.
//!
//! What may not: anything about a cluster as a whole (that is the snapshot's), verdicts about nodes (the
//! scheduler's filters use these types, never the other way round), findings and sentences of a report,
//! input or output of any kind, the clock and the environment.

pub mod affinity;
pub mod claims;
pub mod cron;
pub mod device_claims;
pub mod disks;
pub mod duration;
pub mod field_selector;
pub mod image_reference;
pub mod in_tree;
pub mod label_set;
pub mod labels;
pub mod merge_patch;
pub mod nearest;
pub mod network_policy;
pub mod node_terms;
pub mod owners;
pub mod patch;
pub mod pod;
pub mod ports;
pub mod protobuf;
pub mod qualified_name;
pub mod quantity;
pub mod resources;
pub mod selector;
pub mod service_host;
pub mod shell;
pub mod storage_class;
pub mod taints;
pub mod text;
pub mod volume_objects;
pub mod word;

pub use quantity::Quantity;
pub use word::Word;
