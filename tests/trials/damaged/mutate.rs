//! Damages one place of a dump: a fork's API server, an editor, a cut connection, a person who means harm.

use crate::random::Random;
use serde_json::{Map, Value, json};

/// Behind a key this makes it stand there twice, which no JSON value can hold.
const TWICE: &str = "\u{1}twice";

/// What a terminal obeys, what a shell runs, what kubectl takes for an option.
const HOSTILE: [&str; 21] = [
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}[",
    "\u{9b}",
    "\u{1b}]52;c;ZXZpbA==\u{7}",
    "\u{1b}]0;title\u{1b}\\",
    "a\u{202e}b\u{2066}",
    "we\u{200d}b\u{200b}\u{ad}\u{e0041}",
    "a\r\nb\n:0\tc",
    "\u{0}\u{8}\u{7f}\u{85}\u{2028}",
    "'; evil #",
    "$(evil)",
    "`evil`",
    "a && evil || evil & evil; evil | evil > evil",
    "'\"'\"'$(evil)\\",
    "\\'$(evil)",
    "\nevil\n",
    "=evil",
    "!evil",
    "--server=https://evil.example",
    "-A",
    "--kubeconfig=/tmp/evil",
];

/// The options among them that no printed command has.
pub(super) const OPTIONS: [&str; 2] = ["--server", "--kubeconfig"];

/// Words that are too long, too odd, or only look like what is meant.
const ODD: [&str; 12] = [
    "",
    " ",
    ".",
    "..",
    "/",
    "%s{}{claim}",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "1e400Ei",
    "-1m",
    "漢字🚀e\u{301}",
    "0/99999999999999999999 nodes are available: -1 Insufficient cpu.",
];

/// Damages one place, and says how as JSON text.
pub(super) fn damaged(dump: &Value, random: &mut Random) -> String {
    let mut dump = dump.clone();
    let items = dump.get_mut("items").and_then(Value::as_array_mut);
    if let Some(item) = items.filter(|items| !items.is_empty()) {
        let at = random.below(item.len());
        if random.percent(3) {
            let twin = item[at].clone();
            item.push(twin);
        } else {
            descend(&mut item[at], random);
        }
    }
    dump.to_string().replace("\\u0001twice", "")
}

/// One in four ends here, the others a level deeper, so that every depth is met.
fn descend(value: &mut Value, random: &mut Random) {
    let goes_on = random.percent(75);
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let key = keys(fields)[random.below(fields.len())].clone();
            match fields.get_mut(&key) {
                Some(inner) if goes_on && !is_leaf(inner) => descend(inner, random),
                _ => in_object(fields, &key, random),
            }
        }
        Value::Array(all) if !all.is_empty() => {
            let at = random.below(all.len());
            if goes_on {
                descend(&mut all[at], random);
            } else if random.percent(50) {
                let twin = all[at].clone();
                all.insert(at, twin);
            } else {
                all.remove(at);
            }
        }
        leaf => *leaf = other(leaf, random),
    }
}

fn keys(fields: &Map<String, Value>) -> Vec<String> {
    fields.keys().cloned().collect()
}

fn is_leaf(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(all) => all.is_empty(),
        _ => true,
    }
}

fn in_object(fields: &mut Map<String, Value>, key: &str, random: &mut Random) {
    let value = fields.get(key).cloned().unwrap_or_default();
    match random.below(10) {
        0 => {
            fields.remove(key);
        }
        1 => {
            fields.insert(format!("{key}{TWICE}"), other(&value, random));
        }
        2 => {
            fields.remove(key);
            fields.insert(text(random), value);
        }
        _ => {
            fields.insert(key.to_owned(), other(&value, random));
        }
    }
}

/// Something else in place of a value: hostile text, a number without an end, another type, one level more.
fn other(value: &Value, random: &mut Random) -> Value {
    match random.below(12) {
        0 => Value::Null,
        1 => json!({}),
        2 => json!([]),
        3 => json!(true),
        4 => random
            .pick(&[0, 1, -1, i64::MAX, i64::MIN, 65_536, 4_294_967_296])
            .into(),
        5 => json!(random.pick(&[1.5, -0.0, 1e300, 5e-324])),
        6 => json!([value]),
        7 => json!({"name": value, "value": value}),
        8 => value.as_str().map_or(json!(value.to_string()), |text| {
            text.parse::<i64>()
                .map_or_else(|_| json!(text.repeat(300)), Value::from)
        }),
        9 => match value.as_str() {
            Some(before) => json!(format!("{before}{}", text(random))),
            None => json!(text(random)),
        },
        _ => json!(text(random)),
    }
}

fn text(random: &mut Random) -> String {
    if random.percent(70) {
        random.pick(&HOSTILE).to_owned()
    } else {
        random.pick(&ODD).to_owned()
    }
}
