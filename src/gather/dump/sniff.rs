//! Tells by its first bytes what a text is.

/// How a dump is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Yaml,
    /// What kubectl printed, with what people wrote around it.
    Pasted,
}

/// What kubectl writes to standard error, which `> file 2>&1` mixes into a dump.
pub(super) fn is_kubectl_remark(line: &str) -> bool {
    [
        "Warning: ",
        "No resources found",
        "Error from server",
        "error: ",
    ]
    .iter()
    .any(|start| line.starts_with(start))
}

/// The form of a text whose first bytes are `head`; `None` when it holds no object of Kubernetes.
///
/// For YAML a key of a manifest has to be seen: almost any text is valid YAML.
pub(super) fn form(head: &[u8]) -> Option<Form> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text
        .lines()
        .filter(|line| !line.trim().is_empty() && *line != "---" && !is_kubectl_remark(line));
    let first = lines.next()?;
    // `[root@host ~]# kubectl …` is no list
    let is_prompt = |text: &str| text.starts_with('[') && text.contains('@') && text.contains(']');
    let start = first.trim_start();
    if start.starts_with(['{', '[']) && !is_prompt(start) {
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
    ["apiVersion", "kind", "items"]
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
            ("<html>", None),
            ("NAME READY\nweb 0/1\n", None),
            ("", None),
        ] {
            assert_eq!(form(text.as_bytes()), form_of, "{text}");
        }
    }
}
