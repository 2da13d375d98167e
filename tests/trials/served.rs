//! An API server that holds what a case's dump holds, and refuses what the dump did not read.

use crate::api_server::{ApiServer, Asked, Response, Wanted, protobuf};
use crate::support::{ContainerLog, Kind, Loaded, ReadScope};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The objects of a dump, and what was read to get them.
struct Held {
    items: Vec<Value>,
    reads: Vec<(Kind, ReadScope)>,
    refusals: Vec<(Kind, String)>,
    logs: Vec<ContainerLog>,
    date: String,
}

pub(super) fn serve(loaded: &Loaded, items: Vec<Value>) -> ApiServer {
    let mut held = Held {
        items,
        reads: Vec::new(),
        refusals: Vec::new(),
        logs: loaded.reading().logs,
        date: http_date(&loaded.as_of()),
    };
    for read in loaded.reading().reads {
        match read.outcome {
            Ok(()) => held.reads.push((read.kind, read.read_scope)),
            Err(gap) => held.refusals.push((read.kind, gap.detail)),
        }
    }
    let server = ApiServer::start();
    server.answer(move |asked| {
        if let Some(pod) = asked.path.strip_suffix("/log") {
            let answer = held.log(&Wanted::of(pod)?, asked);
            return Some(answer.header("Date", &held.date));
        }
        // no addon is installed of which a dump holds nothing
        let answer = match Wanted::of(&asked.path) {
            Some(wanted) => held.answer(&wanted, asked),
            None => Response::text(404, "404 page not found"),
        };
        Some(answer.header("Date", &held.date))
    });
    server
}

