//! How workloads are read.

use super::*;

#[test]
fn a_cron_job_that_runs_lists_its_jobs() {
    let json = r#"{"metadata":{},"status":{"active":[{"kind":"Job","name":"report-1"}]}}"#;
    assert_eq!(workload(Kind::CronJob, json).existing, Some(1));
}

fn workload(kind: Kind, json: &str) -> Workload {
    let raw: RawWorkload = serde_json::from_str(json).unwrap();
    raw.into_workload(kind)
}

#[test]
fn a_job_wants_what_is_left_of_it() {
    for (spec, status, wanted) in [
        ("{}", "{}", 1),
        (r#"{"parallelism":3}"#, r#"{"active":1}"#, 3),
        (
            r#"{"parallelism":3,"completions":4}"#,
            r#"{"succeeded":2}"#,
            2,
        ),
        (r#"{"parallelism":3}"#, r#"{"active":1,"succeeded":1}"#, 1),
        (r#"{"parallelism":3,"suspend":true}"#, "{}", 0),
        (
            r#"{"parallelism":9,"completions":9}"#,
            r#"{"succeeded":1,"failedIndexes":"0,3-5"}"#,
            4,
        ),
    ] {
        let json = format!(r#"{{"metadata":{{}},"spec":{spec},"status":{status}}}"#);
        let job = workload(Kind::Job, &json);
        assert_eq!(job.wanted, Some(wanted), "{json}");
    }
}

#[test]
fn counts_of_an_earlier_spec_are_told_from_those_of_the_present_one() {
    for (generation, observed, behind) in
        [(3, "2", Some((2, 3))), (3, "3", None), (3, "null", None)]
    {
        let json = format!(
            r#"{{"metadata":{{"generation":{generation}}},"status":{{"replicas":0,"observedGeneration":{observed}}}}}"#
        );
        assert_eq!(workload(Kind::ReplicaSet, &json).behind, behind, "{json}");
    }
    for (wanted, behind) in [(0, Some((0, 1))), (2, None)] {
        let json = format!(
            r#"{{"metadata":{{"generation":1}},"status":{{"desiredNumberScheduled":{wanted},"currentNumberScheduled":0}}}}"#
        );
        assert_eq!(workload(Kind::DaemonSet, &json).behind, behind, "{json}");
    }
}

#[test]
fn pods_that_are_being_deleted_count_where_only_gone_ones_are_replaced() {
    for (spec, leaving) in [
        ("{}", 0),
        (r#"{"podReplacementPolicy":"TerminatingOrFailed"}"#, 0),
        (r#"{"podReplacementPolicy":"Failed"}"#, 2),
        (r#"{"podFailurePolicy":{"rules":[]}}"#, 2),
    ] {
        let json = format!(r#"{{"metadata":{{}},"spec":{spec},"status":{{"terminating":2}}}}"#);
        assert_eq!(workload(Kind::Job, &json).leaving, leaving, "{json}");
    }
}

#[test]
fn what_a_daemon_set_wants_is_not_known_before_it_is_counted() {
    let new = r#"{"metadata":{"generation":1},"status":{"desiredNumberScheduled":0}}"#;
    assert_eq!(workload(Kind::DaemonSet, new).behind, Some((0, 1)));
}

#[test]
fn the_newest_of_all_writes_counts() {
    let json = r#"{"metadata":{"managedFields":[{"manager":"a","time":"2026-01-01T00:00:00Z"},{"time":"2026-01-02T00:00:00Z"},{"time":"gone"},{}]}}"#;
    let written = workload(Kind::Deployment, json).written;
    assert_eq!(written.unwrap().to_string(), "2026-01-02T00:00:00Z");
}

#[test]
fn a_replication_controllers_selector_is_a_plain_map() {
    let workload = workload(
        Kind::ReplicationController,
        r#"{"metadata":{},"spec":{"selector":{"app":"web"},"replicas":2}}"#,
    );
    assert_eq!(workload.wanted, Some(2));
    assert_eq!(
        workload
            .selector
            .unwrap()
            .match_labels
            .unwrap()
            .get("app")
            .map(String::as_str),
        Some("web")
    );
}
