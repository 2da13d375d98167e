//! A watch holds what a fresh list holds, whatever happened on the way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail anywhere"
)]

mod arriving;
mod disturbed;
mod exporting;
#[cfg(unix)]
mod live;
mod objects;
mod places;
#[cfg(unix)]
mod pseudo_terminal;
mod rolling;
mod unread;
mod waiting;
mod world;

use crate::api_server::ApiServer;
use crate::support::{
    Absent, Clock, ConnectionFlags, Environment, Kind, Pace, Report, Requests, Scope, Selector,
    Snapshot, Watcher, diagnose, on_one_thread, read_cluster,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use world::World;

/// As fast as a test wants it.
const FAST: Pace = Pace {
    first: Duration::from_millis(5),
    longest: Duration::from_millis(40),
    unreached: Duration::from_millis(20),
    poll: Duration::from_millis(20),
    refused: Duration::from_millis(50),
    grace: Duration::from_millis(30),
    silence: Duration::from_secs(5),
    linger: Duration::from_millis(50),
    prune: Duration::from_millis(50),
    together: Duration::from_millis(1),
    renewal: Duration::from_millis(20),
};
/// Until what is expected has come, on a machine that does other things.
const PATIENCE: Duration = Duration::from_secs(20);

fn flags(kubeconfig: PathBuf) -> ConnectionFlags {
    ConnectionFlags {
        kubeconfig: Some(kubeconfig),
        request_timeout: Some(Duration::from_secs(5)),
        ..ConnectionFlags::default()
    }
}

fn shop() -> Scope {
    Scope {
        namespace: Some("shop".to_owned()),
        ..Scope::everything()
    }
}

/// Of each kind of scope one.
fn scope(seed: u64) -> Scope {
    match seed % 3 {
        0 => Scope::everything(),
        1 => shop(),
        _ => Scope {
            selector: Some(Selector::parse("app=web").unwrap()),
            ..shop()
        },
    }
}

/// What is said, at one time whenever it is asked, without what it cost.
fn said(snapshot: Snapshot<'_>, scope: &Scope) -> Value {
    let at = objects::NOW.parse().unwrap();
    let report: Report = diagnose(
        &snapshot.at(Clock { at, exact: true }),
        scope,
        Requests::default(),
    );
    let report = serde_json::to_value(report).unwrap();
    json!({
        "diagnoses": report["diagnoses"],
        "unexplained": report["unexplained"],
        "rootCauses": report["rootCauses"],
        "summary": report["summary"],
        "gaps": report["gaps"],
    })
}

fn fresh(kubeconfig: PathBuf, scope: Scope) -> Value {
    let loaded =
        read_cluster(&flags(kubeconfig), scope.clone(), scope.namespace.is_none()).unwrap();
    said(loaded.snapshot(), &scope)
}

/// Follows until that holds.
async fn until(watcher: &mut Watcher, what: &str, holds: impl Fn(&Watcher) -> bool) {
    let begun = Instant::now();
    while !holds(watcher) {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        watcher.changed(Duration::from_millis(20)).await;
    }
}

/// Follows until nothing is away and it says the same as a fresh list, and gives what was listed anew on the way.
async fn converge(watcher: &mut Watcher, kubeconfig: &Path) -> Result<BTreeSet<Kind>, String> {
    let begun = Instant::now();
    let mut resynced = BTreeSet::new();
    let scope = watcher.scope().clone();
    // a scan has a runtime of its own
    let (path, of_scan) = (kubeconfig.to_path_buf(), scope.clone());
    let expected = std::thread::spawn(move || fresh(path, of_scan))
        .join()
        .unwrap();
    loop {
        let got = said(watcher.store().snapshot(), &scope);
        // pods of the scope are kept while they are away, so it may say the same before they are back
        if got == expected && watcher.outages().is_empty() {
            return Ok(resynced);
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!(
                "a fresh list says\n{expected:#}\nthe watch says\n{got:#}"
            ));
        }
        let tidings = watcher.changed(Duration::from_millis(20)).await;
        resynced.extend(tidings.resynced);
    }
}

