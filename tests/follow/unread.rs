//! An object of a live cluster that cannot be read: the rest is followed all the same, and nobody says that all is well.

use super::objects;
use super::waiting::{THERE, meanwhile, run, shop};
use super::world::World;
use super::{FAST, converge, flags, follow, until};
use crate::support::{Absent, Environment, Kind, Watcher, on_one_thread};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::Command;

/// A pod with a field of another type than it has in Kubernetes.
fn odd(name: &str) -> Value {
    let mut pod = objects::running("shop", name, "node-1");
    pod["spec"]["containers"] = json!("none");
    pod
}

/// The objects that could not be read.
fn unread(watcher: &Watcher) -> Vec<String> {
    let store = watcher.store();
    let gaps = store.gaps().into_iter();
    gaps.filter_map(|gap| gap.name.clone()).collect()
}

fn knows(watcher: &Watcher, name: &str) -> bool {
    watcher.store().pod_records().get("shop", name).is_some()
}

#[test]
fn the_rest_is_followed() {
    let world = World::new(3);
    objects::some(&world);
    world.put(Kind::Pod, odd("listed"));
    world.put(Kind::Pod, objects::running("shop", "well", "node-1"));
    let server = world.serve();
    let kubeconfig = server.kubeconfig();
    let scope = super::shop();
    on_one_thread(async {
        let mut watcher = follow(&kubeconfig, scope).await;
        assert_eq!(unread(&watcher), ["listed"]);
        assert!(knows(&watcher, "well"));
        assert!(watcher.store().pods().whole("shop").is_err());
        assert_eq!(watcher.outages(), []);
        converge(&mut watcher, &kubeconfig).await.unwrap();
        // what was understood and is no more
        world.put(Kind::Pod, odd("well"));
        world.put(Kind::Pod, objects::running("shop", "later", "node-1"));
        until(&mut watcher, "what comes after it", |it| knows(it, "later")).await;
        assert_eq!(unread(&watcher), ["listed", "well"]);
        assert!(!knows(&watcher, "well"), "what was known of it is old");
        converge(&mut watcher, &kubeconfig).await.unwrap();
        // one is mended, the other goes
        world.put(Kind::Pod, objects::running("shop", "well", "node-1"));
        world.remove(Kind::Pod, "shop", "listed");
        until(&mut watcher, "all is known", |it| unread(it).is_empty()).await;
        assert!(watcher.store().pods().whole("shop").is_ok());
        converge(&mut watcher, &kubeconfig).await.unwrap();
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_new_list_forgets_what_is_gone_meanwhile() {
    let world = World::new(4);
    world.set_unwatchable();
    objects::some(&world);
    world.put(Kind::Pod, odd("listed"));
    let server = world.serve();
    let kubeconfig = server.kubeconfig();
    on_one_thread(async {
        let (flags, environment) = (flags(kubeconfig.clone()), Environment::default());
        let scope = (super::shop(), false);
        let mut watcher = Watcher::begin(&flags, &environment, scope, FAST, Absent::Fails).await?;
        assert_eq!(unread(&watcher), ["listed"]);
        world.remove(Kind::Pod, "shop", "listed");
        until(&mut watcher, "it is gone", |it| unread(it).is_empty()).await;
        assert!(watcher.store().pods().whole("shop").is_ok());
        Ok(())
    })
    .unwrap();
}

#[test]
fn events_and_nodes_that_cannot_be_read_cost_themselves() {
    let world = World::new(5);
    objects::some(&world);
    world.put(Kind::Pod, objects::unschedulable("shop", "waiting"));
    let mut node = objects::node("node-9", 2);
    node["status"]["allocatable"] = json!(7);
    let mut event = objects::event("odd", "shop", "waiting", "Failed", "no", "kubelet");
    event["lastTimestamp"] = json!({});
    let server = world.serve();
    let kubeconfig = server.kubeconfig();
    on_one_thread(async {
        let mut watcher = follow(&kubeconfig, super::shop()).await;
        world.put(Kind::Node, node.clone());
        world.put(Kind::Event, event.clone());
        let both = |it: &Watcher| unread(it).len() == 2;
        until(&mut watcher, "both are told", both).await;
        converge(&mut watcher, &kubeconfig).await.unwrap();
        // others come and go meanwhile
        let plain = objects::event("plain", "shop", "waiting", "Failed", "no", "kubelet");
        world.put(Kind::Event, plain);
        world.remove(Kind::Event, "shop", "plain");
        converge(&mut watcher, &kubeconfig).await.unwrap();
        world.remove(Kind::Node, "", "node-9");
        world.remove(Kind::Event, "shop", "odd");
        until(&mut watcher, "both are gone", |it| unread(it).is_empty()).await;
        converge(&mut watcher, &kubeconfig).await.unwrap();
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_scan_and_a_watch_say_so_and_give_no_all_clear() {
    let world = shop(&THERE);
    world.put(Kind::Pod, odd("odd"));
    let server = world.serve();
    let kubeconfig = server.kubeconfig();
    let scan = run(&kubeconfig, &["-o", "json"])
        .wait_with_output()
        .unwrap();
    assert_eq!(scan.status.code(), Some(2));
    let report: Value = serde_json::from_slice(&scan.stdout).unwrap();
    assert_eq!(report["gaps"][0]["name"], "odd", "{report}");
    let mut child = run(&kubeconfig, &["-w"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let words = "pod/odd -n shop: not read (failed), and what is wrong with it is not told";
    assert!(first.ends_with(words), "{first}");
    meanwhile();
    world.put(Kind::Pod, objects::unschedulable("shop", "later"));
    let next = lines.next().unwrap().unwrap();
    assert!(next.contains(" new      pod/later -n shop: "), "{next}");
    world.remove(Kind::Pod, "shop", "later");
    let solved = lines.next().unwrap().unwrap();
    assert!(solved.contains(" solved   pod/later -n shop: "), "{solved}");
    #[cfg(unix)]
    {
        let pid = child.id().to_string();
        Command::new("kill").args(["-INT", &pid]).status().unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(2));
    }
}

#[test]
fn waiting_does_not_end_well_by_what_cannot_be_read() {
    let world = shop(&THERE);
    world.put(Kind::Pod, odd("odd"));
    let server = world.serve();
    for targets in [&[][..], &["pod/odd"]] {
        let waiting = ["--wait", "--timeout", "1s"];
        let child = run(&server.kubeconfig(), &[targets, &waiting].concat());
        let output = child.wait_with_output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(3), "{targets:?}: {out}");
        let awaited = "pod/odd -n shop is waited for: it cannot be read";
        assert!(targets.is_empty() || out.contains(awaited), "{out}");
    }
}

#[test]
fn nor_by_a_kind_that_may_not_be() {
    let world = shop(&THERE);
    world.forbid(Kind::Deployment);
    let server = world.serve();
    let waiting = ["deploy", "--wait", "--timeout", "1s"];
    let output = run(&server.kubeconfig(), &waiting).wait_with_output();
    assert_eq!(output.unwrap().status.code(), Some(3));
}
