//! Tells by its first bytes what a text is.

use crate::snapshot::Kind;

/// How a dump is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Yaml,
    /// What kubectl printed, with what people wrote around it.
    Pasted,
}

/// What kubectl says beside the objects, which `> file 2>&1` mixes into a dump.
const REMARKS: [&str; 10] = [
    "Warning: ",
    "No resources found",
    "Error from server",
    "error: ",
    "Unable to connect to the server",
    "The connection to the server ",
    "Cluster info dumped to ",
    "couldn't get resource list for ",
    "Flag --",
    "Defaulted container ",
];

/// What a person or a script types.
const COMMANDS: [&str; 3] = ["kubectl ", "oc ", "k "];

/// Whether a line that begins no value is none that anybody misses: what kubectl says beside the objects, a
/// command, or the prompt of a shell.
pub(super) fn is_stray(line: &str) -> bool {
    if line.starts_with([' ', '\t', '-', '"', '{']) {
        return false;
    }
    let line = line.trim_end();
    if let Some(rest) = line.strip_prefix('[') {
        // `[root@host ~]# ls`, not an array
        let prompt = rest.split_once(']').filter(|(host, _)| !host.contains('"'));
        return prompt.is_some_and(|(_, rest)| rest.starts_with(['#', '$']));
    }
    REMARKS.iter().any(|start| line.starts_with(start)) || is_klog(line) || is_typed(line)
}

/// `E1128 12:00:00.000001    1 memcache.go:287] …` (k8s.io/klog `klog.go`)
fn is_klog(line: &str) -> bool {
    let date = line.strip_prefix(['I', 'W', 'E', 'F']).unwrap_or_default();
    let is_date = date.bytes().take(4).filter(u8::is_ascii_digit).count() == 4;
    is_date && date.get(4..5) == Some(" ") && date.contains("] ")
}

/// `kubectl get …`, `$ kubectl get …`, `+ kubectl get …` (set -x), `root@host:~# `
fn is_typed(line: &str) -> bool {
    let is_command = |text: &str| COMMANDS.iter().any(|command| text.starts_with(command));
    let is_end = |c: char| matches!(c, '$' | '#' | '%' | '>' | '❯' | '+');
    // a key with its value is none
    let prompt = line.split(": ").next().unwrap_or_default();
    let after = prompt.char_indices().filter(|(_, c)| is_end(*c));
    let mut after = after
        .filter_map(|(at, c)| line.get(at + c.len_utf8()..))
        .map(str::trim_start);
    let waits = prompt == line && line.contains('@') && line.ends_with(is_end);
    waits
        || is_command(line)
        || after.any(|text| is_command(text.strip_prefix("sudo ").unwrap_or(text)))
}

/// The kinds that a text names, in JSON or YAML.
pub(super) fn kinds(head: &[u8]) -> Vec<Kind> {
    let text = String::from_utf8_lossy(head);
    let after = text.match_indices("kind").filter_map(|(at, word)| {
        let before = text.get(..at)?.chars().next_back();
        let is_key = before.is_none_or(|c| c.is_whitespace() || "\"{,".contains(c));
        let rest = text.get(at + word.len()..).filter(|_| is_key)?;
        let rest = rest
            .trim_start_matches('"')
            .trim_start()
            .strip_prefix(':')?;
        let value = rest.trim_start_matches([' ', '"', '\'']);
        let end = value.find(|c: char| !c.is_alphanumeric());
        Kind::of_manifest(value.get(..end.unwrap_or(value.len()))?)
    });
    after.collect()
}

