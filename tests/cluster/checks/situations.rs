//! Situations: what a real scheduler, the real admission chain and a real kubelet make of pods.

use crate::cluster::suite::{
    Audit, BROKEN, Cluster, EXPECTED_UNEXPLAINED, Home, Identity, Made, NODES, Namespace,
    Situation, Wait, every_pod_is_well, folders, say, settled, within,
};
use crate::cluster::{EVERYTHING, PATIENCE, causes, conclude, fix, items, json, left_alone, word};
use crate::support::rules;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// Of the scheduler and the admission chain, on nodes without a kubelet.
const SITUATIONS: &str = "tests/cluster/situations";
/// Of a kubelet.
const OF_A_KUBELET: &str = "tests/cluster/kubelet";
/// How many are looked after at a time.
const HANDS: usize = 4;

/// How long the scheduler may take to say again what has changed under it, and events to be written: where a hundred pods crash
/// on two cores, those of the kubelet come up to three minutes late.
const AGREEMENT: Duration = Duration::from_secs(240);

/// Between two looks at what has to last.
const LOOK_AGAIN: Duration = Duration::from_secs(3);

/// How long the other suites may take.
const OTHERS: Duration = Duration::from_secs(1800);

#[test]
fn every_situation_has_its_cause() {
    let Some(cluster) = Cluster::of_environment() else {
        return;
    };
    if !cluster.prepared() {
        say("situations: skipped: they need the nodes of tests/cluster/nodes/pool.yaml");
        return;
    }
    each_has_its_cause(&cluster, "situations", SITUATIONS, false);
}

#[test]
fn every_situation_of_a_kubelet_has_its_cause() {
    let Some(cluster) = Cluster::of_environment() else {
        return;
    };
    if !cluster.steered() {
        say("situations of a kubelet: skipped: they need the registries of tests/cluster/up local");
        return;
    }
    each_has_its_cause(&cluster, "situations of a kubelet", OF_A_KUBELET, true);
}

fn each_has_its_cause(cluster: &Cluster, suite: &str, folder: &str, kubelet: bool) {
    let (begun, audit) = (Instant::now(), Audit::from_now(cluster));
    let user = Identity::new(cluster, &suite.replace(' ', "-"), &EVERYTHING);
    user.bind("logs");
    let mut wanted = Situation::all(folder);
    wanted.retain(|situation| situation.needs().is_none_or(|api| cluster.serves(api)));
    wanted.sort_by_key(|situation| !situation.makes_a_node());
    let nodes = wanted.partition_point(Situation::makes_a_node);
    // a namespace's name has room for 63 characters, with what marks this run
    let name = |(at, situation): (usize, &Situation)| format!("{:.40}-{at}", situation.title());
    let names: Vec<String> = wanted.iter().enumerate().map(name).collect();
    let homes: Vec<(&str, bool)> = names.iter().map(|name| (name.as_str(), kubelet)).collect();
    let namespaces = cluster.namespaces(&homes);
    let pairs: Vec<_> = wanted.iter().zip(&namespaces).collect();
    let (nodes, others) = pairs.split_at(nodes);
    let play =
        |(situation, namespace): &(&Situation, &Namespace)| situation.play(cluster, namespace);
    let mut played = by_hands(nodes, play);
    played.extend(by_hands(others, play));
    let asked = |((situation, namespace), made): &(&(&Situation, &Namespace), &Made)| {
        answered(cluster, &user, situation, namespace, made)
    };
    let made: Vec<&Made> = played.iter().map(|(_, made)| made).collect();
    let (last, first): (Vec<_>, Vec<_>) = pairs
        .iter()
        .zip(made)
        .partition(|((situation, namespace), _)| situation.last(&namespace.name).is_some());
    let mut answers = by_hands(&first, asked);
    answers.extend(by_hands(&last, asked));
    let of_which = first
        .iter()
        .chain(&last)
        .map(|((situation, _), _)| *situation);
    let wrong: Vec<_> = of_which
        .zip(answers)
        .filter_map(|(situation, answer)| Some((situation, answer.err()?)))
        .collect();
    drop(played);
    let mut complaints = Vec::new();
    for (at, (situation, complaint)) in wrong.into_iter().enumerate() {
        // what has to last is no matter of one event
        if situation.lasts() > 0 {
            complaints.push(complaint);
            continue;
        }
        say(&format!("{suite}: played once more: {complaint}"));
        let title = format!("{:.40}-again-{at}", situation.title());
        let namespace = cluster.namespace(&title, kubelet);
        complaints.extend(once_more(cluster, &user, situation, &namespace).err());
    }
    let done = wanted.len();
    conclude(suite, cluster, begun, audit.as_ref(), done, &complaints);
}

