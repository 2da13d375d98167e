//! Reads kubectl's way of naming objects: `TYPE NAME...`, `TYPE/NAME...`, `TYPE,TYPE`, or bare names.

use crate::error::Failure;
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::qualified_name::is_dns_label;
use crate::snapshot::Kind;
use crate::triage::scope::Target;
use anyhow::{Result, bail};

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
    Kind::PersistentVolumeClaim,
    Kind::Namespace,
];

/// What the positional arguments mean.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// What was named.
    pub targets: Vec<Target>,
    /// The names came without a kind.
    pub bare: bool,
    /// Namespaces were named in place of what is in them.
    pub place: Option<Place>,
}

/// Where to look.
#[derive(Debug, PartialEq, Eq)]
pub enum Place {
    /// `ns/shop`
    Namespace(String),
    /// `ns`
    Everywhere,
}

impl From<Vec<Target>> for Typed {
    fn from(targets: Vec<Target>) -> Self {
        Typed {
            targets,
            ..Typed::default()
        }
    }
}

/// Reads the positional arguments. None, or a bare `pods`, means everything.
///
/// # Errors
/// When a kind is unknown or cannot be diagnosed, or when the forms are mixed.
pub fn parse(words: &[String]) -> Result<Typed> {
    if words.iter().any(|word| word.contains('/')) {
        let named: Result<Vec<_>> = words.iter().map(|word| slashed(word)).collect();
        return typed(named?);
    }
    let Some((first, names)) = words.split_first() else {
        return Ok(Typed::default());
    };
    let Some(kinds) = kinds_of(first)? else {
        return bare(words);
    };
    let all = [None];
    let names: Vec<Option<&String>> = names.iter().map(Some).collect();
    let names = if names.is_empty() { &all[..] } else { &names };
    let each = kinds.iter().flat_map(|kind| {
        let targets = names.iter();
        targets.map(|name| name.map_or_else(|| Target::all(*kind), |name| Target::new(*kind, name)))
    });
    typed(each.collect())
}

/// The kinds of a word like `pods` or `deploy,sts`; none when it is a name.
fn kinds_of(word: &str) -> Result<Option<Vec<Kind>>> {
    let parts: Vec<&str> = word.split(',').filter(|part| !part.is_empty()).collect();
    let known = |part: &&&str| Kind::of_argument(part).is_some();
    match parts.iter().find(|part| !known(part)) {
        None => parts
            .iter()
            .filter_map(|part| Some((Kind::of_argument(part)?, part)))
            .map(|(kind, part)| supported(kind, part))
            .collect::<Result<_>>()
            .map(Some),
        Some(part) if parts.iter().any(|part| known(&part)) => bail!(unknown(part)),
        Some(_) => Ok(None),
    }
}

fn bare(words: &[String]) -> Result<Typed> {
    if let Some(word) = words.iter().find(|word| word.contains(',')) {
        bail!(
            Failure::new(format!("`{word}` is not a name")).hint(format!(
                "names are parted by blanks: {}",
                word.replace(',', " ")
            ))
        );
    }
    let pods = words.iter().map(|name| Target::new(Kind::Pod, name));
    Ok(Typed {
        targets: pods.collect(),
        bare: true,
        place: None,
    })
}

/// Takes the namespaces out: they say where, not what.
fn typed(targets: Vec<Target>) -> Result<Typed> {
    let is_place = |target: &Target| target.kind == Kind::Namespace;
    let everything = Target::all(Kind::Pod);
    match targets.as_slice() {
        [
            Target {
                kind: Kind::Namespace,
                name,
                ..
            },
        ] => Ok(Typed {
            place: Some(name.clone().map_or(Place::Everywhere, Place::Namespace)),
            ..Typed::default()
        }),
        [only] if *only == everything => Ok(Typed::default()),
        all if all.iter().all(is_place) => bail!(one_namespace()),
        all if all.iter().any(is_place) => bail!(
            Failure::new("a namespace and something else cannot be named together")
                .hint("-n says in which namespace the others are")
        ),
        _ => Ok(targets.into()),
    }
}

/// The name behind `-n`.
///
/// # Errors
/// When it cannot be the name of a namespace.
pub fn namespace(name: &str) -> Result<()> {
    if name.contains(',') {
        bail!(one_namespace());
    }
    if !is_dns_label(name) {
        bail!(
            Failure::new(format!("`{name}` cannot be the name of a namespace"))
                .hint("names of namespaces are small letters, digits and hyphens")
        );
    }
    Ok(())
}

