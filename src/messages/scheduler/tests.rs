//! The frames of messages, in the shape of the versions that write them; `reasons` goes through the wordings.

mod reasons;

use super::*;
use proptest::prelude::*;

/// `count reason` of each clause, with the reason's canonical words.
fn said(message: &str) -> Vec<String> {
    parse(message)
        .clauses
        .iter()
        .map(|clause| match clause.count {
            Some(count) => format!("{count} {}", clause.reason),
            None => clause.reason.to_string(),
        })
        .collect()
}

fn only(text: &str) -> Reason {
    let message = parse(text);
    assert_eq!(message.clauses.len(), 1, "{text}: {:?}", message.clauses);
    message
        .clauses
        .into_iter()
        .next()
        .map(|clause| clause.reason)
        .unwrap()
}

fn words(text: &str) -> String {
    text.to_owned()
}

#[test]
fn counts_and_reasons_of_a_histogram() {
    let message = parse(
        "0/7 nodes are available: 1 Too many pods, 2 node(s) were unschedulable, 4 Insufficient example.com/fpga.",
    );
    assert_eq!(message.nodes, Some(7));
    assert_eq!(message.form, Form::Histogram);
    assert_eq!(
        message.counts(),
        [
            (Some(1), "Too many pods"),
            (Some(2), "node(s) were unschedulable"),
            (Some(4), "Insufficient example.com/fpga")
        ]
    );
    assert_eq!(
        message.clauses[2].reason,
        Reason::InsufficientResource(words("example.com/fpga"))
    );
    assert_eq!(message.preemption, None);
    let mut clauses = message.clauses.iter();
    assert!(clauses.all(|clause| clause.reason != Reason::Other) && !message.cut);
}

#[test]
fn a_comma_inside_a_taint_cuts_nothing() {
    let text = "0/4 nodes are available: 1 node(s) had taint {team: blue}, that the pod didn't tolerate, 3 node(s) had taint {node-role.kubernetes.io/master: }, that the pod didn't tolerate.";
    let taints: Vec<_> = parse(text)
        .clauses
        .into_iter()
        .map(|clause| (clause.count, clause.reason))
        .collect();
    let taint = |key: &str, value: &str| Reason::UntoleratedTaint {
        taint: Some((words(key), words(value))),
    };
    assert_eq!(
        taints,
        [
            (Some(1), taint("team", "blue")),
            (Some(3), taint("node-role.kubernetes.io/master", ""))
        ]
    );
    assert_eq!(
        parse(text).clauses[0].text,
        "node(s) had taint {team: blue}, that the pod didn't tolerate"
    );
}

#[test]
fn taints_of_every_version() {
    let named = Reason::UntoleratedTaint {
        taint: Some((words("a/b"), words("c"))),
    };
    let unnamed = Reason::UntoleratedTaint { taint: None };
    assert_eq!(
        only("0/1 nodes are available: 1 node(s) had untolerated taint(s)."),
        unnamed
    );
    assert_eq!(
        only("0/1 nodes are available: 1 node(s) had untolerated taint {a/b: c}."),
        named
    );
    assert_eq!(
        only(
            "0/1 nodes are available: 1 node(s) had taint {a/b: c}, that the pod didn't tolerate."
        ),
        named
    );
    assert_eq!(
        only("0/4 nodes are available: 4 node(s) had taints that the pod didn't tolerate."),
        unnamed
    );
    assert_eq!(
        only("0/1 nodes are available: 1 PodToleratesNodeTaints."),
        unnamed
    );
    assert_eq!(
        only("0/2 nodes are available: 2 node(s) had untolerated taint {a/b:\n  c}."),
        named
    );
}

#[test]
fn the_tail_of_preemption() {
    let message = parse(
        "0/9 nodes are available: 2 Insufficient cpu, 7 node(s) had untolerated taint(s). preemption: 0/9 nodes are available: 2 No preemption victims found for incoming pod, 7 Preemption is not helpful for scheduling.",
    );
    assert_eq!(message.clauses.len(), 2);
    let preemption = message.preemption.unwrap();
    assert_eq!(preemption.nodes, Some(9));
    let items: Vec<_> = preemption
        .items
        .iter()
        .map(|item| (item.count, item.says.clone()))
        .collect();
    assert_eq!(
        items,
        [
            (Some(2), PreemptionSays::NoVictims),
            (Some(7), PreemptionSays::NotHelpful)
        ]
    );
}

