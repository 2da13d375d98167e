//! What alerts say, as Prometheus would (<https://prometheus.io/docs/prometheus/latest/configuration/template_reference/>).

use super::text;
use std::collections::BTreeMap;

/// The texts of an alert.
fn texts<'a>(alerts: &'a str, alert: &str) -> Vec<&'a str> {
    let start = format!("- alert: {alert}\n");
    let (_, rest) = alerts
        .split_once(&start)
        .unwrap_or_else(|| panic!("{alert} is gone"));
    let rest = rest.split("- alert: ").next().unwrap();
    let text = |line: &'a str| line.split_once(": '")?.1.strip_suffix('\'');
    rest.lines()
        .filter(|line| {
            ["summary: ", "description: "]
                .iter()
                .any(|it| line.contains(it))
        })
        .map(|line| text(line).unwrap_or_else(|| panic!("{line}")))
        .collect()
}

/// A template with these labels; only what the alerts use of the language is known.
fn said(template: &str, labels: &BTreeMap<&str, &str>) -> String {
    let label = |word: &str| {
        let name = word.strip_prefix("$labels.");
        let name = name.unwrap_or_else(|| panic!("{word}: {template}"));
        labels.get(name).copied().unwrap_or_default()
    };
    let mut shown = vec![true];
    let mut said = String::new();
    for (at, piece) in template.split("{{").enumerate() {
        let (action, literal) = match at {
            0 => (None, piece),
            _ => {
                let (action, literal) = piece.split_once("}}").unwrap();
                (Some(action.trim()), literal)
            }
        };
        let words: Vec<&str> = action.into_iter().flat_map(str::split_whitespace).collect();
        match words[..] {
            [] => {}
            ["if", word] => shown.push(!label(word).is_empty()),
            ["if", "eq", word, value] => shown.push(label(word) == value.trim_matches('"')),
            ["else"] => {
                let is_shown = shown.pop().unwrap();
                shown.push(!is_shown);
            }
            ["end"] => drop(shown.pop()),
            ["$value"] => said.push('3'),
            [word] if shown.iter().all(|it| *it) => said.push_str(label(word)),
            [_] => {}
            _ => panic!("{words:?}: {template}"),
        }
        if shown.iter().all(|it| *it) {
            said.push_str(literal);
        }
    }
    assert_eq!(shown, [true], "{template}");
    said
}

#[test]
fn alerts_read_well_with_and_without_an_owner() {
    let alerts = text("manifests/export/alerts.yaml");
    let bare = BTreeMap::from([("namespace", "shop"), ("cause", "evicted")]);
    let mut owned = bare.clone();
    owned.extend([("owner_kind", "Deployment"), ("owner_name", "web")]);
    let summary = |alert: &str, labels| said(texts(&alerts, alert).first().unwrap(), labels);
    let stuck = |labels| summary("KubeDiagnosePodsStuck", labels);
    assert_eq!(stuck(&owned), "Pods are stuck in shop: Deployment web.");
    assert_eq!(
        stuck(&bare),
        "Pods are stuck in shop: bare ones, without owner."
    );
    let failed = |labels| summary("KubeDiagnosePodsFailed", labels);
    let begin = "Pods in shop have failed for good by evicted: ";
    assert_eq!(failed(&owned), format!("{begin}Deployment web."));
    assert_eq!(failed(&bare), format!("{begin}bare ones, without owner."));
}

#[test]
fn texts_of_alerts_have_no_holes() {
    let alerts = text("manifests/export/alerts.yaml");
    let read: serde_json::Value = serde_saphyr::from_str(&alerts).expect("it is YAML");
    assert!(read.pointer("/spec/groups/0/rules").is_some(), "{read}");
    let names = alerts
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    let labels = [
        "namespace",
        "owner_kind",
        "owner_name",
        "cause",
        "service",
        "node",
        "kind",
        "reason",
    ];
    let labels = BTreeMap::from(labels.map(|name| (name, "x")));
    let mut told = 0;
    for text in names.flat_map(|name| texts(&alerts, name)) {
        let said = said(text, &labels) + "\n";
        told += 1;
        let is_whole = ["  ", " .\n", "{{", "//"]
            .iter()
            .all(|hole| !said.contains(hole));
        assert!(is_whole && said != "\n", "{said}");
    }
    assert!(told >= 10, "{told} texts were found");
}