/// The form of a text whose first bytes are `head`; `None` when it holds no object of Kubernetes.
///
/// For YAML a key of a manifest has to be seen: almost any text is valid YAML.
pub(super) fn form(head: &[u8]) -> Option<Form> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text
        .lines()
        .filter(|line| !line.trim().is_empty() && *line != "---" && !is_stray(line));
    let first = lines.next()?;
    // what a person pastes after a prompt is followed by more of it
    if text.trim_start().starts_with("$ ") && super::pasted::is_pasted(&text) {
        return Some(Form::Pasted);
    }
    // `[root@host ~]# kubectl …` is no list
    let is_prompt = |text: &str| text.starts_with('[') && text.contains('@') && text.contains(']');
    let start = first.trim_start();
    let is_fence = super::pasted::is_fence(start);
    if start.starts_with(['{', '[']) && !is_prompt(start) && !is_fence {
        return Some(Form::Json);
    }
    let is_comment = |line: &&str| line.starts_with('#');
    let mut lines = std::iter::once(first).chain(lines).skip_while(is_comment);
    if lines.next().is_some_and(is_manifest_line) {
        return Some(Form::Yaml);
    }
    if super::pasted::is_pasted(&text) {
        return Some(Form::Pasted);
    }
    lines.any(is_manifest_line).then_some(Form::Yaml)
}

/// Whether objects in YAML can begin so.
pub(super) fn is_manifest_line(line: &str) -> bool {
    let line = line
        .strip_prefix("- ")
        .unwrap_or(line)
        .trim_start_matches('"');
    let after = |key| {
        line.strip_prefix(key)
            .map(|rest| rest.trim_start_matches('"'))
    };
    [
        "apiVersion",
        "api_version",
        "kind",
        "items",
        "metadata",
        "object",
    ]
    .iter()
    .any(|key| after(*key).is_some_and(|rest| rest.starts_with(':')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_told_from_logs() {
        for (text, form_of) in [
            ("\n  {\"kind\":\"List\"}", Some(Form::Json)),
            ("[]", Some(Form::Json)),
            ("---\n{}", Some(Form::Json)),
            (
                "Warning: v1 ComponentStatus is deprecated in v1.19+\n{",
                Some(Form::Json),
            ),
            (
                "# my cluster\n---\napiVersion: v1\nkind: List\n",
                Some(Form::Yaml),
            ),
            ("- apiVersion: v1\n  kind: Pod\n", Some(Form::Yaml)),
            ("2026-01-01 INFO kind: started\n", None),
            (
                "+ kubectl get pods -o json\nE1128 12:00:00.000001    1 memcache.go:287] couldn't get resource list\n[root@host ~]# kubectl get nodes\n{",
                Some(Form::Json),
            ),
            ("object:\n  apiVersion: v1\n  kind: Pod\n", Some(Form::Yaml)),
            ("<html>", None),
            ("NAME READY\nweb 0/1\n", None),
            ("", None),
        ] {
            assert_eq!(form(text.as_bytes()), form_of, "{text}");
        }
    }

    #[test]
    fn strays_are_told_from_what_somebody_wrote() {
        for line in [
            "Warning: v1 ComponentStatus is deprecated in v1.19+",
            "W1128 10:00:00.123456   42 memcache.go:265] couldn't get current server API group list",
            "couldn't get resource list for metrics.k8s.io/v1beta1: the server is currently unable",
            "+ kubectl get pods -o json",
            "++ oc get pods",
            "$ kubectl get pod web -o yaml",
            "PS C:\\Users\\me> kubectl get pods",
            "[root@host ~]# sudo kubectl get pods",
            "me@host:~/shop$",
            "kubectl get pods -A -o json",
            "Unable to connect to the server: net/http: TLS handshake timeout",
            "Cluster info dumped to standard output",
        ] {
            assert!(is_stray(line), "{line}");
        }
        for line in [
            "kind: Pod",
            "message: run $ kubectl",
            "Error",
            "E1128",
            "{\"a\": 1}",
            "- name: x",
            "some words",
            "email: me@host$",
            "kubectl: {}",
        ] {
            assert!(!is_stray(line), "{line}");
        }
    }

    #[test]
    fn a_text_names_its_kinds() {
        let json =
            br#"{"apiVersion":"v1","items":[{"kind": "Pod","spec":{"kindness":1,"x":"kind"}}"#;
        assert_eq!(kinds(json), [Kind::Pod]);
        let yaml = b"items:\n- apiVersion: v1\n  kind: Node\nkind: 'PodList'\nmankind: Secret\n";
        assert_eq!(kinds(yaml), [Kind::Node, Kind::Pod]);
    }
}
