//! Reads kubectl's way of naming objects: `TYPE NAME...`, `TYPE/NAME...`, or a bare pod name.

use crate::error::Error;
use crate::kubernetes::nearest::nearest;
use crate::snapshot::Kind;
use crate::triage::scope::Target;

/// The kinds that a diagnosis can start from.
pub const KINDS: &[Kind] = &[
    Kind::Pod,
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::StatefulSet,
    Kind::DaemonSet,
    Kind::Job,
    Kind::CronJob,
    Kind::ReplicationController,
    Kind::Node,
    Kind::Service,
];

/// Reads the positional arguments. None, or a bare `pods`, means every pod.
///
/// # Errors
/// When a kind is unknown or cannot be diagnosed, or when the forms are mixed.
pub fn parse(words: &[String]) -> Result<Vec<Target>, Error> {
    if words.iter().any(|word| word.contains('/')) {
        return words.iter().map(|word| slashed(word)).collect();
    }
    let Some((first, names)) = words.split_first() else {
        return Ok(Vec::new());
    };
    match (Kind::of_argument(first), names) {
        (Some(Kind::Pod), []) => Ok(Vec::new()),
        (Some(_), []) => Err(Error::new(format!("no name is given after `{first}`"))
            .hint(format!("name one: kubectl diagnose {first} NAME"))
            .hint("or leave both out to look at every pod of the namespace")),
        (Some(kind), names) => {
            let kind = supported(kind, first)?;
            Ok(names
                .iter()
                .map(|name| Target {
                    kind,
                    name: name.clone(),
                })
                .collect())
        }
        (None, _) => Ok(words.iter().map(|name| pod(name)).collect()),
    }
}

fn pod(name: &str) -> Target {
    Target {
        kind: Kind::Pod,
        name: name.to_owned(),
    }
}

fn slashed(word: &str) -> Result<Target, Error> {
    let mut parts = word.split('/');
    let (Some(kind), Some(name), None) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Error::new(format!("`{word}` is not of the form TYPE/NAME"))
            .hint("either all targets are written TYPE/NAME or none is"));
    };
    if name.is_empty() || kind.is_empty() {
        return Err(Error::new(format!("`{word}` is not of the form TYPE/NAME")));
    }
    match Kind::of_argument(kind) {
        Some(known) => Ok(Target {
            kind: supported(known, kind)?,
            name: name.to_owned(),
        }),
        None => Err(unknown(kind)),
    }
}

fn supported(kind: Kind, word: &str) -> Result<Kind, Error> {
    if KINDS.contains(&kind) {
        return Ok(kind);
    }
    Err(
        Error::new(format!("a diagnosis cannot start from `{word}`"))
            .hint(format!("it can start from {}", kinds())),
    )
}

fn unknown(word: &str) -> Error {
    let words = KINDS
        .iter()
        .flat_map(|kind| std::iter::once(kind.plural()).chain(kind.short_names().iter().copied()));
    let error = Error::new(format!("`{word}` is not a type that is known here"));
    match nearest(word, words) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("known are {}", kinds())),
    }
}

fn kinds() -> String {
    let names: Vec<String> = KINDS
        .iter()
        .map(|kind| kind.as_str().to_ascii_lowercase())
        .collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Vec<String>, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        parse(&words)
            .map(|targets| {
                targets
                    .iter()
                    .map(|t| format!("{}/{}", t.kind, t.name))
                    .collect()
            })
            .map_err(|error| error.message + " " + &error.hints.join(" "))
    }

    #[test]
    fn kubectls_forms_are_read() {
        assert_eq!(read(&[]).unwrap(), [""; 0]);
        assert_eq!(read(&["pods"]).unwrap(), [""; 0]);
        assert_eq!(read(&["web"]).unwrap(), ["Pod/web"]);
        assert_eq!(read(&["web", "db"]).unwrap(), ["Pod/web", "Pod/db"]);
        assert_eq!(read(&["pod", "web", "db"]).unwrap(), ["Pod/web", "Pod/db"]);
        assert_eq!(
            read(&["deploy/web", "po/db"]).unwrap(),
            ["Deployment/web", "Pod/db"]
        );
        assert_eq!(read(&["sts", "db"]).unwrap(), ["StatefulSet/db"]);
    }

    #[test]
    fn mistakes_are_named_with_the_nearest_kind() {
        assert!(
            read(&["deploymnt/web"])
                .unwrap_err()
                .contains("deployments")
        );
        assert!(
            read(&["secret/web"])
                .unwrap_err()
                .contains("cannot start from")
        );
        assert!(read(&["deploy"]).unwrap_err().contains("no name"));
        assert!(read(&["a/b/c"]).unwrap_err().contains("TYPE/NAME"));
        assert!(read(&["pod/web", "db"]).unwrap_err().contains("TYPE/NAME"));
    }
}