#[test]
fn every_way_to_end_a_message() {
    let rest = "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling";
    for joint in [
        ". ",
        ". no new claims to deallocate, ",
        ". still not schedulable, ",
        ". , ",
        ", ",
        ". plugin disabled, no new claims to deallocate, ",
    ] {
        for end in [
            ".",
            "..",
            "",
            ".*",
            ".\"",
            "., the pod was refused even after PostFilter.",
        ] {
            let text = format!("0/2 nodes are available: 2 Insufficient memory{joint}{rest}{end}");
            let message = parse(&text);
            assert_eq!(
                message.counts(),
                [(Some(2), "Insufficient memory")],
                "{text}"
            );
            let preemption = message.preemption.unwrap();
            assert_eq!(preemption.items.len(), 1, "{text}");
            assert_eq!(
                preemption.items[0].says,
                PreemptionSays::NotHelpful,
                "{text}"
            );
        }
    }
    assert_eq!(
        parse("0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate").counts(),
        [(Some(1), "Insufficient cpu")]
    );
}

#[test]
fn everything_that_preemption_says() {
    let says = |tail: &str| {
        let preemption = parse(&format!(
            "0/3 nodes are available: 3 Insufficient cpu. preemption: {tail}"
        ))
        .preemption
        .unwrap();
        assert_eq!(preemption.items.len(), 1, "{tail}");
        preemption.items[0].says.clone()
    };
    assert_eq!(
        says("not eligible due to preemptionPolicy=Never."),
        PreemptionSays::PolicyNever
    );
    assert_eq!(
        says("not eligible due to preemptionPolicy=Never.."),
        PreemptionSays::PolicyNever
    );
    assert_eq!(
        says("not eligible due to a terminating pod on the nominated node."),
        PreemptionSays::VictimsTerminating
    );
    assert_eq!(
        says("no candidate node for preemption"),
        PreemptionSays::NoCandidate
    );
    assert_eq!(
        says("found a potential placement for pod on node worker-2"),
        PreemptionSays::Potential {
            node: words("worker-2")
        }
    );
    assert_eq!(
        says("found a potential placement for pod on node \"worker-2\"."),
        PreemptionSays::Potential {
            node: words("worker-2")
        }
    );
    assert_eq!(
        says("not eligible due to workload aware preemption enabled"),
        PreemptionSays::PodGroup
    );
    assert_eq!(
        says("0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints."),
        PreemptionSays::StillFails(Reason::TopologySpread {
            missing_label: false
        })
    );
    assert_eq!(
        says("0/3 nodes are available: 3 No victims found on node a for preemptor pod b."),
        PreemptionSays::NoVictims
    );
    assert_eq!(
        says("0/3 nodes are available: 3 words of tomorrow."),
        PreemptionSays::Other
    );
}

#[test]
fn frames_before_1_8() {
    for head in [
        "No nodes are available that match all of the predicates:",
        "No nodes are available that match all of the following predicates::",
        "fit failure summary on nodes :",
    ] {
        let message = parse(&format!(
            "{head} Insufficient cpu (2), MatchNodeSelector (5), NoVolumeZoneConflict."
        ));
        assert_eq!(message.form, Form::Predicates);
        assert_eq!(
            message.counts(),
            [
                (Some(2), "Insufficient cpu"),
                (Some(5), "MatchNodeSelector"),
                (None, "NoVolumeZoneConflict")
            ]
        );
        assert_eq!(message.clauses[1].reason, Reason::NodeAffinity);
        assert_eq!(message.clauses[2].reason, Reason::VolumeZone);
    }
    assert_eq!(
        said("0/3 nodes are available: Insufficient cpu (2), PodFitsHostPorts (1)."),
        [
            "2 Insufficient cpu",
            "1 node(s) didn't have free ports for the requested pod ports"
        ]
    );
}