fn one_namespace() -> Failure {
    Failure::new("namespaces are looked at one at a time")
        .hint("-n names one; -A looks at all of them")
}

fn slashed(word: &str) -> Result<Target> {
    let mut parts = word.split('/');
    let (Some(kind), Some(name), None) = (parts.next(), parts.next(), parts.next()) else {
        bail!(
            Failure::new(format!("`{word}` is not of the form TYPE/NAME"))
                .hint("either all targets are written TYPE/NAME or none is")
        );
    };
    if name.is_empty() || kind.is_empty() {
        bail!("`{word}` is not of the form TYPE/NAME");
    }
    match Kind::of_argument(kind) {
        Some(known) => Ok(Target::new(supported(known, kind)?, name)),
        None => bail!(unknown(kind)),
    }
}

fn supported(kind: Kind, word: &str) -> Result<Kind> {
    if KINDS.contains(&kind) {
        return Ok(kind);
    }
    bail!(
        Failure::new(format!("a diagnosis cannot start from `{word}`"))
            .hint(format!("it can start from {}", kinds()))
    )
}

fn unknown(word: &str) -> Failure {
    let words = KINDS
        .iter()
        .flat_map(|kind| std::iter::once(kind.plural()).chain(kind.short_names().iter().copied()));
    let failure = Failure::new(format!("`{word}` is not a type that is known here"));
    match nearest(word, words) {
        Some(near) => failure.hint(format!("did you mean `{near}`?")),
        None => failure.hint(format!("known are {}", kinds())),
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
    use crate::error::hints;

    fn typed(words: &[&str]) -> Result<Typed, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        parse(&words).map_err(|error| format!("{error} {}", hints(&error).join(" ")))
    }

    fn read(words: &[&str]) -> Result<Vec<String>, String> {
        let name = |target: Target| match target.name {
            Some(name) => format!("{}/{name}", target.kind),
            None => target.kind.to_string(),
        };
        typed(words).map(|typed| typed.targets.into_iter().map(name).collect())
    }

    #[test]
    fn kubectls_forms_are_read() {
        for (words, expected) in [
            (&[][..], &[][..]),
            (&["pods"], &[]),
            (&["web"], &["Pod/web"]),
            (&["web", "db"], &["Pod/web", "Pod/db"]),
            (&["pod", "web", "db"], &["Pod/web", "Pod/db"]),
            (&["deploy/web", "po/db"], &["Deployment/web", "Pod/db"]),
            (&["sts", "db"], &["StatefulSet/db"]),
            (&["deploy"], &["Deployment"]),
            (&["nodes"], &["Node"]),
            (&["pods,deploy"], &["Pod", "Deployment"]),
            (&["deploy,sts", "db"], &["Deployment/db", "StatefulSet/db"]),
            (&["pvc/data"], &["PersistentVolumeClaim/data"]),
            (&["ns/shop"], &[]),
        ] {
            assert_eq!(read(words).unwrap(), expected, "{words:?}");
        }
    }

    #[test]
    fn names_without_a_kind_are_told_from_those_of_pods() {
        assert!(typed(&["web"]).unwrap().bare);
        assert!(!typed(&["pod", "web"]).unwrap().bare);
    }

    #[test]
    fn namespaces_say_where_to_look() {
        let place = |words: &[&str]| typed(words).unwrap().place;
        let shop = || Some(Place::Namespace("shop".to_owned()));
        assert_eq!(place(&["ns/shop"]), shop());
        assert_eq!(place(&["namespace", "shop"]), shop());
        assert_eq!(place(&["ns"]), Some(Place::Everywhere));
        assert!(
            typed(&["ns", "a", "b"])
                .unwrap_err()
                .contains("one at a time")
        );
        assert!(typed(&["ns/a", "deploy/b"]).unwrap_err().contains("-n"));
        assert!(namespace("shop").is_ok());
        for mistake in ["shop,payments", "Shop", "a/b", "-n"] {
            assert!(namespace(mistake).is_err(), "{mistake}");
        }
    }

    #[test]
    fn mistakes_are_named_with_the_nearest_kind() {
        for (words, said) in [
            (&["deploymnt/web"][..], "deployments"),
            (&["secret/web"], "cannot start from"),
            (&["secrets"], "cannot start from"),
            (&["pods,deploymnt"], "deployments"),
            (&["web,db"], "web db"),
            (&["a/b/c"], "TYPE/NAME"),
            (&["pod/web", "db"], "TYPE/NAME"),
        ] {
            let error = read(words).unwrap_err();
            assert!(error.contains(said), "{words:?}: {error}");
        }
    }
}
