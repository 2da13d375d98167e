//! Runs with little or nothing to say.

use super::*;

pub(crate) fn unexplained() -> Report {
    let of = object("Pod", "shop", "batch-x7");
    let mut report = report(3, Vec::new());
    report.summary.stuck = 1;
    report.unexplained = vec![Unexplained {
        pod: pod("shop", "batch-x7", "PluginError", 3540),
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
            command: "kubectl -n shop describe pod batch-x7".to_owned(),
        },
    }];
    report.gaps = vec![gap("Event", Some("shop"), "forbidden", &[])];
    report
}

pub(crate) fn well() -> Report {
    let mut report = report(2, Vec::new());
    let well = |name: &str, healthy: bool, because: &str| NotStuckReport {
        namespace: "shop".to_owned(),
        name: name.to_owned(),
        healthy,
        because: because.to_owned(),
    };
    report.healthy = vec![
        well("web-1", true, "running and ready, 2 of 2 containers"),
        well("web-2", false, "being created"),
    ];
    report.summary.progressing = 1;
    report
}

pub(crate) fn nothing() -> Report {
    let mut report = report(12_042, Vec::new());
    report.scope.namespace = None;
    report.summary.progressing = 17;
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