#[test]
fn one_line_a_node() {
    for joint in ["\n", ""] {
        let text = [
            "pod (web-0) failed to fit in any node",
            "fit failure on node (a): Insufficient cpu",
            "fit failure on node (b): Insufficient cpu",
            "fit failure on node (c): MatchNodeSelector",
        ]
        .join(joint);
        let message = parse(&text);
        assert_eq!(message.form, Form::PerNode);
        assert_eq!(
            message.counts(),
            [
                (Some(2), "Insufficient cpu"),
                (Some(1), "MatchNodeSelector")
            ],
            "{text}"
        );
    }
    let text = "fit failure on node (a): Node didn't have enough resource: CPU, requested: 500, used: 1600, capacity: 2000\n";
    assert_eq!(said(text), ["1 Insufficient cpu"]);
}

#[test]
fn sentences_without_a_head() {
    let text = |text: &str| text.to_owned();
    for (message, reason) in [
        ("no nodes available to schedule pods", Reason::NoNodes),
        (
            "skip schedule deleting pod: shop/web-0",
            Reason::PodDeleting,
        ),
        (
            "Scheduling is blocked due to non-empty scheduling gates",
            Reason::Gated,
        ),
        (
            "running PreBind plugin \"VolumeBinding\": binding volumes: context deadline exceeded",
            Reason::PluginError {
                point: text("PreBind"),
                plugin: text("VolumeBinding"),
                error: text("binding volumes: context deadline exceeded"),
            },
        ),
        (
            "binding rejected: running Bind plugin \"DefaultBinder\": no",
            Reason::PluginError {
                point: text("Bind"),
                plugin: text("DefaultBinder"),
                error: text("no"),
            },
        ),
        (
            "running \"NodeAffinity\" filter plugin: bad",
            Reason::PluginError {
                point: text("Filter"),
                plugin: text("NodeAffinity"),
                error: text("bad"),
            },
        ),
        (
            "error while running \"VolumeBinding\" prebind plugin for pod \"web-0\": too late",
            Reason::PluginError {
                point: text("PreBind"),
                plugin: text("VolumeBinding"),
                error: text("too late"),
            },
        ),
        (
            "failed filter with extender at URL http://10.0.0.9:80/filter, code 500",
            Reason::ExtenderError {
                url: text("http://10.0.0.9:80/filter"),
            },
        ),
        (
            "Post \"http://10.0.0.9:80/filter\": dial tcp 10.0.0.9:80: connect: connection refused",
            Reason::ExtenderError {
                url: text("http://10.0.0.9:80/filter"),
            },
        ),
        (
            "2/5 tasks in gang unschedulable: pod group is not ready, 5 Pending, 5 minAvailable",
            Reason::Gang,
        ),
        (
            "Task shop/web-0 is pending for the requested resources become available",
            Reason::Queued,
        ),
    ] {
        assert_eq!(
            (only(message), parse(message).form),
            (reason, Form::Bare),
            "{message}"
        );
    }
}

#[test]
fn rejections_after_the_choice_of_a_node() {
    assert_eq!(
        only(
            "0/1 nodes are available: 1 rejected due to timeout after waiting 5m0s at plugin Coscheduling."
        ),
        Reason::PermitTimeout {
            plugin: words("Coscheduling")
        }
    );
}

#[test]
fn nodes_left_out_before_the_filters() {
    let plugins =
        |names: &[&str]| Reason::ExcludedByPlugins(names.iter().map(|name| words(name)).collect());
    assert_eq!(
        only("0/9 nodes are available: 8 node(s) didn't satisfy plugin(s) [NodeAffinity]."),
        plugins(&["NodeAffinity"])
    );
    assert_eq!(
        only("0/9 nodes are available: node(s) didn't satisfy plugin(s) [A B] simultaneously."),
        plugins(&["A", "B"])
    );
    assert_eq!(
        only("0/9 nodes are available: node(s) didn't satisfy plugin NodeAffinity."),
        plugins(&["NodeAffinity"])
    );
    assert_eq!(
        only("0/9 nodes are available: 8 node is filtered out by the prefilter result."),
        plugins(&[])
    );
}

