//! Pods that have a node and do not get on.
#![expect(clippy::indexing_slicing, reason = "the reports are our own")]

use super::*;

pub(crate) fn image() -> Report {
    let subject = object("Deployment", "shop", "api");
    let first = object("Pod", "shop", "api-6c8f-2hx5k");
    let proof = event(
        first.clone(),
        "Failed",
        "kubelet",
        31,
        "Failed to pull image \"registry.example/shop/api:v1.3\": rpc error: code = NotFound desc = failed to \
         pull and unpack image \"registry.example/shop/api:v1.3\": failed to resolve reference \
         \"registry.example/shop/api:v1.3\": registry.example/shop/api:v1.3: not found",
    );
    let mut found = diagnosis("image-not-found", Layer::Image, subject, proof);
    found.certainty = Certainty::Likely;
    says(&mut found, "registry.example has no image shop/api:v1.3");
    let names = [
        "api-6c8f-2hx5k",
        "api-6c8f-8d7wz",
        "api-6c8f-bb2lp",
        "api-6c8f-q9tnm",
        "api-6c8f-zzx4r",
    ];
    found.affected = names
        .iter()
        .map(|name| pod("shop", name, "ImagePullBackOff", 2460))
        .collect();
    for pod in &mut found.affected {
        pod.container = Some("api".to_owned());
    }
    found.evidence = vec![
        field(
            first.clone(),
            "status.containerStatuses[0].state.waiting.message",
            "Back-off pulling image",
        ),
        field(
            first.clone(),
            "spec.containers[0].image",
            "registry.example/shop/api:v1.3",
        ),
        event(first, "BackOff", "kubelet", 1, "Back-off pulling image"),
    ];
    let undo = fix(
        "go back to the image that ran before, `registry.example/shop/api:v1.2`",
        "kubectl -n shop rollout undo deploy/api",
    );
    found.fixes = vec![
        fix(
            "name a tag that the registry has; `crane ls registry.example/shop/api` lists them",
            "",
        ),
        undo,
    ];
    found.ladder = ladder(
        Layer::Image,
        &[
            "created by ReplicaSet/api-6c8f",
            "bound to worker-2",
            "accepted by the kubelet of worker-2, which is Ready",
            "mounted before the sandbox was made",
            "",
        ],
    );
    found.next.command = "kubectl -n shop describe pod/api-6c8f-2hx5k".to_owned();
    let mut report = report(5, vec![found]);
    report.gaps = vec![
        gap(
            "Secret",
            Some("shop"),
            "forbidden",
            &[
                "missing-secret",
                "missing-pull-secret",
                "bad-pull-secret",
                "wrong-key",
            ],
        ),
        gap("Node", None, "forbidden", &["node-not-ready"]),
        gap(
            "StorageClass",
            None,
            "not asked",
            &["missing-storage-class"],
        ),
    ];
    report
}

pub(crate) fn two_causes() -> Report {
    let subject = object("StatefulSet", "shop", "db");
    let of = object("Pod", "shop", "db-0");
    let passed = [
        "created by StatefulSet/db",
        "bound to worker-1",
        "accepted by the kubelet of worker-1, which is Ready",
        "mounted before the sandbox was made",
        "has the address 10.0.3.17",
        "every image is on the node",
    ];
    let mut crash = diagnosis(
        "crash-loop",
        Layer::Container,
        subject.clone(),
        field(
            of.clone(),
            "status.containerStatuses[0].lastState.terminated.message",
            "panic: cannot open /data/wal: permission denied\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:31\nexit status 2\n",
        ),
    );
    says(
        &mut crash,
        "container db ends with exit code 2 shortly after it starts",
    );
    crash.affected = vec![Affected {
        container: Some("db".to_owned()),
        restarts: Some(restarts(37, 240)),
        ..pod("shop", "db-0", "CrashLoopBackOff", 11_000)
    }];
    crash.ladder = ladder(Layer::Container, &passed);
    crash.next.command = "kubectl -n shop logs pod/db-0 -c db --previous".to_owned();
    let mut oom = diagnosis(
        "out-of-memory",
        Layer::Container,
        subject,
        field(
            of,
            "status.containerStatuses[1].lastState.terminated.reason",
            "OOMKilled",
        ),
    );
    says(
        &mut oom,
        "container exporter was killed at its memory limit of 64Mi",
    );
    oom.affected = vec![Affected {
        container: Some("exporter".to_owned()),
        ..crash.affected[0].clone()
    }];
    oom.ladder = crash.ladder.clone();
    oom.fixes = vec![fix(
        "raise the memory limit of container exporter",
        "kubectl -n shop set resources sts/db -c exporter --limits=memory=128Mi",
    )];
    oom.next = crash.next.clone();
    let mut again = fix(
        "start the pod anew once its volume can be written",
        "kubectl -n shop delete pod/db-0",
    );
    again.risk = Risk::Destroys;
    crash.fixes = vec![again];
    let mut report = report(1, vec![crash, oom]);
    report.defects = vec![Defect {
        cause: "volume-not-found",
        object: "Pod shop/db-0".to_owned(),
        message: "index out of bounds".to_owned(),
    }];
    report
}

