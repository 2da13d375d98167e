//! What is computed for a pod is what the real scheduler decides: on random clusters, pod by pod and count by count.
//!
//! `tests/cluster/parity` brings an API server and a scheduler up and runs this. Plain `cargo test` skips what needs them,
//! says so, and compares the cases that once differed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail anywhere, and this one waits for a cluster that the environment names"
)]

pub(crate) mod api;
mod bed;
mod compare;
mod fixed;
mod fixes;
mod generator;
mod preemptions;
mod random;
mod removal;
mod run;
mod verdicts;

use std::path::{Path, PathBuf};

#[test]
fn what_is_computed_is_what_the_scheduler_decides() {
    let Some(kubeconfig) = std::env::var_os(run::KUBECONFIG).map(PathBuf::from) else {
        run::say("skipped: no cluster (tests/cluster/parity brings one up)");
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let tally = runtime
        .expect("a runtime")
        .block_on(run::compare_all(&kubeconfig));
    assert!(tally.compared > 0, "nothing was compared");
    assert!(
        tally.mismatches.is_empty(),
        "{} mismatches:\n{}",
        tally.mismatches.len(),
        tally.mismatches.join("\n")
    );
    assert!(
        tally.raced * 100 <= tally.compared,
        "{} differences were gone at a second look: too many to be races",
        tally.raced
    );
    assert!(
        tally.fixes.raced * 100 <= tally.fixes.tried,
        "{} fixes helped at a second try only: too many to be races",
        tally.fixes.raced
    );
    let failed = &tally.fixes.failed;
    assert!(
        failed.is_empty(),
        "{} fixes do not help:\n{}",
        failed.len(),
        failed.join("\n")
    );
    let failed = &tally.preemptions.failed;
    assert!(
        failed.is_empty(),
        "{} preemptions are not as computed:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

#[test]
fn what_once_differed_is_the_same_now() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity/fixed");
    let (compared, differences) = fixed::compare_all(&folder);
    assert!(compared > 0, "there is no case");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn a_node_takes_the_pod_once_every_filter_failure_is_removed() {
    let (tried, left) = removal::try_all(0..8);
    assert!(tried > 20, "only {tried} nodes had filter failures");
    assert!(left.is_empty(), "{}", left.join("\n"));
}
