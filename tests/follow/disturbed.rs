//! What a watch tells on a connection on which much goes wrong is what it tells on a good one.

use super::objects;
use super::waiting::{THERE, run, shop};
use crate::support::Kind;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const PODS: usize = 6;
/// Until the next line has come, over all pauses between tries that fail.
const PATIENCE: Duration = Duration::from_secs(60);

/// The lines of a watch.
struct Told {
    child: Child,
    lines: Receiver<Value>,
    by_pod: BTreeMap<String, Vec<String>>,
}

impl Drop for Told {
    fn drop(&mut self) {
        // it may have ended
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Told {
    fn by(mut child: Child) -> Self {
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        Told {
            child,
            lines: receiver,
            by_pod: BTreeMap::new(),
        }
    }

    /// Reads on until each pod was told of so often.
    fn until_each(&mut self, times: usize) {
        while self.by_pod.len() < PODS || self.by_pod.values().any(|told| told.len() < times) {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|error| panic!("{error}: {:?}", self.by_pod));
            // what could not be followed has no subject
            let Some(name) = line["subject"]["name"].as_str() else {
                continue;
            };
            // on a busy machine it is broken before the first look, and then told as what was there
            let became = match line["transition"].as_str().unwrap() {
                "stuck" => "new".to_owned(),
                other => other.to_owned(),
            };
            let told = self.by_pod.entry(name.to_owned()).or_default();
            told.push(became);
        }
    }
}

/// What is told of pods that break and are mended, where of a hundred requests and pieces so many go wrong.
fn told(faults: u64) -> BTreeMap<String, Vec<String>> {
    let world = shop(&THERE);
    let all = |make: &dyn Fn(&str) -> Value| {
        for number in 0..PODS {
            world.put(Kind::Pod, make(&format!("lone-{number}")));
        }
    };
    let breaks = |name: &str| objects::unschedulable("shop", name);
    let is_mended = |name: &str| objects::running("shop", name, "node-1");
    all(&is_mended);
    let server = world.serve();
    let mut told = Told::by(run(&server.kubeconfig(), &["-w", "-o", "jsonl"]));
    // pods, events and Services
    while world.watches() < 3 {
        std::thread::sleep(Duration::from_millis(20));
    }
    world.set_faults(faults);
    all(&breaks);
    told.until_each(1);
    world.compact();
    all(&is_mended);
    told.until_each(2);
    std::mem::take(&mut told.by_pod)
}

#[test]
fn nothing_is_missed_and_nothing_invented() {
    let disturbed = std::thread::spawn(|| told(8));
    let undisturbed = told(0);
    assert_eq!(disturbed.join().unwrap(), undisturbed);
    for (pod, told) in undisturbed {
        assert_eq!(told, ["new", "solved"], "{pod}");
    }
}
