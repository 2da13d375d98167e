//! Which policies a webhook names when it says no, and what each of them says.
//!
//! Sources: gatekeeper `pkg/webhook/policy.go` (`[name] words`, up to 3.1 `[denied by name] words`), kyverno
//! `pkg/webhooks/utils/block.go` (1.9 to 1.15: YAML of policy, rule and words behind a sentence).

use crate::messages::form::{search, strip_prefix};
use crate::messages::text;

/// Whose policies a webhook asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// OPA Gatekeeper: constraints.
    Gatekeeper,
    /// Kyverno: policies with rules.
    Kyverno,
    /// Kubewarden: a webhook a policy.
    Kubewarden,
}

impl Engine {
    /// The engine that serves a webhook of this name.
    pub fn of(webhook: &str) -> Option<Self> {
        const NAMES: [(&str, Engine); 3] = [
            ("gatekeeper", Engine::Gatekeeper),
            ("kyverno", Engine::Kyverno),
            ("kubewarden", Engine::Kubewarden),
        ];
        let named = NAMES.iter().find(|(name, _)| webhook.contains(name));
        named.map(|(_, engine)| *engine)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Engine::Gatekeeper => "Gatekeeper",
            Engine::Kyverno => "Kyverno",
            Engine::Kubewarden => "Kubewarden",
        }
    }
}

/// What one policy says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The policy or constraint; empty where none is named.
    pub policy: String,
    /// Its rule; empty where none is named.
    pub rule: String,
    /// Its words, on one line.
    pub words: String,
}

/// What a webhook's answer consists of; one verdict without a policy where it names none. Empty for an empty answer.
pub fn verdicts(said: &str) -> Vec<Verdict> {
    let mut found = kyverno(said);
    if found.is_empty() {
        found = said.lines().filter_map(constraint).collect();
    }
    let words = flat(said);
    if found.is_empty() && !words.is_empty() {
        found.push(Verdict {
            words,
            ..Verdict::default()
        });
    }
    found
}

fn constraint(line: &str) -> Option<Verdict> {
    let (name, words) = line.trim().strip_prefix('[')?.split_once("] ")?;
    let name = strip_prefix(name, "denied by ").unwrap_or(name);
    (!name.contains(char::is_whitespace)).then(|| Verdict {
        policy: name.to_owned(),
        rule: String::new(),
        words: flat(words),
    })
}

fn kyverno(said: &str) -> Vec<Verdict> {
    let starts = ["due to the following policies", "for resource violation:"];
    let Some(list) = starts.iter().find_map(|start| text::after(said, start)) else {
        return Vec::new();
    };
    let mut found: Vec<Verdict> = Vec::new();
    let mut policy = "";
    for line in list.lines().filter(|line| !line.trim().is_empty()) {
        let depth = line.len() - line.trim_start().len();
        match (depth, line.trim().split_once(':')) {
            (0, Some((name, ""))) => policy = name,
            (2, Some((rule, words))) if is_name(rule) => found.push(Verdict {
                policy: policy.to_owned(),
                rule: rule.to_owned(),
                words: words.trim().to_owned(),
            }),
            _ => {
                if let Some(last) = found.last_mut() {
                    last.words = format!("{} {}", last.words, line.trim());
                }
            }
        }
    }
    if found.is_empty() {
        // pasted on one line
        found.extend(search("{}: {}: {*}", list).map(|captures| Verdict {
            policy: captures.own(0),
            rule: captures.own(1),
            words: captures.own(2),
        }));
    }
    for verdict in &mut found {
        let words = flat(&verdict.words);
        let words = words
            .trim_start_matches(['|', '>', '-', ' '])
            .trim_matches(['\'', '"']);
        let words = strip_prefix(words, "validation error: ").unwrap_or(words);
        let failed = format!(". rule {} failed", verdict.rule);
        verdict.words = words.split(&failed).next().unwrap_or(words).to_owned();
    }
    found
}

fn is_name(word: &str) -> bool {
    !word.is_empty() && !word.contains(char::is_whitespace)
}

/// On one line.
fn flat(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(policy: &str, rule: &str, words: &str) -> Verdict {
        Verdict {
            policy: policy.to_owned(),
            rule: rule.to_owned(),
            words: words.to_owned(),
        }
    }

    #[test]
    fn policies_are_told_from_what_they_say() {
        for (said, expected) in [
            (
                "[pod-limits] container <app> has no cpu limit\n[must-have-owner] you must provide labels: {\"owner\"}",
                vec![
                    verdict("pod-limits", "", "container <app> has no cpu limit"),
                    verdict(
                        "must-have-owner",
                        "",
                        "you must provide labels: {\"owner\"}",
                    ),
                ],
            ),
            (
                "[denied by pod-limits] no",
                vec![verdict("pod-limits", "", "no")],
            ),
            (
                "resource Pod/team/web-1 was blocked due to the following policies \n\nrequire-labels:\n  check-team: 'validation error: label team is required. rule check-team failed\n    at path /metadata/labels/team/'\nrequire-limits:\n  check: |-\n    no limits\n",
                vec![
                    verdict("require-labels", "check-team", "label team is required"),
                    verdict("require-limits", "check", "no limits"),
                ],
            ),
            (
                "policy Pod/team/web-1 for resource violation: require-labels: check-team: label team is required",
                vec![verdict(
                    "require-labels",
                    "check-team",
                    "label team is required",
                )],
            ),
            (
                "images must come\nfrom here",
                vec![verdict("", "", "images must come from here")],
            ),
            (" \n ", Vec::new()),
        ] {
            assert_eq!(verdicts(said), expected, "{said}");
        }
        assert_eq!(
            Engine::of("validate.kyverno.svc-fail"),
            Some(Engine::Kyverno)
        );
        assert_eq!(Engine::of("vpod.kb.io"), None);
    }
}