async fn follow(kubeconfig: &Path, scope: Scope) -> Watcher {
    let everywhere = scope.namespace.is_none();
    let flags = flags(kubeconfig.to_path_buf());
    let environment = Environment::default();
    let watcher = Watcher::begin(
        &flags,
        &environment,
        (scope, everywhere),
        FAST,
        Absent::Fails,
    );
    watcher.await.unwrap()
}

#[test]
fn what_a_watch_holds_is_what_a_fresh_list_holds() {
    for seed in 1..=9 {
        let world = World::new(seed);
        let server = world.serve();
        let kubeconfig = server.kubeconfig();
        objects::some(&world);
        let outcome = on_one_thread(async {
            let mut watcher = follow(&kubeconfig, scope(seed)).await;
            converge(&mut watcher, &kubeconfig).await.unwrap();
            for round in 0..12 {
                world.set_faults(if round % 3 == 0 { 0 } else { 15 });
                for _ in 0..world.below(12) {
                    objects::change(&world);
                    watcher.changed(Duration::from_millis(world.below(4))).await;
                }
                if world.below(4) == 0 {
                    world.compact();
                }
            }
            world.set_faults(0);
            Ok(converge(&mut watcher, &kubeconfig).await)
        });
        if let Err(difference) = outcome.unwrap() {
            panic!("seed {seed}: {difference}");
        }
    }
}

#[test]
fn what_cannot_be_watched_is_listed_again() {
    let world = World::new(1);
    world.set_unwatchable();
    let server = world.serve();
    let kubeconfig = server.kubeconfig();
    objects::some(&world);
    let outcome = on_one_thread(async {
        let mut watcher = follow(&kubeconfig, shop()).await;
        for _ in 0..20 {
            objects::change(&world);
        }
        Ok(converge(&mut watcher, &kubeconfig).await)
    });
    outcome.unwrap().unwrap();
    assert_eq!(world.watches(), 0);
}

