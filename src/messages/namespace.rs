//! What the controller of namespaces says while one that was deleted cannot go.
//!
//! Source: kube-controller-manager `pkg/controller/namespace/deletion/status_condition_utils.go`; client-go
//! `discovery/discovery_client.go` (ErrGroupDiscoveryFailed), 1.16 to 1.37.

/// The types of its conditions, in the order in which they tell more.
pub const CONDITIONS: [&str; 5] = [
    DISCOVERY,
    "NamespaceDeletionGroupVersionParsingFailure",
    DELETION,
    FINALIZERS,
    CONTENT,
];

/// Which kinds there are could not be asked.
pub const DISCOVERY: &str = "NamespaceDeletionDiscoveryFailure";
/// Something could not be deleted.
pub const DELETION: &str = "NamespaceDeletionContentFailure";
/// What is left has finalizers.
pub const FINALIZERS: &str = "NamespaceFinalizersRemaining";
/// Something is left.
pub const CONTENT: &str = "NamespaceContentRemaining";

/// How many there are of something that is left.
pub type Counted<'m> = Vec<(&'m str, u64)>;

/// The resources that are left, as kubectl takes them, of [`CONTENT`]: `pods. has 2 resource instances`.
pub fn resources(message: &str) -> Counted<'_> {
    let mut left = counted(message, " has ");
    // the same events, served by two APIs
    if left.iter().any(|(resource, _)| *resource == "events") {
        left.retain(|(resource, _)| *resource != "events.events.k8s.io");
    }
    left
}

/// The finalizers that are left, of [`FINALIZERS`]: `example.com/backup in 2 resource instances`.
pub fn finalizers(message: &str) -> Counted<'_> {
    counted(message, " in ")
}

fn counted<'m>(message: &'m str, between: &str) -> Counted<'m> {
    let (_, list) = message.split_once(": ").unwrap_or_default();
    let entry = |entry: &'m str| {
        let entry = entry.trim().strip_suffix(" resource instances")?;
        let (name, number) = entry.rsplit_once(between)?;
        // kinds of the core group have an empty group behind the dot
        Some((name.trim_end_matches('.'), number.parse().ok()?))
    };
    list.split(", ").filter_map(entry).collect()
}

/// The API versions that did not answer, of [`DISCOVERY`]: `metrics.k8s.io/v1beta1: the server is currently unable …`. Those
/// of the core group are no group's.
pub fn unanswered(message: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for word in message.split_whitespace() {
        let Some((group, version)) = word.strip_suffix(':').and_then(|it| it.split_once('/'))
        else {
            continue;
        };
        let is_version = version
            .strip_prefix('v')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if is_version && group.contains('.') && !found.contains(&(group, version)) {
            found.push((group, version));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_counted() {
        assert_eq!(
            resources(
                "Some resources are remaining: databases.example.com has 1 resource instances, pods. has 12 resource instances"
            ),
            [("databases.example.com", 1), ("pods", 12)]
        );
        assert_eq!(
            resources(
                "Some resources are remaining: configmaps. has 1 resource instances, events. has 2 resource instances, events.events.k8s.io has 2 resource instances"
            ),
            [("configmaps", 1), ("events", 2)]
        );
        for begin in [
            "Some content in the namespace has finalizers remaining",
            "Some finalizers are remaining",
        ] {
            assert_eq!(
                finalizers(&format!(
                    "{begin}: example.com/backup in 1 resource instances, foregroundDeletion in 2 resource instances"
                )),
                [("example.com/backup", 1), ("foregroundDeletion", 2)]
            );
        }
        assert_eq!(resources("All content successfully removed"), []);
    }

    #[test]
    fn apis_that_do_not_answer_are_named_once() {
        for (message, expected) in [
            (
                "Discovery failed for some groups, 2 failing: unable to retrieve the complete list of server APIs: custom.metrics.k8s.io/v1beta1: the server is currently unable to handle the request, metrics.k8s.io/v1beta1: stale GroupVersion discovery: metrics.k8s.io/v1beta1",
                vec![
                    ("custom.metrics.k8s.io", "v1beta1"),
                    ("metrics.k8s.io", "v1beta1"),
                ],
            ),
            ("Get \"https://10.0.0.1:443/api/v1: EOF", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(unanswered(message), expected, "{message}");
        }
    }
}
