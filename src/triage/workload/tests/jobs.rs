//! Jobs and CronJobs.

use super::*;

#[test]
fn a_job_that_replaces_only_what_is_gone_waits_for_it() {
    let job = |policy: &str, terminating: i64| {
        let spec = json!({"parallelism": 2, "podReplacementPolicy": policy});
        let status = json!({"active": 1, "terminating": terminating});
        Cluster::new().with(Kind::Job, &object("import", &spec, &status))
    };
    let waits = Some(Standing::Progressing(Because::WaitsForGone(1), None));
    assert_eq!(job("Failed", 1).named(Kind::Job, "import"), waits);
    assert_eq!(job("Failed", 0).stuck(), ["import"]);
    assert_eq!(job("TerminatingOrFailed", 1).stuck(), ["import"]);
}

#[test]
fn a_job_of_another_controller_is_left_to_it() {
    let job = |manager: &str| {
        let spec = json!({"managedBy": manager});
        let job = object("import", &spec, &json!({}));
        Cluster::new().with(Kind::Job, &job)
    };
    let foreign = "kueue.x-k8s.io/multikueue";
    assert_eq!(
        job(foreign).named(Kind::Job, "import"),
        Some(Standing::Healthy(Because::ManagedBy(foreign.to_owned())))
    );
    assert_eq!(job("kubernetes.io/job-controller").stuck(), ["import"]);
}

#[test]
fn a_job_may_take_its_time_after_a_failure_and_no_longer() {
    let read = |name: &str, finished: &str| {
        let mut failed = pod(name, (Kind::Job, "import"), "Failed");
        failed["status"]["containerStatuses"] = json!([{"name": "a", "state": {"terminated": {"exitCode": 1, "finishedAt": at(finished)}}}]);
        Cluster::new()
            .with(
                Kind::Job,
                &object("import", &json!({}), &json!({"failed": 1})),
            )
            .with(Kind::Pod, &failed)
    };
    assert_eq!(
        read("import-a", "55:00").named(Kind::Job, "import"),
        Some(Standing::Progressing(
            Because::MakingPods,
            Some("2026-01-01T01:06:00Z".parse().unwrap())
        ))
    );
    assert_eq!(read("import-a", "40:00").stuck(), ["import"]);
}

fn cron_job(spec: &Value, status: &Value) -> Cluster {
    let mut cron_job = object("report", spec, status);
    cron_job["spec"]["schedule"] = json!("@daily");
    Cluster::new().with(Kind::CronJob, &cron_job)
}

#[test]
fn a_cron_job_that_is_refused_its_job_is_stuck_until_it_makes_one() {
    let refused =
        |status: &Value| cron_job(&json!({}), status).event(REPORT, REFUSED, "50:00", "no");
    assert_eq!(refused(&json!({})).stuck(), ["report"]);
    assert_eq!(
        refused(&json!({"lastScheduleTime": at("50:00")})).stuck(),
        [""; 0]
    );
    let later = refused(&json!({})).event(REPORT, CREATED, "50:00", "Created job report-1");
    assert_eq!(later.stuck(), [""; 0]);
    let again = later.event(REPORT, REFUSED, "51:00", "no");
    assert_eq!(again.stuck(), ["report"]);
    let suspended = cron_job(&json!({"suspend": true}), &json!({}));
    let suspended = suspended.event(REPORT, REFUSED, "50:00", "no");
    assert_eq!(suspended.stuck(), [""; 0]);
}

#[test]
fn a_cron_job_says_why_none_of_its_jobs_runs() {
    let said = |cluster: &Cluster| match cluster.named(Kind::CronJob, "report") {
        Some(Standing::Healthy(because) | Standing::Ended(because)) => because,
        other => panic!("{other:?}"),
    };
    let none = cron_job(&json!({}), &json!({}));
    assert_eq!(said(&none), Because::NothingDueYet("@daily".to_owned()));
    let suspended = cron_job(&json!({"suspend": true}), &json!({}));
    assert_eq!(said(&suspended), Because::Suspended);
    let last = json!({"lastScheduleTime": at("50:00")});
    let made = |kind: &str| {
        let status = json!({"conditions": [{"type": kind, "status": "True"}]});
        let mut job = object("report-1", &json!({}), &status);
        job["metadata"]["ownerReferences"] =
            json!([{"kind": "CronJob", "name": "report", "controller": true}]);
        cron_job(&json!({}), &last).with(Kind::Job, &job)
    };
    let due = Because::LastJobDue(until("50:00").unwrap());
    assert_eq!(said(&cron_job(&json!({}), &last)), due);
    assert_eq!(said(&made("Complete")), due);
    assert_eq!(made("Failed").stuck(), ["report-1"]);
    let runs = cron_job(&json!({}), &json!({"active": [{"name": "report-1"}]}));
    assert_eq!(said(&runs), Because::JobsRun(1));
}

#[test]
fn a_job_waits_between_its_attempts_and_ends() {
    let job = |spec: Value, status: Value| {
        Cluster::new().with(Kind::Job, &object("import", &spec, &status))
    };
    let ended = |kind: &str| json!({"conditions": [{"type": kind, "status": "True"}]});
    assert_eq!(job(json!({}), json!({})).stuck(), ["import"]);
    assert_eq!(job(json!({}), json!({"failed": 1})).stuck(), [""; 0]);
    assert_eq!(job(json!({"suspend": true}), json!({})).stuck(), [""; 0]);
    let uncounted = job(json!({}), json!({}));
    let uncounted = uncounted.with(Kind::Pod, &pod("import-x", (Kind::Job, "import"), "Failed"));
    assert_eq!(uncounted.stuck(), [""; 0]);
    assert_eq!(
        job(json!({}), ended("Complete")).named(Kind::Job, "import"),
        Some(Standing::Healthy(Because::Completed))
    );
    assert_eq!(job(json!({}), ended("Failed")).stuck(), ["import"]);
}

/// What is held on purpose is no finding of a scan unless work waits for it.
#[test]
fn what_is_held_is_told_where_work_waits_or_where_it_was_named() {
    let daily = object(
        "report",
        &json!({"schedule": "0 3 * * *", "suspend": true}),
        &json!({}),
    );
    let cluster = Cluster::new()
        .with(Kind::CronJob, &daily)
        .with(
            Kind::Job,
            &object("import", &json!({"suspend": true}), &json!({})),
        )
        .with(
            Kind::Deployment,
            &object("web", &json!({"replicas": 0}), &json!({})),
        )
        .with(
            Kind::Deployment,
            &object("api", &json!({"paused": true}), &json!({"replicas": 1})),
        )
        .with(
            Kind::Deployment,
            &object(
                "old",
                &json!({"paused": true}),
                &json!({"replicas": 1, "updatedReplicas": 1}),
            ),
        );
    let held = |scope: &Scope| {
        let held = triage(&cluster.0.snapshot(), scope).workloads.held;
        held.iter()
            .map(|one| one.name.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(held(&Scope::everything()), ["api", "import"]);
    assert_eq!(cluster.stuck(), [""; 0]);
    for (kind, name) in [(Kind::CronJob, "report"), (Kind::Deployment, "web")] {
        let scope = Scope {
            targets: vec![Target::new(kind, name)],
            ..Scope::default()
        };
        assert_eq!(held(&scope), [name]);
    }
}
