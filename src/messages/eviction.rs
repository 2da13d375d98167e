//! Why a kubelet evicted a pod: [`read`] for the status message of reason Evicted and the event of that name.
//!
//! A limit that the pod itself broke is kept apart from a shortage of the node, of which the named container may be innocent.
//!
//! Source: kubelet `eviction/helpers.go`, `eviction/eviction_manager.go` of 1.19 to 1.37.

use super::form::{Captures, Pattern, anywhere, match_full, search};
use super::text;

/// Why a pod was evicted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Eviction {
    /// The node ran short of a resource.
    NodePressure {
        /// memory, ephemeral-storage, inodes or pids.
        resource: String,
        /// Below what the kubelet evicts; since 1.27.
        threshold: Option<String>,
        /// What was left; since 1.27.
        available: Option<String>,
        /// The containers that used more than they requested; none if the pod ran none.
        consumers: Vec<Consumer>,
    },
    /// A container broke its own limit of ephemeral storage.
    ContainerLimit {
        /// The container.
        container: String,
        /// Its limit.
        limit: String,
    },
    /// The pod's containers broke the sum of their limits of ephemeral storage.
    PodLimit {
        /// The sum.
        limit: String,
    },
    /// An emptyDir grew beyond its sizeLimit.
    EmptyDirLimit {
        /// The volume.
        volume: String,
        /// Its sizeLimit.
        limit: String,
    },
    /// The pod was refused because the node already had these conditions.
    AtAdmission {
        /// MemoryPressure, DiskPressure, PIDPressure.
        conditions: Vec<String>,
    },
    /// No known words.
    Unknown,
}

/// A container that the kubelet names as a large consumer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Consumer {
    /// The container; the pod where resources are set for the whole pod.
    pub name: String,
    /// What it used.
    pub used: String,
    /// What it requested.
    pub requested: String,
}

/// Reads the message of an eviction.
pub fn read(message: &str) -> Eviction {
    let text = text::bare(message);
    anywhere(FORMS, &text)
        .or_else(|| pressure(&text))
        .unwrap_or(Eviction::Unknown)
}

const FORMS: &[Pattern<Eviction>] = &[
    // localStorageEviction
    (
        "Usage of EmptyDir volume \"{}\" exceeds the limit \"{}\"",
        empty_dir,
    ),
    (
        "Usage of EmptyDir volume \"{}\" exceeds total limit \"{}\"",
        empty_dir,
    ),
    (
        "Container {} exceeded its local ephemeral storage limit \"{}\"",
        |captures| Eviction::ContainerLimit {
            container: captures.own(0),
            limit: captures.own(1),
        },
    ),
    (
        "Pod ephemeral local storage usage exceeds the total limit of containers {}",
        |captures| Eviction::PodLimit {
            limit: captures.own(0),
        },
    ),
    // Admit; up to 1.12 in the words of an eviction
    ("The node had condition: [{*}]", conditions),
    ("The node was low on resource: [{*}]", conditions),
];

fn empty_dir(captures: &Captures<'_>) -> Eviction {
    Eviction::EmptyDirLimit {
        volume: captures.own(0),
        limit: captures.own(1),
    }
}

fn conditions(captures: &Captures<'_>) -> Eviction {
    Eviction::AtAdmission {
        conditions: captures
            .get(0)
            .split([' ', ','])
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
    }
}

fn pressure(text: &str) -> Option<Eviction> {
    let resource = search("The node was low on resource: {}", text)?.own(0);
    let quantities = search("Threshold quantity: {}, available: {}", text);
    Some(Eviction::NodePressure {
        resource,
        threshold: quantities.as_ref().map(|captures| captures.own(0)),
        available: quantities.as_ref().map(|captures| captures.own(1)),
        consumers: text.split(". ").filter_map(consumer).collect(),
    })
}

