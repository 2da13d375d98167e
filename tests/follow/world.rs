//! A cluster of a few objects that changes, served as an API server serves it: lists with a version, watches from one, and all
//! that can go wrong with both.

use super::objects::CREATED;
use crate::api_server::{ApiServer, Asked, Response, Wanted};
use crate::support::Kind;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

type Key = (Kind, String, String);

/// One change, with the object before and after.
#[derive(Clone)]
struct Change {
    version: u64,
    kind: Kind,
    before: Option<Value>,
    after: Option<Value>,
}

#[derive(Default)]
struct State {
    version: u64,
    /// Older versions cannot be watched from.
    compacted: u64,
    objects: BTreeMap<Key, Value>,
    changes: Vec<Change>,
    /// Of a hundred requests and pieces so many go wrong.
    faults: u64,
    random: u64,
    /// Nobody may watch.
    unwatchable: bool,
    /// How often it began anew.
    restored: usize,
    /// Nothing is answered.
    down: bool,
    /// Nothing is allowed.
    refusing: bool,
    /// These kinds are not.
    forbidden: Vec<Kind>,
    /// Nor these in these namespaces, or of no kind anything there.
    closed: Vec<(String, Option<Kind>)>,
    watches: usize,
    /// Who does not say this is not known.
    token: Option<&'static str>,
}

/// The cluster.
#[derive(Clone, Default)]
pub(super) struct World(Arc<Mutex<State>>);

/// The objects that a request selects.
#[derive(Clone)]
struct Selected {
    wanted: Wanted,
    fields: Vec<String>,
    label: Option<String>,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let world = World::default();
        world.state().random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        world
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(super) fn serve(&self) -> ApiServer {
        self.serve_by(ApiServer::start())
    }

    pub(super) fn serve_by(&self, server: ApiServer) -> ApiServer {
        let world = self.clone();
        let begun = Instant::now();
        server.answer(move |asked| {
            let response = world.answer(asked)?;
            Some(response.header("Date", &date(begun.elapsed())))
        });
        server
    }

    /// A number below this one.
    pub(super) fn below(&self, end: u64) -> u64 {
        self.state().below(end)
    }

    pub(super) fn set_faults(&self, of_hundred: u64) {
        self.state().faults = of_hundred;
    }

    pub(super) fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    pub(super) fn set_refusing(&self, refusing: bool) {
        self.state().refusing = refusing;
    }

    pub(super) fn forbid(&self, kind: Kind) {
        self.state().forbidden.push(kind);
    }

    pub(super) fn close(&self, namespace: &str, kind: Option<Kind>) {
        self.state().closed.push((namespace.to_owned(), kind));
    }

    pub(super) fn set_token(&self, token: &'static str) {
        self.state().token = Some(token);
    }

    pub(super) fn set_unwatchable(&self) {
        self.state().unwatchable = true;
    }

    /// How many watches were opened.
    pub(super) fn watches(&self) -> usize {
        self.state().watches
    }

    /// Forgets what was: who watches from before has to list anew.
    pub(super) fn compact(&self) {
        let mut state = self.state();
        state.compacted = state.version;
    }

    /// A new API server stands on a copy of the data whose versions begin anew.
    pub(super) fn restore(&self) {
        let mut state = self.state();
        let again: Vec<(Key, Value)> = std::mem::take(&mut state.objects).into_iter().collect();
        state.changes.clear();
        state.version = 0;
        state.compacted = 0;
        state.restored += 1;
        drop(state);
        for ((kind, _, _), mut object) in again {
            object["metadata"]["labels"]["restored"] = json!("yes");
            self.put(kind, object);
        }
    }

    pub(super) fn names(&self, kind: Kind, namespace: &str) -> Vec<String> {
        let state = self.state();
        let keys = state.objects.keys();
        let of = keys.filter(|(one, of, _)| *one == kind && of == namespace);
        of.map(|(_, _, name)| name.clone()).collect()
    }