pub(crate) fn many() -> Report {
    let mut all = Vec::new();
    for (index, name) in ["cart", "checkout", "frontend", "ledger", "mailer", "search"]
        .into_iter()
        .enumerate()
    {
        let of = object("Pod", "shop", &format!("{name}-0"));
        let mut found = diagnosis(
            if index < 4 {
                "missing-config-map"
            } else {
                "missing-secret"
            },
            Layer::Container,
            object("StatefulSet", "shop", name),
            field(
                of,
                "status.containerStatuses[0].state.waiting.message",
                &format!("{name}-settings not found"),
            ),
        );
        found.certainty = if index == 5 {
            Certainty::Possible
        } else {
            Certainty::Proven
        };
        says(&mut found, &format!("{name}-settings is not there"));
        found.affected = vec![pod(
            "shop",
            &format!("{name}-0"),
            "CreateContainerConfigError",
            60 << index,
        )];
        found.ladder = ladder(
            Layer::Container,
            &[
                "created by StatefulSet",
                "bound to worker-1",
                "accepted",
                "mounted",
                "has the address 10.0.0.1",
                "every image is on the node",
            ],
        );
        found.next.command = format!("kubectl -n shop get configmap {name}-settings");
        all.push(found);
    }
    report(6, all)
}

/// What would steer a terminal.
pub(crate) fn hostile() -> Report {
    saying(
        "\u{1b}[2J\u{1b}]0;title\u{7}ok\r\nnothing is stuck: 9 pods\n\u{202e}live\u{202c} \u{9b}31m\u{200f}\u{8}\u{7f}end\tx",
    )
}

/// What would be markup, a link, a mention or a command.
pub(crate) fn markup() -> Report {
    saying(MARKUP)
}

const MARKUP: &str = "<script>alert(1)</script><img src=x onerror=alert(1)> </style></pre></details> ]]> &lt; \
    [a](http://evil.example) ![i](//evil.example/i.png) <http://evil.example> http://evil.example www.evil.example \
    a@evil.example @all #1 **b** _i_ ~~s~~ $x$ `c` | a | b | {0}\n# heading\n::error title=x,y:z::forged%0A\n\
    ##[error]forged\n- item\n1. item\n> quote\n\n    code\n\n| a | b |\n|---|---|\n| c | d |\n```\n</details>\n---\n\u{ffff}";

fn saying(bad: &str) -> Report {
    let mut report = image();
    let found = &mut report.diagnoses[0];
    says(found, &format!("headline {bad}"));
    because(found, &format!("why {bad}"));
    found.proof.quote = bad.to_owned();
    found.evidence[0].quote = format!("more {bad}");
    found.evidence[0].origin = Origin::Event {
        reason: bad.to_owned(),
        component: bad.to_owned(),
        count: 2,
        age_seconds: None,
    };
    found.evidence[1].origin = Origin::Field {
        path: bad.to_owned(),
    };
    found.subject.name = bad.to_owned();
    found.affected[0].name = bad.to_owned();
    found.affected[0].status = bad.to_owned();
    found.facts.0.insert("bad", bad.into());
    found.fixes[0].message = said(bad);
    found.next.command = "kubectl get pod \u{1b}[31m\u{202e}x".to_owned();
    found.ladder[0].message = Some(said(bad));
    found.nodes = vec![node(bad, vec![taint(bad), port(bad, bad)])].into();
    report.gaps[0].detail = bad.to_owned();
    report.scope.selector = Some(bad.to_owned());
    report
}