#[test]
fn a_server_that_is_away_makes_kinds_unknown_until_it_is_back() {
    let world = World::new(2);
    let server = world.serve();
    let kubeconfig = server.kubeconfig();
    objects::some(&world);
    world.put(Kind::Pod, objects::unschedulable("shop", "big"));
    let outcome = on_one_thread(async {
        let mut watcher = follow(&kubeconfig, shop()).await;
        converge(&mut watcher, &kubeconfig).await.unwrap();
        world.set_down(true);
        let are_unknown = |watcher: &Watcher| watcher.store().nodes().whole_cluster().is_err();
        until(&mut watcher, "the nodes are still known", are_unknown).await;
        let kinds: Vec<Kind> = watcher.outages().iter().map(|outage| outage.kind).collect();
        assert!(kinds.contains(&Kind::Node), "{kinds:?}");
        assert_eq!(
            watcher.store().whole_pods().count(),
            1,
            "what was stuck is not called well"
        );
        objects::change(&world);
        world.set_down(false);
        let resynced = converge(&mut watcher, &kubeconfig).await.unwrap();
        assert!(resynced.contains(&Kind::Node), "{resynced:?}");
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn a_server_that_has_just_started_refuses_for_a_moment_only() {
    let world = World::new(5);
    let server = world.serve();
    let kubeconfig = server.kubeconfig();
    objects::some(&world);
    let hours = Duration::from_secs(3600);
    let pace = Pace {
        refused: hours,
        poll: hours,
        ..FAST
    };
    let outcome = on_one_thread(async {
        let (flags, environment) = (flags(kubeconfig.clone()), Environment::default());
        let mut watcher =
            Watcher::begin(&flags, &environment, (shop(), false), pace, Absent::Fails).await?;
        converge(&mut watcher, &kubeconfig).await.unwrap();
        // pods, events and Services
        while world.watches() < 3 {
            watcher.changed(Duration::from_millis(5)).await;
        }
        world.set_down(true);
        watcher.changed(Duration::from_millis(50)).await;
        world.set_refusing(true);
        world.set_down(false);
        for _ in 0..20 {
            watcher.changed(Duration::from_millis(10)).await;
        }
        world.set_refusing(false);
        for _ in 0..20 {
            objects::change(&world);
        }
        Ok(converge(&mut watcher, &kubeconfig).await)
    });
    outcome.unwrap().unwrap();
}

#[test]
fn credentials_that_have_expired_are_read_again() {
    let world = World::new(6);
    // over plain text no token is sent
    let server = world.serve_by(ApiServer::start_tls());
    let old = server.kubeconfig_with("{token: old}");
    world.set_token("old");
    objects::some(&world);
    on_one_thread(async {
        let mut watcher = follow(&old, shop()).await;
        converge(&mut watcher, &old).await.unwrap();
        world.set_token("new");
        // watches that are open go on
        world.compact();
        let is_lost = |watcher: &Watcher| !watcher.outages().is_empty();
        until(&mut watcher, "the old ones are refused", is_lost).await;
        server.kubeconfig_with("{token: new}");
        world.put(Kind::Pod, objects::unschedulable("shop", "later"));
        converge(&mut watcher, &old).await.unwrap();
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_etcd_that_was_restored_counts_anew() {
    let world = World::new(7);
    let server = world.serve();
    let kubeconfig = server.kubeconfig();
    objects::some(&world);
    let waiting = || world.put(Kind::Pod, objects::unschedulable("shop", "waiting"));
    (0..50).for_each(|_| waiting());
    world.put(Kind::Node, objects::node("node-1", 2));
    on_one_thread(async {
        let (flags, environment) = (flags(kubeconfig.clone()), Environment::default());
        let mut watcher =
            Watcher::begin(&flags, &environment, (shop(), false), FAST, Absent::Fails).await?;
        converge(&mut watcher, &kubeconfig).await.unwrap();
        world.restore();
        world.put(Kind::Node, objects::node("node-1", 3));
        converge(&mut watcher, &kubeconfig).await.unwrap();
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_nothing_needs_any_more_is_let_go() {
    let world = World::new(3);
    let server = world.serve();
    let kubeconfig = server.kubeconfig();
    objects::some(&world);
    world.put(Kind::Pod, objects::unschedulable("shop", "big"));
    let outcome = on_one_thread(async {
        let mut watcher = follow(&kubeconfig, shop()).await;
        assert!(watcher.store().nodes().whole_cluster().is_ok());
        assert!(watcher.store().pods().whole_cluster().is_ok());
        world.remove(Kind::Pod, "shop", "big");
        let are_gone = |watcher: &Watcher| watcher.store().nodes().is_empty();
        until(&mut watcher, "nobody waits for a node", are_gone).await;
        assert!(watcher.store().nodes().whole_cluster().is_err());
        let others = watcher.store().pod_records().in_namespace("other").count();
        assert_eq!(others, 0, "the pods of other namespaces occupied the nodes");
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn events_of_pods_that_are_well_are_not_kept() {
    let world = World::new(4);
    let server = world.serve();
    let kubeconfig = server.kubeconfig();
    objects::some(&world);
    for pod in 0..50 {
        let name = format!("well-{pod}");
        world.put(Kind::Pod, objects::running("shop", &name, "node-1"));
        world.put(
            Kind::Event,
            objects::event(
                &format!("e-{pod}"),
                "shop",
                &name,
                "Started",
                "started",
                "kubelet",
            ),
        );
    }
    let outcome = on_one_thread(async {
        let mut watcher = follow(&kubeconfig, shop()).await;
        converge(&mut watcher, &kubeconfig).await.unwrap();
        assert!(watcher.store().events().iter().count() < 10);
        // one of them fails: what was said of it before counts again
        world.put(Kind::Pod, objects::crashing("shop", "well-7", 3));
        let told = |watcher: &Watcher| {
            let store = watcher.store();
            let mut events = store.events().iter();
            events.any(|event| event.about.name == "well-7")
        };
        until(&mut watcher, "its events are read", told).await;
        Ok(converge(&mut watcher, &kubeconfig).await)
    });
    outcome.unwrap().unwrap();
}
