//! Runs with little or nothing to say.

use super::*;

pub(crate) fn unexplained() -> Report {
    let of = object("Pod", "shop", "batch-x7");
    let mut report = report(3, Vec::new());
    let pods = KindSummary {
        all: Some(3),
        stuck: 1,
        ..KindSummary::default()
    };
    numbers(&mut report, pods);
    report.unexplained = vec![Unexplained {
        fingerprint: "5ca1ab1e0ddba115".to_owned(),
        object: pod("shop", "batch-x7", "PluginError", 3540),
        subject: object("Job", "shop", "batch"),
        evidence: vec![
            field(
                of.clone(),
                "status.containerStatuses[0].state.waiting",
                "PluginError: the hook gave up",
            ),
            field(
                of,
                "status.conditions[Ready].message",
                "containers with unready status: [app]",
            ),
        ],
        ladder: ladder(
            Layer::Volume,
            &[
                "created by Job/batch",
                "bound to worker-1",
                "accepted by the kubelet of worker-1",
            ],
        ),
        next: Next {
            layer: Layer::Volume,
            command: "kubectl -n shop describe pod/batch-x7".to_owned(),
            node: None,
            who: Who::Owner,
        },
    }];
    report.gaps = vec![gap("Event", Some("shop"), "forbidden", &[])];
    report
}

pub(crate) fn well() -> Report {
    let mut report = report(2, Vec::new());
    let not_stuck = |name: &str, standing, because: &str| NotStuck {
        object: object("Pod", "shop", name),
        standing,
        until: None,
        because: because.to_owned(),
        message: said(because),
        started_seconds: None,
        restarts: None,
        remarks: Vec::new(),
    };
    let web_1 = not_stuck(
        "web-1",
        StandingReport::Healthy,
        "running and ready, 2 of 2 containers",
    );
    report.not_stuck = vec![
        NotStuck {
            started_seconds: Some(300_000),
            restarts: Some(restarts(12, 900)),
            ..web_1
        },
        not_stuck("web-2", StandingReport::Progressing, "being created"),
    ];
    let pods = KindSummary {
        all: Some(2),
        progressing: 1,
        ..KindSummary::default()
    };
    numbers(&mut report, pods);
    report
}

pub(crate) fn nothing() -> Report {
    let mut report = report(12_042, Vec::new());
    report.scope.namespace = None;
    let pods = KindSummary {
        all: Some(12_042),
        progressing: 17,
        ..KindSummary::default()
    };
    numbers(&mut report, pods);
    report
}

pub(crate) fn no_pods() -> Report {
    let mut report = report(0, Vec::new());
    report.scope.selector = Some("app=web".to_owned());
    report.requests = Requests::default();
    report
}

pub(crate) fn blind() -> Report {
    let mut report = report(0, Vec::new());
    report.gaps = vec![gap("Pod", Some("shop"), "forbidden", &[])];
    report
}
