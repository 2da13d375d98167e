//! What rules of several layers share: whether a cause holds for a pod that no node takes (`matching`, with `order`,
//! `remedies` and `taint_meaning`), how containers ended (`crash`, `last_words`), the claims of a pod (`claims`), changes to
//! a template (`template`, `after_change`), who holds host ports of a bound pod (`host_ports`), the share of nodes on which a
//! cause holds (`share`), schedulers that say nothing (`silence`) and when they try again (`retry`), and words for what
//! `scheduler` gives as data (`agreement`, `preemption`, `failure`, `rejection`, `remedies`).

pub(crate) mod after_change;
pub(crate) mod agreement;
pub(crate) mod claims;
pub(crate) mod crash;
pub(crate) mod failure;
pub(crate) mod host_ports;
pub(crate) mod last_words;
pub(crate) mod matching;
pub(crate) mod order;
pub(crate) mod preemption;
pub(crate) mod rejection;
pub(crate) mod remedies;
pub(crate) mod retry;
pub(crate) mod share;
pub(crate) mod silence;
pub(crate) mod taint_meaning;
pub(crate) mod template;