/// `2026-01-01T01:00:00Z` as a server's `Date`.
fn http_date(as_of: &str) -> String {
    let time: jiff::Timestamp = as_of.parse().expect("it is a time");
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

impl Held {
    /// A log that the dump holds; the refusal that it tells of else.
    fn log(&self, wanted: &Wanted, asked: &Asked) -> Response {
        let container = asked.query("container").unwrap_or_default();
        let previous = asked.query("previous").is_some();
        let mut logs = self.logs.iter().filter(|log| {
            Some(&log.namespace) == wanted.namespace.as_ref()
                && Some(&log.pod) == wanted.name.as_ref()
                && log.container == container
                && log.previous == previous
        });
        match logs.next() {
            Some(log) if log.unread.is_none() => Response::text(200, &log.text),
            Some(log) => {
                let unread = log.unread.as_ref().map(|unread| unread.detail.as_str());
                Response::failure(403, "Forbidden", unread.unwrap_or_default())
            }
            None => not_found(Kind::Pod, "of which no log was read"),
        }
    }

    fn answer(&self, wanted: &Wanted, asked: &Asked) -> Response {
        let found: Vec<&Value> = self.items.iter().filter(|item| wanted.is(item)).collect();
        let selector = asked.query("fieldSelector").unwrap_or_default();
        match (&wanted.name, found.first()) {
            (Some(_), Some(object)) => one(wanted.kind, object, asked),
            (_, _) if !self.was_read(wanted, selector) => self.refusal(wanted.kind),
            (Some(name), None) => not_found(wanted.kind, name),
            (None, _) => {
                let labels = asked.query("labelSelector").unwrap_or_default();
                let found = found
                    .into_iter()
                    .filter(|item| selected(item, selector) && labelled(item, labels));
                many(wanted.kind, &found.collect::<Vec<_>>(), asked)
            }
        }
    }

    /// Whether the dump says that it holds all of what is asked for.
    fn was_read(&self, wanted: &Wanted, selector: &str) -> bool {
        let of_kind = || self.reads.iter().filter(|(kind, _)| *kind == wanted.kind);
        let covers = |scope: &ReadScope| of_kind().any(|(_, read)| read == scope);
        let named = selector.strip_prefix("involvedObject.name%3D");
        let name = wanted.name.as_deref().or(named).unwrap_or_default();
        let within = |namespace: &str| {
            covers(&ReadScope::Namespace(namespace.to_owned()))
                || covers(&ReadScope::Object(namespace.to_owned(), name.to_owned()))
        };
        covers(&ReadScope::Everywhere)
            || within(wanted.namespace.as_deref().unwrap_or_default())
            // a list of all namespaces holds what the lists of each of them hold
            || (wanted.namespace.is_none() && wanted.kind != Kind::Pod && self.everywhere(&within))
    }

    fn everywhere(&self, within: &dyn Fn(&str) -> bool) -> bool {
        let namespaces: BTreeSet<&str> = self
            .items
            .iter()
            .filter_map(|item| item["metadata"]["namespace"].as_str())
            .collect();
        !namespaces.is_empty() && namespaces.into_iter().all(within)
    }

    fn refusal(&self, kind: Kind) -> Response {
        let mut known = self.refusals.iter().filter(|(refused, _)| *refused == kind);
        let message = known.next().map(|(_, detail)| detail.as_str());
        Response::failure(403, "Forbidden", message.unwrap_or("it is forbidden"))
    }
}

fn one(kind: Kind, object: &Value, asked: &Asked) -> Response {
    if is_table(asked) {
        return table(&[object]);
    }
    let mut object = object.clone();
    object["kind"] = json!(kind.as_str());
    Response::json(&object)
}

fn many(kind: Kind, found: &[&Value], asked: &Asked) -> Response {
    if is_table(asked) {
        return table(found);
    }
    let list = format!("{}List", kind.as_str());
    let wants = asked.header("accept").unwrap_or_default();
    let items = found.iter().map(|item| protobuf::object(kind, item));
    let items = wants.starts_with(protobuf::TYPE).then(|| items.collect());
    // what no API server would take is in no form that it has
    if let Some(items) = items.flatten() {
        return Response::protobuf(&list, &kind.api_version(), items);
    }
    let items: Vec<Value> = found.iter().map(|item| (*item).clone()).collect();
    Response::list(&list, &items)
}

fn is_table(asked: &Asked) -> bool {
    asked
        .header("accept")
        .is_some_and(|forms| forms.contains("as=Table"))
}

/// Secrets, as `kubectl get` prints them.
fn table(found: &[&Value]) -> Response {
    let row = |item: &&Value| json!({"cells": [item["metadata"]["name"], item["type"], 1, "3d"]});
    let rows: Vec<Value> = found.iter().map(row).collect();
    Response::json(&json!({"kind": "Table", "rows": rows}))
}

fn not_found(kind: Kind, name: &str) -> Response {
    let message = format!("{} \"{name}\" not found", kind.plural());
    let details = json!({"name": name, "kind": kind.plural()});
    Response::status(
        404,
        json!({"reason": "NotFound", "message": message, "details": details}),
    )
}

/// Applies the selectors of the plan.
fn selected(item: &Value, selector: &str) -> bool {
    let phase = item["status"]["phase"].as_str().unwrap_or_default();
    let terms = selector.split("%2C").filter(|term| !term.is_empty());
    terms.into_iter().all(|term| {
        if let Some(excluded) = term.strip_prefix("status.phase%21%3D") {
            return phase != excluded;
        }
        if let Some(wanted) = term.strip_prefix("status.phase%3D") {
            return phase == wanted;
        }
        if let Some(reason) = term.strip_prefix("reason%3D") {
            return item["reason"] == reason;
        }
        if let Some(excluded) = term.strip_prefix("reason%21%3D") {
            return item["reason"] != excluded;
        }
        if let Some(kind) = term.strip_prefix("involvedObject.kind%3D") {
            return item["involvedObject"]["kind"] == kind;
        }
        let name = term.strip_prefix("involvedObject.name%3D");
        let name = name.unwrap_or_else(|| panic!("this server knows nothing of {selector}"));
        item["involvedObject"]["name"] == name
    })
}

/// Applies the label selectors of the plan: `app=web,tier=front` and `hash in (1a,2b)`.
fn labelled(item: &Value, selector: &str) -> bool {
    let label = |key: &str| {
        let key = key.replace("%2F", "/");
        item["metadata"]["labels"][key.as_str()]
            .as_str()
            .unwrap_or_default()
    };
    if let Some((key, values)) = selector.split_once("%20in%20%28") {
        let values = values.trim_end_matches("%29");
        return values.split("%2C").any(|value| value == label(key));
    }
    let terms = selector.split("%2C").filter(|term| !term.is_empty());
    terms.into_iter().all(|term| {
        let (key, value) = term.split_once("%3D").expect("a term has a value");
        label(key) == value
    })
}
