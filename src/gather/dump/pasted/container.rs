//! The containers of a described pod.

use super::object::made;
use super::pod::slice;
use super::tree::{Field, number};
use serde_json::{Map, Value, json};

/// One container, as it is written and as it stands.
pub(super) struct Read {
    pub(super) spec: Value,
    /// Absent where nothing is known of its state.
    pub(super) status: Option<Value>,
    /// Whether it runs or has run.
    pub(super) started: bool,
    pub(super) running: bool,
    /// Whether its last run, that of now, ended with exit code 0.
    pub(super) ended_well: bool,
    pub(super) restarts: i64,
    /// Whether it ended with exit code 0 and was started again.
    pub(super) ended_well_and_went_on: bool,
}

/// Whether it is told how a container stands: of one that runs, whether it is ready.
pub(super) fn is_shown(container: &Field) -> bool {
    let state = container.value("State");
    state.is_some_and(|state| state != "Running" || container.has("Ready"))
}

/// Those of a list; where the description breaks off, only those of which all is shown.
pub(super) fn read(list: Option<&Field>, is_cut: bool) -> Vec<Read> {
    let each = list.map_or(&[][..], |field| &field.children).iter();
    each.filter(|one| !one.label.is_empty() && (!is_cut || is_shown(one)))
        .map(container)
        .collect()
}

pub(super) fn specs(all: &[Read]) -> Value {
    json!(all.iter().map(|one| &one.spec).collect::<Vec<_>>())
}

pub(super) fn statuses(all: &[Read]) -> Value {
    json!(
        all.iter()
            .filter_map(|one| one.status.as_ref())
            .collect::<Vec<_>>()
    )
}

/// An init container that has not ended well while one that comes after it runs is a sidecar: the kubelet waits for the good
/// end of others.
pub(super) fn find_sidecars(init: &mut [Read], main: &[Read]) {
    let mut later = main.iter().any(|one| one.running);
    for one in init.iter_mut().rev() {
        if let (false, true, Value::Object(spec)) = (one.ended_well, later, &mut one.spec) {
            spec.insert("restartPolicy".to_owned(), json!("Always"));
        }
        later |= one.running;
    }
}

fn container(field: &Field) -> Read {
    let spec = made([
        ("name", json!(field.label)),
        ("image", json!(field.value("Image"))),
        (
            "command",
            json!(field.get("Command").map(|list| &list.more)),
        ),
        ("args", json!(field.get("Args").map(|list| &list.more))),
        ("ports", ports(field)),
        (
            "resources",
            made([
                ("limits", json!(field.amounts("Limits"))),
                ("requests", json!(field.amounts("Requests"))),
            ]),
        ),
        ("livenessProbe", probe(field.value("Liveness"))),
        ("readinessProbe", probe(field.value("Readiness"))),
        ("startupProbe", probe(field.value("Startup"))),
        ("env", environment(field.get("Environment"))),
        (
            "envFrom",
            environment_from(field.get("Environment Variables from")),
        ),
        ("volumeMounts", mounts(field.get("Mounts"))),
    ]);
    let state = field.get("State");
    let last = field.get("Last State");
    let word = |state: Option<&Field>| state.map_or("", |state| state.value.as_str()).to_owned();
    let restarts = field.number("Restart Count").unwrap_or_default();
    let good = |state: Option<&Field>| state.and_then(|end| end.number("Exit Code")) == Some(0);
    let waits = matches!(
        state.and_then(|state| state.value("Reason")),
        Some("CrashLoopBackOff")
    );
    Read {
        spec,
        started: word(state) != "Waiting" && state.is_some() || last.is_some() || restarts > 0,
        running: word(state) == "Running",
        ended_well: good(state),
        restarts,
        ended_well_and_went_on: good(last) && (waits || word(state) == "Running"),
        status: state.map(|now| {
            made([
                ("name", json!(field.label)),
                ("image", json!(field.value("Image").unwrap_or_default())),
                (
                    "imageID",
                    json!(field.value("Image ID").unwrap_or_default()),
                ),
                ("containerID", json!(field.value("Container ID"))),
                ("ready", json!(field.value("Ready") == Some("True"))),
                ("restartCount", json!(restarts)),
                ("state", read_state(now)),
                ("lastState", last.map_or(Value::Null, read_state)),
            ])
        }),
    }
}

fn read_state(state: &Field) -> Value {
    let reason = json!(state.value("Reason"));
    let message = json!(state.whole("Message"));
    match state.value.as_str() {
        "Running" => json!({"running": made([("startedAt", json!(state.time("Started")))])}),
        "Terminated" => json!({"terminated": made([
            ("reason", reason),
            ("message", message),
            ("exitCode", json!(state.number("Exit Code").unwrap_or_default())),
            ("signal", json!(state.number("Signal"))),
            ("startedAt", json!(state.time("Started"))),
            ("finishedAt", json!(state.time("Finished"))),
        ])}),
        // why it waits is not shown, only the word for it
        _ => json!({"waiting": made([("reason", reason)])}),
    }
}

