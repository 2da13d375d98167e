//! One run: seeds, clusters, comparisons, and what is told of them.

use super::api::{Api, name};
use super::fixes::{self, Fixes};
use super::generator::{Group, World, world};
use super::preemptions::{self, Preemptions};
use super::verdicts::{self, Outcome, Verdict};
use super::{bed, compare, fixed};
use crate::support::{Engine, Loaded};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{Instant, sleep};

/// Names the kubeconfig of an API server and a scheduler that the test may fill and empty.
pub(crate) const KUBECONFIG: &str = "PARITY_DIAGNOSE_TEST";
/// How many pods are compared at least.
const PODS: usize = 2000;
/// How many fixes are tried at least, and about as many at the most.
const FIXES: usize = 200;
/// The same for preemptions, as far as the clusters offer any.
const PREEMPTIONS: usize = 100;
/// Seeds that every run begins with.
const SEEDS: [u64; 5] = [1, 2, 3, 4, 5];

/// Straight to the terminal, past the capture of cargo test.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// What a run is to do, by the environment.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) groups: BTreeSet<Group>,
    pub(crate) pods: usize,
    pub(crate) fixes: usize,
    pub(crate) preemptions: usize,
    /// Only these, if any are named.
    pub(crate) seeds: Vec<u64>,
}

impl Settings {
    pub(crate) fn of_environment() -> Settings {
        let words = |name: &str| -> Vec<String> {
            let text = env::var(name).unwrap_or_default();
            text.split([',', ' '])
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let group =
            |word: &String| Group::of(word).unwrap_or_else(|| panic!("no group is called {word}"));
        let only: BTreeSet<Group> = words("PARITY_ONLY").iter().map(group).collect();
        let amount = |name: &str, usual: usize| {
            words(name)
                .first()
                .map_or(usual, |word| word.parse().expect("a number"))
        };
        let number = |word: &String| {
            word.parse()
                .unwrap_or_else(|_| panic!("{word} is no number"))
        };
        Settings {
            groups: if only.is_empty() {
                Group::ALL.into()
            } else {
                only
            },
            pods: amount("PARITY_PODS", PODS),
            fixes: amount("PARITY_FIXES", FIXES),
            preemptions: amount("PARITY_PREEMPTIONS", PREEMPTIONS),
            seeds: words("PARITY_SEEDS").iter().map(number).collect(),
        }
    }

    /// The named seeds; else the fixed ones and then new ones without end.
    fn seeds(&self) -> Box<dyn Iterator<Item = u64>> {
        if !self.seeds.is_empty() {
            return Box::new(self.seeds.clone().into_iter());
        }
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let first = u64::try_from(now.as_micros()).unwrap_or_default();
        Box::new(SEEDS.into_iter().chain(first..))
    }
}

/// What came out.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) compared: usize,
    fits: usize,
    refused: usize,
    invalid: usize,
    /// Differences that were gone when the probe was created once more.
    pub(crate) raced: usize,
    /// For how many pods each reason was given.
    reasons: BTreeMap<String, usize>,
    pub(crate) mismatches: Vec<String>,
    pub(crate) fixes: Fixes,
    pub(crate) preemptions: Preemptions,
}

/// Compares seed by seed until there are enough pods.
pub(crate) async fn compare_all(kubeconfig: &Path) -> Tally {
    let settings = Settings::of_environment();
    let api = Api::connect(kubeconfig).await;
    let mut tally = Tally::default();
    let named = !settings.seeds.is_empty();
    for seed in settings.seeds() {
        let enough = tally.compared >= settings.pods && tally.fixes.tried >= settings.fixes;
        if !named && enough {
            break;
        }
        let world = world(seed, &settings.groups);
        one(&api, kubeconfig, &world, &settings, &mut tally).await;
    }
    bed::wipe(&api).await;
    for (reason, pods) in &tally.reasons {
        say(&format!("  {pods:6} {reason}"));
    }
    say(&format!(
        "parity: {} pods compared, {} fit, {} refused, {} mismatches ({} gone at a second look, {} pods invalid)",
        tally.compared,
        tally.fits,
        tally.refused,
        tally.mismatches.len(),
        tally.raced,
        tally.invalid
    ));
    say(&format!(
        "parity: {} of {} verified fixes schedule ({} by their JSON patch, the others by their command; {} at a second try)",
        tally.fixes.tried - tally.fixes.failed.len(),
        tally.fixes.tried,
        tally.fixes.by_patch,
        tally.fixes.raced
    ));
    say(&format!(
        "parity: {} of {} preemptions as computed (pods gave way in {})",
        tally.preemptions.tried - tally.preemptions.failed.len(),
        tally.preemptions.tried,
        tally.preemptions.preempted
    ));
    tally
}

