//! What PodSecurity asks of a pod that it refuses, clause by clause.
//!
//! Source: pod-security-admission `policy/check_*.go` (0.37): `<check> (<who> must [not] <field and value>[; …])`.

use crate::messages::form::{Pattern, contains, search, whole};

/// The levels that admit more than `restricted`, the stricter first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Keeps pods from the node.
    Baseline,
    /// Admits everything.
    Privileged,
}

impl Level {
    /// By the label of a namespace.
    pub fn of(label: &str) -> Option<Self> {
        let both = [Level::Baseline, Level::Privileged];
        both.into_iter().find(|level| level.as_str() == label)
    }

    /// As a namespace's label says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Baseline => "baseline",
            Level::Privileged => "privileged",
        }
    }
}

/// What one clause asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Demand {
    /// `allowPrivilegeEscalation: false`
    NoEscalation,
    /// `capabilities.drop: [ALL]`
    DropAll,
    /// `runAsNonRoot: true`
    NonRoot,
    /// `runAsUser` other than 0.
    NotRootUser,
    /// A seccomp profile.
    Seccomp,
    /// To do without a privilege, which this level grants.
    Without(Level),
}

/// One clause: what is asked of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// What is asked.
    pub demand: Demand,
    /// Whether it can be, or has to be, met by the pod's own securityContext.
    pub of_pod: bool,
    /// The containers that are named.
    pub containers: Vec<String>,
}

/// The name of a check, without its details.
pub fn name(violation: &str) -> &str {
    violation.split(" (").next().unwrap_or(violation).trim()
}

/// The clauses of a check. What is not known asks for a privilege.
pub fn clauses(violation: &str) -> Vec<Clause> {
    let details = violation.split_once(" (").map(|(_, details)| details);
    let Some(details) = details.map(|it| it.strip_suffix(')').unwrap_or(it)) else {
        return vec![Clause::unknown()];
    };
    details.split("; ").map(clause).collect()
}

impl Clause {
    fn unknown() -> Self {
        Clause {
            demand: Demand::Without(Level::Privileged),
            of_pod: false,
            containers: Vec::new(),
        }
    }
}

const DEMANDS: &[Pattern<Demand>] = &[
    ("set securityContext.allowPrivilegeEscalation=false", |_| {
        Demand::NoEscalation
    }),
    ("set securityContext.capabilities.drop=[\"ALL\"]", |_| {
        Demand::DropAll
    }),
    ("set securityContext.runAsNonRoot=true", |_| Demand::NonRoot),
    ("not set securityContext.runAsNonRoot=false", |_| {
        Demand::NonRoot
    }),
    ("not set runAsUser=0", |_| Demand::NotRootUser),
    ("set securityContext.seccompProfile.type to {*}", |_| {
        Demand::Seccomp
    }),
    ("not set securityContext.seccompProfile.type to {*}", |_| {
        Demand::Seccomp
    }),
    (
        "not include {*} in securityContext.capabilities.add",
        |captures| Demand::Without(level_of_capabilities(captures.get(0))),
    ),
];

fn clause(text: &str) -> Clause {
    if let Some(captures) = search("restricted volume type{*} \"{*}", text) {
        let of_host = captures.get(1).contains("hostPath\"");
        return Clause {
            demand: Demand::Without(if of_host {
                Level::Privileged
            } else {
                Level::Baseline
            }),
            ..Clause::unknown()
        };
    }
    let Some((who, asked)) = text.split_once(" must ") else {
        return Clause::unknown();
    };
    Clause {
        demand: whole(DEMANDS, asked.trim()).unwrap_or(Demand::Without(Level::Privileged)),
        of_pod: who.trim_start().starts_with("pod"),
        containers: quoted(who),
    }
}

/// What stands in quotation marks.
fn quoted(text: &str) -> Vec<String> {
    text.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// The level at which capabilities may be added (policy/check_capabilities_baseline.go).
fn level_of_capabilities(list: &str) -> Level {
    const BASELINE: [&str; 13] = [
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    ];
    let added = quoted(list);
    let is_plain = |name: &String| BASELINE.contains(&name.as_str());
    if !added.is_empty() && added.iter().all(is_plain) && !contains(list, "\"ALL\"") {
        Level::Baseline
    } else {
        Level::Privileged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(demand: Demand, of_pod: bool, containers: &[&str]) -> Clause {
        Clause {
            demand,
            of_pod,
            containers: containers.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn each_clause_says_who_has_to_do_what() {
        let without = |level| of(Demand::Without(level), false, &[]);
        for (violation, expected) in [
            (
                "allowPrivilegeEscalation != false (containers \"a\", \"b\" must set securityContext.allowPrivilegeEscalation=false)",
                vec![of(Demand::NoEscalation, false, &["a", "b"])],
            ),
            (
                "unrestricted capabilities (container \"a\" must set securityContext.capabilities.drop=[\"ALL\"]; container \"a\" must not include \"NET_ADMIN\" in securityContext.capabilities.add)",
                vec![
                    of(Demand::DropAll, false, &["a"]),
                    of(Demand::Without(Level::Privileged), false, &["a"]),
                ],
            ),
            (
                "unrestricted capabilities (container \"a\" must not include \"CHOWN\", \"KILL\" in securityContext.capabilities.add)",
                vec![of(Demand::Without(Level::Baseline), false, &["a"])],
            ),
            (
                "runAsNonRoot != true (pod or container \"a\" must set securityContext.runAsNonRoot=true)",
                vec![of(Demand::NonRoot, true, &["a"])],
            ),
            (
                "runAsNonRoot != true (container \"a\" must not set securityContext.runAsNonRoot=false)",
                vec![of(Demand::NonRoot, false, &["a"])],
            ),
            (
                "runAsUser=0 (pod and container \"a\" must not set runAsUser=0)",
                vec![of(Demand::NotRootUser, true, &["a"])],
            ),
            (
                "seccompProfile (pod or containers \"a\", \"b\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")",
                vec![of(Demand::Seccomp, true, &["a", "b"])],
            ),
            (
                "host namespaces (hostNetwork=true)",
                vec![without(Level::Privileged)],
            ),
            (
                "hostPath volumes (volume \"logs\")",
                vec![without(Level::Privileged)],
            ),
            (
                "restricted volume types (volume \"logs\" uses restricted volume type \"hostPath\")",
                vec![without(Level::Privileged)],
            ),
            (
                "restricted volume types (volumes \"a\", \"b\" use restricted volume types \"iscsi\", \"nfs\")",
                vec![without(Level::Baseline)],
            ),
            (
                "privileged (container \"a\" must not set securityContext.privileged=true)",
                vec![of(Demand::Without(Level::Privileged), false, &["a"])],
            ),
            ("words of tomorrow", vec![without(Level::Privileged)]),
        ] {
            assert_eq!(clauses(violation), expected, "{violation}");
        }
        assert_eq!(name("host namespaces (hostPID=true)"), "host namespaces");
    }
}