#[test]
fn volcano() {
    let message = parse(
        "0/6 nodes are unavailable: 2 plugin NodeUnschedulable predicates failed node(s) were unschedulable, 4 node(s) resource fit failed.",
    );
    assert_eq!((message.nodes, message.form), (Some(6), Form::Unavailable));
    assert_eq!(message.clauses[0].reason, Reason::Unschedulable);
    assert_eq!(message.clauses[1].reason, Reason::InsufficientUnnamed);
    let gang = parse(
        "pod group is not ready, 2 Pending, 3 minAvailable; Pending: 2 Unschedulable. Origin reason is train-0: 0/4 nodes are unavailable: 4 Insufficient cpu.",
    );
    assert_eq!(
        gang.clauses
            .iter()
            .map(|clause| clause.reason.clone())
            .collect::<Vec<_>>(),
        [Reason::Gang, Reason::InsufficientResource(words("cpu"))]
    );
}

#[test]
fn damage_on_the_way() {
    let expected = [
        (Some(1), "Insufficient memory"),
        (Some(2), "node(s) were unschedulable"),
    ];
    for text in [
        "(combined from similar events): 0/3 nodes are available: 1 Insufficient memory, 2 node(s) were unschedulable.",
        " [Warning] [FailedScheduling] [Pod] 0/3 nodes are available: 1 Insufficient memory, 2 node(s) were unschedulable.",
        "FailedScheduling: 0 /3 nodes are available: 1 Insufficient memory,\n  2 node(s) were unschedulable.",
        "0/3 nodes are available: 1 Insufficient mem │\n│ ory, 2 node(s) were unschedulable.",
        "0/3 Nodes are available: 1 Insufficient  memory, 2 node(s)\nwere unschedulable",
        "0/xx nodes are available: 1 Insufficient memory, 2 node(s) were unschedulable.*",
    ] {
        assert_eq!(parse(text).counts(), expected, "{text}");
    }
    let headless = parse("1 Insufficient memory, 2 node(s) were unschedulable");
    assert_eq!(
        (headless.counts(), headless.form, headless.nodes),
        (expected.to_vec(), Form::Headless, None)
    );
    assert_eq!(
        parse("1 Insufficient memory. preemption: 0/3 nodes are available: 3 x").nodes,
        Some(3)
    );
}

#[test]
fn a_cut_message_says_so() {
    let message = parse("0/3 nodes are available: 1 Insufficient memory, 2 node(s) were unsch ...");
    assert!(message.cut);
    assert_eq!(message.clauses[1].reason, Reason::Other);
}

#[test]
fn what_nobody_knows_is_other() {
    for text in [
        "0/3 nodes are available: 3 Insufficient GPU Memory in one device.",
        "0/3 nodes are available: 3 not the published node.",
        "0/3 nodes are available: no task resource of alice/, 3 of them tried.",
        "Pod not supported here: volumes not supported: data is of an unsupported volume Type",
        "insufficient quota to match these scopes: [{PriorityClass In [a b]}]",
        "3 wishes",
    ] {
        assert_eq!(only(text), Reason::Other, "{text}");
    }
    assert_eq!(
        only(
            "0/3 nodes are available: Insufficient quotas [[example.com/gpu]], quotaName: q, used: cpu:3."
        ),
        Reason::QueueQuota
    );
    assert_eq!(parse(" \n").form, Form::Empty);
}

proptest! {
    #[test]
    fn no_text_breaks_it(text in "\\PC{0,80}") {
        let _ = parse(&text);
    }

    #[test]
    fn no_order_of_known_pieces_breaks_it(pieces in proptest::collection::vec(proptest::sample::select(vec![
        "0/3 nodes are available", ": ", ", ", "3 ", "1 Insufficient cpu", "node(s) had taint {a: b}", "preemption: ", "fit failure on node (", "): ", "│", ".", "..", "\n", "é", "nodes are unavailable", "/", " (2)", "...",
    ]), 0..12)) {
        let _ = parse(&pieces.concat());
    }
}
