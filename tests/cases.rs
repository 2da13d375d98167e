//! Every folder `tests/cases/<cause>/<variant>` holds a `cluster.yaml`, which is a dump; the reports
//! that it gives lie beside it as snapshots.
//!
//! A variant named `near-miss…` must not give its cause; any other must give it first. Under
//! `healthy` nothing may be found, under `unexplained` nothing may be claimed.
//! `INSTA_GLOB_FILTER='*/host-port*/*'` runs some of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail anywhere"
)]

mod properties;
mod support;

use std::path::Path;
use support::{PLAIN, Report, load, render::text};

fn report(path: &Path) -> Report {
    let text = std::fs::read_to_string(path).expect("the case is readable");
    let loaded = load(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    loaded.report()
}

/// The cause and the variant that a case's path names.
fn named(path: &Path) -> (String, String) {
    let mut folders = path.ancestors().skip(1).map(|folder| {
        folder
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    });
    let variant = folders.next().unwrap_or_default();
    (folders.next().unwrap_or_default(), variant)
}

fn check(cause: &str, variant: &str, report: &Report) {
    let causes: Vec<&str> = report.diagnoses.iter().map(|d| d.cause).collect();
    let at = format!("{cause}/{variant}");
    assert_eq!(report.defects, [], "{at}: a rule panicked");
    match cause {
        "healthy" => {
            assert_eq!(
                causes, [""; 0],
                "{at}: something was found on a healthy cluster"
            );
            assert_eq!(
                report.unexplained,
                [],
                "{at}: a healthy pod was called stuck"
            );
        }
        "unexplained" => {
            assert_eq!(causes, [""; 0], "{at}: something was claimed");
            assert_ne!(report.unexplained, [], "{at}: the stuck pod was dropped");
        }
        _ if variant.starts_with("near-miss") => {
            assert!(
                !causes.contains(&cause),
                "{at}: fired on a near miss: {causes:?}"
            );
        }
        _ => assert_eq!(
            causes.first().copied(),
            Some(cause),
            "{at}: found {causes:?}"
        ),
    }
}

#[test]
fn every_case_gives_its_report() {
    insta::glob!("cases/*/*/cluster.yaml", |path| {
        let report = report(path);
        let (cause, variant) = named(path);
        check(&cause, &variant, &report);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(path.parent().expect("a case lies in a folder"));
        settings.set_prepend_module_to_snapshot(false);
        settings.remove_snapshot_suffix();
        settings.set_omit_expression(true);
        settings.remove_input_file();
        settings.bind(|| {
            insta::assert_json_snapshot!("report.json", report, {".version" => "[version]"});
            insta::assert_snapshot!("report.txt", text(&report, PLAIN));
        });
    });
}
