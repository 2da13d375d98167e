//! A described node. The pods on it are listed only by their names and part of their requests, which makes no pods.

use super::object::{Described, made};
use super::time;
use super::tree::Field;
use serde_json::{Value, json};

pub(super) fn object(it: &Described) -> Value {
    let fields = &it.fields;
    let taints = fields.list("Taints").into_iter().filter_map(taint);
    let info = fields.get("System Info");
    let detail = |label: &str| json!(info.and_then(|info| info.value(label)));
    made([
        (
            "spec",
            made([
                ("taints", json!(taints.collect::<Vec<_>>())),
                (
                    "unschedulable",
                    json!(fields.value("Unschedulable").map(|word| word == "true")),
                ),
                ("providerID", json!(fields.value("ProviderID"))),
            ]),
        ),
        (
            "status",
            made([
                ("conditions", conditions(fields.get("Conditions"))),
                ("capacity", json!(fields.amounts("Capacity"))),
                ("allocatable", json!(fields.amounts("Allocatable"))),
                (
                    "nodeInfo",
                    made([
                        ("architecture", detail("Architecture")),
                        ("operatingSystem", detail("Operating System")),
                        ("kubeletVersion", detail("Kubelet Version")),
                        (
                            "containerRuntimeVersion",
                            detail("Container Runtime Version"),
                        ),
                    ]),
                ),
            ]),
        ),
    ])
}

/// `key=value:Effect`
fn taint(text: &str) -> Option<Value> {
    let (of, effect) = text.rsplit_once(':')?;
    let (key, value) = of.split_once('=').unwrap_or((of, ""));
    let value = Some(value).filter(|value| !value.is_empty());
    Some(made([
        ("key", json!(key)),
        ("value", json!(value)),
        ("effect", json!(effect)),
    ]))
}

/// Type, status, two times, reason and message.
fn conditions(list: Option<&Field>) -> Value {
    let rows = list.map_or(&[][..], |field| &field.children).iter();
    let row = |row: &Field| {
        let mut words = row.text.split_ascii_whitespace();
        let (name, status) = (words.next()?, words.next()?);
        if !matches!(status, "True" | "False" | "Unknown") {
            return None;
        }
        let rest: Vec<&str> = words.collect();
        let times: Vec<_> = [0, 6].into_iter().map(|at| rest.get(at..at + 6)).collect();
        let time = |at: usize| {
            json!(
                times
                    .get(at)
                    .copied()
                    .flatten()
                    .and_then(|w| time::absolute(&w.join(" ")))
            )
        };
        // a component that reports no heartbeat has Go's zero time there, which is six words too
        let reason = rest.get(12).copied();
        let message = rest.get(13..).map(|words| words.join(" "));
        Some(made([
            ("type", json!(name)),
            ("status", json!(status)),
            ("lastHeartbeatTime", time(0)),
            ("lastTransitionTime", time(1)),
            ("reason", json!(reason)),
            ("message", json!(message)),
        ]))
    };
    json!(rows.filter_map(row).collect::<Vec<_>>())
}