/// `80/TCP, 443/TCP (https)` beside the same line for the ports of the host, 0 where there is none.
fn ports(field: &Field) -> Value {
    let list = |labels: &[&str]| {
        let value = field.any(labels).map_or("", |field| field.value.as_str());
        let ports = value.split(", ").filter_map(|port| {
            let (number, rest) = port.split_once('/')?;
            Some((number.parse::<u16>().ok()?, rest.to_owned()))
        });
        ports.collect::<Vec<_>>()
    };
    let host = list(&["Host Port", "Host Ports"]);
    let ports = list(&["Port", "Ports"])
        .into_iter()
        .enumerate()
        .map(|(at, (port, rest))| {
            let (protocol, name) = rest.split_once(" (").unwrap_or((&rest, ""));
            let on_host = host.get(at).map(|(port, _)| *port).filter(|port| *port > 0);
            made([
                ("containerPort", json!(port)),
                ("hostPort", json!(on_host)),
                ("protocol", json!(protocol)),
                (
                    "name",
                    json!(Some(name.trim_end_matches(')')).filter(|name| !name.is_empty())),
                ),
            ])
        });
    json!(ports.collect::<Vec<_>>())
}

/// `http-get http://:8080/healthz delay=0s timeout=1s period=10s #success=1 #failure=3`
fn probe(text: Option<&str>) -> Value {
    let Some((how, numbers)) = text.and_then(|text| text.split_once(" delay=")) else {
        return Value::Null;
    };
    let numbers = format!("delay={numbers}");
    let value = |names: &[&str]| {
        let mut words = numbers.split_ascii_whitespace();
        let found = words.find_map(|word| {
            let (name, value) = word.split_once('=')?;
            names.contains(&name).then_some(value)
        });
        json!(found.and_then(number))
    };
    let (kind, rest) = how.split_once(' ').unwrap_or((how, ""));
    let (key, handler) = match kind {
        "http-get" => ("httpGet", http(rest)),
        "exec" => ("exec", json!({"command": slice(rest)})),
        "tcp-socket" => {
            let (host, port) = rest.rsplit_once(':').unwrap_or(("", rest));
            let host = json!(Some(host).filter(|host| !host.is_empty()));
            (
                "tcpSocket",
                made([("host", host), ("port", self::port(port))]),
            )
        }
        "grpc" => {
            let (address, service) = rest.split_once(' ').unwrap_or((rest, ""));
            let port = address
                .rsplit_once(':')
                .map_or(Value::Null, |(_, port)| self::port(port));
            ("grpc", json!({"port": port, "service": service}))
        }
        _ => return Value::Null,
    };
    made([
        ("initialDelaySeconds", value(&["delay"])),
        ("timeoutSeconds", value(&["timeout"])),
        ("periodSeconds", value(&["period"])),
        ("successThreshold", value(&["#success", "successThreshold"])),
        ("failureThreshold", value(&["#failure", "failureThreshold"])),
        (key, handler),
    ])
}

fn port(text: &str) -> Value {
    text.parse::<u16>()
        .map_or_else(|_| json!(text), |port| json!(port))
}

/// `http://:8080/healthz`
fn http(text: &str) -> Value {
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
    let (address, path) = rest
        .find('/')
        .and_then(|at| rest.split_at_checked(at))
        .unwrap_or((rest, ""));
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    made([
        ("scheme", json!(scheme.to_ascii_uppercase())),
        ("host", json!(Some(host).filter(|host| !host.is_empty()))),
        ("port", self::port(port)),
        ("path", json!(Some(path).filter(|path| !path.is_empty()))),
    ])
}

fn environment(list: Option<&Field>) -> Value {
    let each = list.map_or(&[][..], |field| &field.children).iter();
    let variable = |field: &Field| {
        let source = set_to(&field.value);
        // the values are of no use here, and may be secret
        source.map(|source| json!({"name": field.label, "valueFrom": source}))
    };
    json!(each.filter_map(variable).collect::<Vec<_>>())
}

/// `<set to the key 'url' in secret 'db'>  Optional: false`
fn set_to(value: &str) -> Option<Value> {
    let (rest, optional) = value.strip_prefix("<set to the key '")?.split_once('>')?;
    let (key, rest) = rest.split_once('\'')?;
    let (kind, name) = rest.trim_end_matches('\'').split_once('\'')?;
    let kind = if kind.contains("secret") {
        "secretKeyRef"
    } else {
        "configMapKeyRef"
    };
    let source = json!({"key": key, "name": name, "optional": is_optional(optional)});
    Some(Value::Object(Map::from_iter([(kind.to_owned(), source)])))
}

fn is_optional(text: &str) -> bool {
    text.trim_end().ends_with("Optional: true")
}

/// `settings  ConfigMap with prefix 'A_'  Optional: false`
fn environment_from(list: Option<&Field>) -> Value {
    let each = list.map_or(&[][..], |field| &field.children).iter();
    let source = |field: &Field| {
        let mut words = field.text.split_ascii_whitespace();
        let name = words.next()?;
        let kind = match words.next()? {
            "ConfigMap" => "configMapRef",
            "Secret" => "secretRef",
            _ => return None,
        };
        let source = json!({"name": name, "optional": is_optional(&field.text)});
        Some(Value::Object(Map::from_iter([(kind.to_owned(), source)])))
    };
    json!(each.filter_map(source).collect::<Vec<_>>())
}

/// `/etc/app from config (ro,path="app.yaml")`
fn mounts(list: Option<&Field>) -> Value {
    let each = list.map_or(&[][..], |field| &field.children).iter();
    let mount = |field: &Field| {
        let (path, rest) = field.text.split_once(" from ")?;
        let (name, flags) = rest.split_once(" (")?;
        let sub_path = flags
            .split_once("path=\"")
            .and_then(|(_, path)| path.split_once('"'));
        Some(made([
            ("mountPath", json!(path)),
            ("name", json!(name)),
            ("readOnly", json!(flags.starts_with("ro"))),
            ("subPath", json!(sub_path.map(|(path, _)| path))),
        ]))
    };
    json!(each.filter_map(mount).collect::<Vec<_>>())
}