async fn one(api: &Api, kubeconfig: &Path, world: &World, settings: &Settings, tally: &mut Tally) {
    let begun = Instant::now();
    bed::wipe(api).await;
    bed::furnish(api, world).await;
    // the scheduler hears of each kind on a channel of its own
    sleep(Duration::from_millis(400)).await;
    let base = read(api).await;
    let set_up = begun.elapsed();
    let mut verdicts = Vec::new();
    let mut invalid = Vec::new();
    for probe in &world.probes {
        match verdicts::of(api, probe).await {
            Ok(verdict) => {
                if matches!(verdict.outcome, Outcome::Waiting(_)) {
                    bed::restore(api, &base).await;
                }
                verdicts.push(verdict);
            }
            Err(why) => invalid.push(why),
        }
    }
    let decided = begun.elapsed();
    let before = (tally.fits, tally.refused, tally.mismatches.len());
    let loaded = loaded_with(&base, &verdicts);
    let snapshot = loaded.snapshot();
    let engine = Engine::new(&snapshot);
    for verdict in &verdicts {
        match verdict.outcome {
            Outcome::Refused => {
                tally.refused += 1;
                for reason in compare::reasons(&verdict.pod) {
                    *tally.reasons.entry(reason).or_default() += 1;
                }
            }
            _ => tally.fits += 1,
        }
        tally.compared += 1;
        let Some(difference) = compare::difference(verdict, &engine) else {
            continue;
        };
        second_look(api, world, &base, verdict, &difference, tally).await;
    }
    let compared = begun.elapsed();
    if tally.fixes.tried < settings.fixes {
        let fixes = &mut tally.fixes;
        fixes::try_some(api, kubeconfig, &base, world, &verdicts, &engine, fixes).await;
    }
    if tally.preemptions.tried < settings.preemptions {
        preemptions::try_some(api, &base, world, &verdicts, &mut tally.preemptions).await;
    }
    tally.invalid += invalid.len();
    if let Some(first) = invalid.first() {
        say(&format!(
            "  seed {}: {} invalid, as {first}",
            world.seed,
            invalid.len()
        ));
    }
    say(&format!(
        "seed {}: {} nodes, {} pods, {} fit, {} refused, {} mismatches; {} + {} + {} + {} ms",
        world.seed,
        world
            .objects
            .iter()
            .filter(|object| object["kind"] == "Node")
            .count(),
        world.existing.len(),
        tally.fits - before.0,
        tally.refused - before.1,
        tally.mismatches.len() - before.2,
        set_up.as_millis(),
        (decided - set_up).as_millis(),
        (compared - decided).as_millis(),
        (begun.elapsed() - compared).as_millis(),
    ));
}

/// Everything that is there, as a scan of the whole cluster reads it.
async fn read(api: &Api) -> Vec<Value> {
    let mut objects = Vec::new();
    for kind in [
        "Node",
        "Namespace",
        "Pod",
        "PersistentVolumeClaim",
        "PersistentVolume",
        "StorageClass",
        "CSINode",
        "CSIDriver",
        "CSIStorageCapacity",
        "VolumeAttachment",
    ] {
        objects.extend(api.list(kind, "").await);
    }
    objects
}

fn loaded_with(base: &[Value], verdicts: &[Verdict]) -> Loaded {
    let refused = verdicts
        .iter()
        .filter(|verdict| verdict.outcome == Outcome::Refused);
    let pods = refused.map(|verdict| verdict.pod.clone());
    let objects: Vec<Value> = base.iter().cloned().chain(pods).collect();
    compare::loaded(&compare::dump_of(&objects))
}

/// The scheduler learns of changes on several channels; a difference that stays is none of them.
async fn second_look(
    api: &Api,
    world: &World,
    base: &[Value],
    verdict: &Verdict,
    difference: &str,
    tally: &mut Tally,
) {
    sleep(Duration::from_millis(500)).await;
    let probe = world
        .probes
        .iter()
        .find(|probe| name(probe) == name(&verdict.pod));
    let again = verdicts::of(api, probe.expect("it is a probe of this cluster")).await;
    let again = again.expect("it was taken before");
    if matches!(again.outcome, Outcome::Waiting(_)) {
        bed::restore(api, base).await;
    }
    let loaded = loaded_with(base, std::slice::from_ref(&again));
    if compare::difference(&again, &Engine::new(&loaded.snapshot())).is_none() {
        tally.raced += 1;
        return;
    }
    let file = keep(world.seed, base, &again);
    let words = format!(
        "seed {} probe {}: {:?}: {difference}\n    {}",
        world.seed,
        name(&verdict.pod),
        again.outcome,
        file.display()
    );
    say(&words);
    tally.mismatches.push(words);
}

/// Writes the cluster with the probe down as a case that can be compared again without a cluster.
pub(crate) fn keep(seed: u64, base: &[Value], verdict: &Verdict) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("parity");
    fs::create_dir_all(&folder).expect("the folder can be made");
    let file = folder.join(format!("{seed}-{}.json", name(&verdict.pod)));
    fixed::write(&file, base, verdict);
    file
}
