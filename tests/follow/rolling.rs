//! `--wait` while a rollout goes to and fro.

use super::objects;
use super::waiting::{
    Counts, ROLLING, THERE, deployment, ended, meanwhile, of_revision, replica_set, shop,
    wait_for_web,
};
use crate::support::Kind;
use serde_json::Value;

#[test]
fn going_back_meanwhile_is_followed() {
    let world = shop(&ROLLING);
    world.put(Kind::ReplicaSet, replica_set(2, 1));
    let stuck = objects::unschedulable("shop", "web-r2-a");
    world.put(Kind::Pod, of_revision(stuck, 2));
    let server = world.serve();
    let child = wait_for_web(&server, "30s", "1h");
    meanwhile();
    world.put(Kind::ReplicaSet, replica_set(3, 2));
    world.remove(Kind::Pod, "shop", "web-r2-a");
    world.put(
        Kind::Deployment,
        deployment(&Counts {
            generation: 3,
            observed: 3,
            ..THERE
        }),
    );
    let (code, out) = ended(child);
    assert_eq!(code, Some(0), "{out}");
}

/// Its new pod crashes, is ready, and crashes again: neither is the end of it while the rollout is under way.
#[test]
fn a_rollout_that_flaps_is_waited_for_until_it_stands() {
    let world = shop(&ROLLING);
    world.put(Kind::ReplicaSet, replica_set(2, 1));
    let new = |pod: Value| of_revision(pod, 2);
    let crashed = |restarts| new(objects::crashing("shop", "web-r2-a", restarts));
    let ready = || new(objects::running("shop", "web-r2-a", "node-1"));
    world.put(Kind::Pod, crashed(1));
    let server = world.serve();
    let mut child = wait_for_web(&server, "30s", "1h");
    for pod in [ready(), crashed(2), ready(), crashed(3)] {
        meanwhile();
        assert_eq!(child.try_wait().unwrap(), None, "it is still rolling out");
        world.put(Kind::Pod, pod);
    }
    meanwhile();
    assert_eq!(child.try_wait().unwrap(), None, "its new pod crashes");
    world.put(Kind::Pod, ready());
    let second = objects::running("shop", "web-r2-b", "node-1");
    world.put(Kind::Pod, new(second));
    world.remove(Kind::Pod, "shop", "web-r1-a");
    world.remove(Kind::Pod, "shop", "web-r1-b");
    let all = Counts {
        generation: 2,
        observed: 2,
        ..THERE
    };
    world.put(Kind::Deployment, deployment(&all));
    let (code, out) = ended(child);
    assert_eq!(code, Some(0), "{out}");
}

/// The same crashes, when nobody gives them time.
#[test]
fn a_rollout_that_flaps_ends_it_when_its_time_is_over() {
    let world = shop(&ROLLING);
    world.put(Kind::ReplicaSet, replica_set(2, 1));
    let pod = objects::crashing("shop", "web-r2-a", 5);
    world.put(Kind::Pod, of_revision(pod, 2));
    let (code, out) = ended(wait_for_web(&world.serve(), "30s", "0s"));
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("crash-"), "{out}");
}