/// The same of a situation that was wrong: components drop events when their queue is full or the API server refuses one
/// (client-go tools/record/event.go), and then nothing is there that tells the cause.
fn once_more(
    cluster: &Cluster,
    user: &Identity,
    situation: &Situation,
    namespace: &Namespace,
) -> Result<(), String> {
    let (_leftovers, made) = situation.play(cluster, namespace);
    answered(cluster, user, situation, namespace, &made)
}

/// Whether a situation ends as promised.
fn answered(
    cluster: &Cluster,
    user: &Identity,
    situation: &Situation,
    namespace: &Namespace,
    made: &Made,
) -> Result<(), String> {
    let name = &namespace.name;
    let answer = match (made, situation.cause.as_str()) {
        (Err(_), _) => made.clone(),
        (Ok(()), "healthy") => left_alone(cluster, user, name),
        (Ok(()), _) => has_its_cause(cluster, user, situation, name),
    };
    let answer = answer.map_err(|complaint| {
        let (cause, name) = (&situation.cause, &situation.name);
        let events = events_of(cluster, &namespace.name);
        format!("{cause}/{name}: {complaint}, events:\n{events}")
    });
    if let Some(step) = situation.after(name) {
        cluster.step(&step)?;
    }
    // some of them make pods without end
    namespace.leave();
    answer
}

/// What was said in a namespace.
fn events_of(cluster: &Cluster, namespace: &str) -> String {
    const COLUMNS: &str = "custom-columns=LAST:.lastTimestamp,COUNT:.count,ABOUT:.involvedObject.name,\
        REASON:.reason,MESSAGE:.message";
    let sorted = "--sort-by=.lastTimestamp";
    cluster.admin(&["get", "events", "-n", namespace, sorted, "-o", COLUMNS])
}

/// Does it to each, some at a time.
fn by_hands<T: Sync, R: Send>(all: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let size = all.len().div_ceil(HANDS).max(1);
    let each = &each;
    thread::scope(|scope| {
        let hands: Vec<_> = all
            .chunks(size)
            .map(|some| scope.spawn(move || some.iter().map(each).collect::<Vec<R>>()))
            .collect();
        let done = hands.into_iter().map(|hand| hand.join());
        done.flat_map(|done| done.expect("no hand panics"))
            .collect()
    })
}

/// Whether the situation has become what it is going to be.
fn has_come(cluster: &Cluster, situation: &Situation, namespace: &str) -> bool {
    let waits = situation.until();
    if !waits.is_empty() {
        return settled(cluster, namespace, &Wait::All(&waits));
    }
    // refused pods never come to be; a controller's event tells
    ["Unschedulable", "SchedulingGated"]
        .map(Wait::Scheduled)
        .iter()
        .chain([&Wait::Event("FailedCreate")])
        .any(|wait| settled(cluster, namespace, wait))
}

fn has_its_cause(
    cluster: &Cluster,
    user: &Identity,
    situation: &Situation,
    namespace: &str,
) -> Result<(), String> {
    if !within(PATIENCE, || has_come(cluster, situation, namespace)) {
        return Err("it did not come".to_owned());
    }
    if let Some(step) = situation.last(namespace) {
        if !within(OTHERS, || cluster.is_alone()) {
            return Err("the other suites do not end".to_owned());
        }
        cluster.step(&step)?;
    }
    // the other situations come and go on the same nodes, and the scheduler's counts follow a moment later
    let mut answer = Ok(());
    within(AGREEMENT, || {
        answer = asked(cluster, user, situation, namespace);
        answer.is_ok()
    });
    let lasts = Instant::now() + Duration::from_secs(situation.lasts());
    while answer.is_ok() && Instant::now() < lasts {
        thread::sleep(LOOK_AGAIN);
        answer = asked(cluster, user, situation, namespace);
    }
    answer
}

