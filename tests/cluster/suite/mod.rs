//! What the tests on a real cluster stand on: the cluster, identities with few rights, the audit log.

mod audit;
mod cluster;
mod expected;
mod identity;
mod settled;
mod situation;

pub(crate) use audit::Audit;
pub(crate) use cluster::{Answer, Cluster, Namespace, folders, manifests, say, until, within};
pub(crate) use expected::{BROKEN, EXPECTED_UNEXPLAINED, Expected, Fix, Home, NODES, Wait};
pub(crate) use identity::{Identity, Rights};
pub(crate) use settled::{every_pod_is_well, settled};
pub(crate) use situation::{Made, Situation};
