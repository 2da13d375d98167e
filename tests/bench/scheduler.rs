//! What the scheduler's arithmetic costs on a large cluster: 1,000 pending pods of 200 templates, 5,000 nodes, 100,000 pods on
//! them. Pods of a controller are looked at once a template, so 1,000 bare ones are timed beside them.
//!
//! `cargo bench` prints times and the most memory that was held at once. Figures go into commit messages, never into tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark may fail anywhere"
)]

#[expect(dead_code, reason = "the other benchmark changes the cluster, too")]
mod cluster;

use cluster::Maker;
use divan::{AllocProfiler, Bencher, black_box};
use kubectl_diagnose::testing::Engine;
use kubectl_diagnose::testing::Requests;
use kubectl_diagnose::testing::Scope;
use kubectl_diagnose::testing::Store;
use kubectl_diagnose::testing::diagnose;
use mimalloc::MiMalloc;
use std::sync::LazyLock;

#[global_allocator]
static ALLOCATOR: AllocProfiler<MiMalloc> = AllocProfiler::new(MiMalloc);

static CLUSTER: LazyLock<Store> =
    LazyLock::new(|| cluster::store(5_000, 20, 1_000, Maker::ReplicaSets));
static SINGLES: LazyLock<Store> = LazyLock::new(|| cluster::store(5_000, 20, 1_000, Maker::Nobody));

fn main() {
    LazyLock::force(&CLUSTER);
    LazyLock::force(&SINGLES);
    divan::main();
}

/// Sets 100,000 pods on 5,000 nodes.
#[divan::bench(sample_count = 10)]
fn view(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| {
        let snapshot = CLUSTER.snapshot();
        black_box(Engine::new(&snapshot));
    });
}

/// Runs the filters for 1,000 pods on them, the setting included.
#[divan::bench(sample_count = 10)]
fn run_filters(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| {
        let snapshot = CLUSTER.snapshot();
        let engine = Engine::new(&snapshot);
        for pod in CLUSTER.whole_pods() {
            black_box(engine.examine(pod));
        }
    });
}

/// Diagnoses them: causes, verified changes, the report.
#[divan::bench(sample_count = 3)]
fn report(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| {
        diagnose(
            &CLUSTER.snapshot(),
            &Scope::everything(),
            Requests::default(),
        )
    });
}

/// Diagnoses 1,000 bare pods, each of which is looked at by itself.
#[divan::bench(sample_count = 3)]
fn singles(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| {
        diagnose(
            &SINGLES.snapshot(),
            &Scope::everything(),
            Requests::default(),
        )
    });
}