/// Whether the tool answers as promised.
fn asked(
    cluster: &Cluster,
    user: &Identity,
    situation: &Situation,
    namespace: &str,
) -> Result<(), String> {
    let told = situation.arguments(namespace);
    let mut arguments = vec!["-n", namespace];
    arguments.extend(told.iter().map(String::as_str));
    let (code, report) = json(cluster, user, &arguments);
    let found = causes(&report);
    let unexplained = items(&report, "unexplained").len();
    let cause = situation.cause.as_str();
    let Some(rule) = rules::find(cause) else {
        return honest(cluster, situation, namespace, code, &found).ok_or(format!(
            "exit code {code}, {found:?}, {unexplained} unexplained"
        ));
    };
    let first = items(&report, "diagnoses").first();
    let first = first.cloned().unwrap_or_default();
    let said = [
        word(&first, "cause"),
        word(&first, "layer"),
        word(&first, "certainty"),
    ];
    let promised = [cause, rule.layer.as_str(), situation.certainty()];
    let mut quotes = items(&first, "evidence").iter().chain([&first["proof"]]);
    let quoted = !word(&first["proof"], "quote").is_empty()
        && quotes.any(|one| word(one, "quote").contains(situation.quote()));
    let fixed = fix(&first) >= situation.fix();
    let others = unexplained == situation.unexplained();
    let ended = code == situation.code();
    match (said == promised, quoted, fixed, others, ended) {
        (true, true, true, true, true) => Ok(()),
        _ => Err(format!(
            "{promised:?} expected, {said:?} found, of {found:?}, exit code {code}, {unexplained} unexplained, fixes {}, proof {}, evidence {}",
            first["fixes"], first["proof"], first["evidence"]
        )),
    }
}

/// Without a rule nothing is claimed, and no stuck pod is passed over.
fn honest(
    cluster: &Cluster,
    situation: &Situation,
    namespace: &str,
    code: i32,
    found: &[&str],
) -> Option<()> {
    // what keeps the pod off single nodes is true, and may be said
    let beside = [NODES, &situation.beside()].concat();
    let true_as_well = found.iter().all(|cause| beside.contains(cause));
    let refused = settled(cluster, namespace, &Wait::Event("FailedCreate"));
    let stuck = refused || !every_pod_is_well(cluster, namespace);
    (true_as_well && (code == 1) == stuck).then_some(())
}

/// The causes of which there are situations.
fn causes_of_situations() -> Vec<String> {
    let mut all = [folders(SITUATIONS), folders(OF_A_KUBELET)].concat();
    all.retain(|cause| cause != "healthy");
    all
}

#[test]
fn what_is_expected_unexplained_has_no_rule() {
    let there = causes_of_situations();
    for (cause, why) in EXPECTED_UNEXPLAINED {
        assert!(
            rules::find(cause).is_none(),
            "{cause} has a rule now: take it from the list ({why})"
        );
        assert!(
            there.iter().any(|folder| folder == cause),
            "{cause} has no situation"
        );
    }
    for cause in &there {
        let listed = EXPECTED_UNEXPLAINED
            .iter()
            .any(|(listed, _)| listed == cause);
        assert!(
            listed || rules::find(cause).is_some(),
            "{cause} is neither a rule nor expected-unexplained"
        );
    }
}

/// How many files of situations a folder holds, those of `healthy` apart.
fn count(folder: &str) -> (usize, usize) {
    let files = |cause: &str| {
        let path = format!("{}/{folder}/{cause}", env!("CARGO_MANIFEST_DIR"));
        fs::read_dir(path).map_or(0, Iterator::count)
    };
    let (healthy, broken): (Vec<_>, Vec<_>) =
        folders(folder).into_iter().partition(|c| c == "healthy");
    let sum = |causes: &[String]| causes.iter().map(|cause| files(cause)).sum();
    (sum(&broken), sum(&healthy))
}

#[test]
fn there_are_as_many_situations_as_promised() {
    let (scheduler, healthy) = count(SITUATIONS);
    let (kubelet, healthy_kubelet) = count(OF_A_KUBELET);
    let of_home = |kubelet| {
        let homes = BROKEN.iter().map(|expected| expected.home);
        homes
            .filter(|home| (*home == Home::Kubelet) == kubelet)
            .count()
    };
    let scheduler = scheduler + of_home(false);
    let kubelet = kubelet + of_home(true);
    let healthy = healthy + healthy_kubelet + count_manifests("manifests/healthy");
    say(&format!(
        "scheduling and admission situations: {scheduler}; by a kubelet: {kubelet}; healthy: {healthy}"
    ));
    assert!(scheduler >= 45 && kubelet >= 30 && healthy >= 25);
}

fn count_manifests(folder: &str) -> usize {
    let path = format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"));
    fs::read_dir(path).map_or(0, Iterator::count)
}