    /// Makes or changes an object.
    pub(super) fn put(&self, kind: Kind, mut object: Value) {
        let mut state = self.state();
        state.version += 1;
        let version = state.version;
        object["metadata"]["resourceVersion"] = json!(version.to_string());
        let word = |field: &str| {
            object["metadata"][field]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let key = (kind, word("namespace"), word("name"));
        let before = state.objects.insert(key, object.clone());
        state.changes.push(Change {
            version,
            kind,
            before,
            after: Some(object),
        });
    }

    /// Changes the label by which it is selected.
    pub(super) fn relabel(&self, kind: Kind, namespace: &str, name: &str) {
        let key = (kind, namespace.to_owned(), name.to_owned());
        let found = self.state().objects.get(&key).cloned();
        if let Some(mut object) = found {
            let other = object["metadata"]["labels"]["app"] == "web";
            object["metadata"]["labels"]["app"] = json!(if other { "api" } else { "web" });
            self.put(kind, object);
        }
    }

    pub(super) fn remove(&self, kind: Kind, namespace: &str, name: &str) {
        let mut state = self.state();
        let key = (kind, namespace.to_owned(), name.to_owned());
        let Some(mut before) = state.objects.remove(&key) else {
            return;
        };
        state.version += 1;
        let version = state.version;
        before["metadata"]["resourceVersion"] = json!(version.to_string());
        state.changes.push(Change {
            version,
            kind,
            before: Some(before),
            after: None,
        });
    }

    fn answer(&self, asked: &Asked) -> Option<Response> {
        let selected = Selected::of(asked)?;
        let mut state = self.state();
        if state.down {
            return Some(Response::reset());
        }
        let is_known =
            |token: &str| asked.header("authorization") == Some(&*format!("Bearer {token}"));
        if state.token.is_some_and(|token| !is_known(token)) {
            return Some(Response::failure(401, "Unauthorized", "Unauthorized"));
        }
        let wanted = &selected.wanted;
        let is_closed = state.closed.iter().any(|(namespace, kind)| {
            wanted.namespace.as_ref() == Some(namespace)
                && kind.is_none_or(|kind| kind == wanted.kind)
        });
        if is_closed || state.forbidden.contains(&selected.wanted.kind) {
            return Some(Response::failure(403, "Forbidden", "this one may not"));
        }
        if state.refusing {
            return Some(Response::failure(403, "Forbidden", "no roles yet"));
        }
        if state.fails() {
            return Some(match state.below(4) {
                0 => Response::failure(429, "TooManyRequests", "slow down"),
                1 => Response::failure(500, "InternalError", "etcd is away"),
                2 => Response::reset(),
                _ => Response::failure(503, "ServiceUnavailable", "not ready"),
            });
        }
        if asked.query("watch") == Some("true") {
            return Some(self.watch(&mut state, selected, asked));
        }
        let found = state
            .objects
            .iter()
            .filter(|(_, object)| selected.is(object));
        let found: Vec<Value> = found.map(|(_, object)| object.clone()).collect();
        let kind = selected.wanted.kind;
        if let Some(name) = &selected.wanted.name {
            return Some(match found.first() {
                Some(object) => Response::json(object),
                None => Response::status(
                    404,
                    json!({"reason": "NotFound", "message": "not found", "details": {"name": name, "kind": kind.plural()}}),
                ),
            });
        }
        let list = json!({
            "kind": format!("{}List", kind.as_str()), "apiVersion": kind.api_version(),
            "metadata": {"resourceVersion": state.version.to_string()}, "items": found,
        });
        let response = Response::json(&list);
        Some(if state.fails() {
            response.cut(200)
        } else {
            response
        })
    }

    fn watch(&self, state: &mut State, selected: Selected, asked: &Asked) -> Response {
        if state.unwatchable {
            return Response::failure(403, "Forbidden", "you may not watch");
        }
        let from = asked
            .query("resourceVersion")
            .and_then(|version| version.parse().ok());
        let mut at: u64 = from.unwrap_or_default();
        if at < state.compacted && state.below(2) == 0 {
            return Response::expired(None);
        }
        if at > state.version {
            return Response::failure(504, "Timeout", "Too large resource version");
        }
        state.watches += 1;
        let (world, restored) = (self.clone(), state.restored);
        Response::stream(move || {
            let mut state = world.state();
            if state.down || state.restored > restored {
                return None;
            }
            if at < state.compacted {
                let status = json!({"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"});
                at = u64::MAX;
                return Some(json!({"type": "ERROR", "object": status}).to_string() + "\n");
            }
            if at == u64::MAX {
                return None;
            }
            let next = state
                .changes
                .iter()
                .find(|change| change.version > at)
                .cloned();
            let Some(change) = next else {
                // a bookmark now and then, and the end
                return match state.below(200) {
                    0 => Some(bookmark(at)),
                    1 if state.faults > 0 => None,
                    _ => Some(String::new()),
                };
            };
            at = change.version;
            let event = selected.event(&change)?;
            if !event.is_empty() && state.fails() {
                at = u64::MAX;
                return Some(event.get(..event.len() / 2).unwrap_or_default().to_owned());
            }
            Some(event)
        })
    }
}

/// What the server sends as its `Date` so long after it has begun.
fn date(since: Duration) -> String {
    let begun: Timestamp = CREATED.parse().unwrap();
    let now = begun + since;
    now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn bookmark(at: u64) -> String {
    let object = json!({"kind": "Pod", "metadata": {"resourceVersion": at.to_string()}});
    json!({"type": "BOOKMARK", "object": object}).to_string() + "\n"
}

impl State {
    fn below(&mut self, end: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % end
    }

    fn fails(&mut self) -> bool {
        let faults = self.faults;
        faults > 0 && self.below(100) < faults
    }
}

impl Selected {
    fn of(asked: &Asked) -> Option<Self> {
        let fields = asked.query("fieldSelector").unwrap_or_default();
        let fields = fields
            .replace("%3D", "=")
            .replace("%21", "!")
            .replace("%2C", ",");
        let fields = fields.split(',').filter(|it| !it.is_empty());
        let label = asked
            .query("labelSelector")
            .and_then(|text| text.strip_prefix("app%3D"));
        Some(Self {
            wanted: Wanted::of(&asked.path)?,
            fields: fields.map(str::to_owned).collect(),
            label: label.map(str::to_owned),
        })
    }

    fn is(&self, object: &Value) -> bool {
        let field = |field: &String| {
            let (path, value) = field.split_once('=').unwrap_or_default();
            let (path, wanted) = match path.strip_suffix('!') {
                Some(path) => (path, false),
                None => (path, true),
            };
            let pointer = format!("/{}", path.replace('.', "/"));
            (object.pointer(&pointer).and_then(Value::as_str) == Some(value)) == wanted
        };
        let label = self.label.as_deref();
        self.wanted.is(object)
            && label.is_none_or(|label| object["metadata"]["labels"]["app"] == label)
            && self.fields.iter().all(field)
    }

    /// The line of a change; empty when this watch does not see it.
    fn event(&self, change: &Change) -> Option<String> {
        if change.kind != self.wanted.kind {
            return Some(String::new());
        }
        let was = change.before.as_ref().filter(|object| self.is(object));
        let is = change.after.as_ref().filter(|object| self.is(object));
        let (word, object) = match (was, is) {
            (None, None) => return Some(String::new()),
            (None, Some(object)) => ("ADDED", object.clone()),
            (Some(_), Some(object)) => ("MODIFIED", object.clone()),
            (Some(object), None) => {
                let mut object = object.clone();
                object["metadata"]["resourceVersion"] = json!(change.version.to_string());
                ("DELETED", object)
            }
        };
        Some(json!({"type": word, "object": object}).to_string() + "\n")
    }
}
