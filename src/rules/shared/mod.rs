//! What rules of several layers share: whether a cause holds for a pod that no node takes (`matching`, with `order`,
//! `remedies` and `taint_meaning`), how containers ended (`crash`, `last_words`), the claims of a pod (`claims`),
//! changes to a template (`template`, `after_change`), what is said of a known failure (`advice`), who holds host ports
//! of a bound pod (`host_ports`), the share of nodes on which a cause holds (`share`), schedulers that say nothing
//! (`silence`) and when they try again (`retry`), ConfigMaps and Secrets that are missed (`keyed`), pods that do a
//! node's own work (`node_agent`), what keeps a sandbox from being made (`failed_sandbox`), what keeps a
//! namespace (`namespace_left`), who takes nodes and their pods away (`leaving`), what
//! PodDisruptionBudgets and HorizontalPodAutoscalers have to do with it (`drain`, `autoscaler`), workloads that were refused
//! what they make (`refused`), and words for what `scheduler` gives as data (`agreement`, `preemption`, `failure`,
//! `rejection`, `remedies`).

pub(in crate::rules) mod advice;
pub(crate) mod after_change;
pub(crate) mod agreement;
pub(crate) mod autoscaler;
pub(crate) mod claims;
pub(crate) mod crash;
pub(crate) mod drain;
pub(in crate::rules) mod failed_sandbox;
pub(crate) mod failure;
pub(crate) mod host_ports;
pub(in crate::rules) mod keyed;
pub(crate) mod last_words;
pub(crate) mod leaving;
pub(crate) mod matching;
pub(in crate::rules) mod namespace_left;
pub(in crate::rules) mod node_agent;
pub(crate) mod order;
pub(crate) mod preemption;
pub(in crate::rules) mod refused;
pub(crate) mod rejection;
pub(crate) mod remedies;
pub(crate) mod retry;
pub(crate) mod share;
pub(crate) mod silence;
pub(crate) mod taint_meaning;
pub(crate) mod template;