/// One sentence about a consumer: of 1.25 and later, of before, and of a pod with resources of its own (1.36).
fn consumer(sentence: &str) -> Option<Consumer> {
    const FORMS: [&str; 4] = [
        "Container {} was using {}, request is {}, has larger consumption of {*}",
        "Container {} was using {}, which exceeds its request of {}",
        "Pod {} was using {}, request is {}, has larger consumption of {*}",
        "Pod {} was using {}, which exceeds its request of {}",
    ];
    let sentence = sentence.trim().trim_end_matches('.');
    let captures = FORMS
        .into_iter()
        .find_map(|form| match_full(form, sentence))?;
    Some(Consumer {
        name: captures.own(0),
        used: captures.own(1),
        requested: captures.own(2),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> String {
        text.to_owned()
    }

    fn consumer(name: &str, used: &str, requested: &str) -> Consumer {
        Consumer {
            name: words(name),
            used: words(used),
            requested: words(requested),
        }
    }

    #[test]
    fn shortage_of_the_node() {
        let now = "The node was low on resource: memory. Threshold quantity: 200Mi, available: 118.5Mi. Container app was using 812Mi, request is 0, has larger consumption of memory. Container log was using 9Mi, request is 1Mi, has larger consumption of memory. ";
        let Eviction::NodePressure {
            resource,
            threshold,
            available,
            consumers,
        } = read(now)
        else {
            panic!("{now}")
        };
        assert_eq!(
            (
                resource.as_str(),
                threshold.as_deref(),
                available.as_deref()
            ),
            ("memory", Some("200Mi"), Some("118.5Mi"))
        );
        assert_eq!(
            consumers,
            [consumer("app", "812Mi", "0"), consumer("log", "9Mi", "1Mi")]
        );

        let before = "The node was low on resource: ephemeral-storage. Container app was using 300Ki, which exceeds its request of 0. ";
        let expected = Eviction::NodePressure {
            resource: words("ephemeral-storage"),
            threshold: None,
            available: None,
            consumers: vec![consumer("app", "300Ki", "0")],
        };
        assert_eq!(read(before), expected);

        let empty = "Pod was rejected: The node was low on resource: inodes. Threshold quantity: 1%, available: 0. ";
        assert!(
            matches!(read(empty), Eviction::NodePressure { consumers, .. } if consumers.is_empty())
        );
    }

    #[test]
    fn own_limits() {
        assert_eq!(
            read("Container app exceeded its local ephemeral storage limit \"1Gi\". "),
            Eviction::ContainerLimit {
                container: words("app"),
                limit: words("1Gi")
            }
        );
        assert_eq!(
            read("Pod ephemeral local storage usage exceeds the total limit of containers 2.5Gi. "),
            Eviction::PodLimit {
                limit: words("2.5Gi")
            }
        );
        for verb in ["exceeds the limit", "exceeds total limit"] {
            assert_eq!(
                read(&format!(
                    "Usage of EmptyDir volume \"cache\" {verb} \"10Mi\". "
                )),
                Eviction::EmptyDirLimit {
                    volume: words("cache"),
                    limit: words("10Mi")
                }
            );
        }
    }

    #[test]
    fn refused_at_admission() {
        let expected = |names: &[&str]| Eviction::AtAdmission {
            conditions: names.iter().map(|name| words(name)).collect(),
        };
        assert_eq!(
            read("Pod was rejected: The node had condition: [DiskPressure]. "),
            expected(&["DiskPressure"])
        );
        assert_eq!(
            read("The node had condition: [DiskPressure MemoryPressure]. "),
            expected(&["DiskPressure", "MemoryPressure"])
        );
        assert_eq!(
            read("Pod The node was low on resource: [MemoryPressure]."),
            expected(&["MemoryPressure"])
        );
    }

    #[test]
    fn what_nobody_knows() {
        assert_eq!(read("gone"), Eviction::Unknown);
        assert_eq!(read(""), Eviction::Unknown);
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,80}") {
            let _ = read(&text);
            let _ = read(&format!("The node was low on resource: {text}. Container {text}"));
        }
    }
}
