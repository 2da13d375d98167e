//! `diff`: what became of everything since.

use super::*;
use crate::json_schema::Schema;

fn ids(diff: &Value, what: &str) -> Vec<String> {
    let all = diff[what].as_array().unwrap().iter();
    let name = |one: &Value| {
        let one = one.get("after").unwrap_or(one);
        format!(
            "{} {}",
            one["cause"].as_str().unwrap(),
            one["subject"]["name"].as_str().unwrap()
        )
    };
    all.map(name).collect()
}

/// web comes to wait for something else, api is well, odd stays, cart is new.
fn before_and_after() -> Desk {
    let desk = Desk::new();
    let [web, api, cart, odd] = four();
    desk.file("old", &shop(&[web, api, odd.clone()]));
    let web = pod("shop", "web", &no_such_host("web"));
    desk.file("new", &shop(&[web, cart, odd]));
    desk
}

#[test]
fn two_dumps_are_compared() {
    let desk = before_and_after();
    let found = desk.run("diff old new -o json");
    assert_eq!(found.code, 1, "{}", found.err);
    let diff = found.json();
    assert_eq!(diff["schema"], "kubectl-diagnose-diff/v1");
    Schema::of_diff().keeps(&diff, "/$defs/Diff");
    assert_eq!(ids(&diff, "new"), ["registry-dns cart"]);
    assert_eq!(ids(&diff, "changed"), ["registry-dns web"]);
    assert_eq!(diff["changed"][0]["before"]["cause"], "missing-configmap");
    assert_eq!(ids(&diff, "still"), ["unexplained odd"]);
    assert_eq!(ids(&diff, "gone"), ["registry-dns api"]);
    assert_eq!(diff["unknown"], json!([]));
    insta::assert_snapshot!("diff", desk.run("diff old new").out);
    let same = desk.run("diff new new");
    assert_eq!(same.code, 0, "{}", same.out);
    assert!(
        same.out.contains("0 new, 0 changed, 3 still stuck, 0 gone"),
        "{}",
        same.out
    );
    assert_eq!(desk.run("diff old none").code, 2);
}

#[test]
fn reports_are_compared_as_their_dumps_are() {
    let desk = before_and_after();
    let of_dumps = desk.run("diff old new -o json").out;
    for format in ["json", "yaml"] {
        for name in ["old", "new"] {
            let report = desk.run(&format!("-f {name} -o {format}")).out;
            desk.file(&format!("{name}.report"), &report);
        }
        for pair in ["old.report new.report", "old.report new", "old new.report"] {
            let found = desk.run(&format!("diff {pair} -o json"));
            assert_eq!(found.out, of_dumps, "{pair} {format} {}", found.err);
        }
    }
    desk.file("future", "{\"schema\": \"kubectl-diagnose/v10\"}");
    let future = desk.run("diff future new");
    assert_eq!(future.code, 2);
    assert!(
        future.err.contains("no report of this version"),
        "{}",
        future.err
    );
}

#[test]
fn what_could_not_be_read_is_neither_gone_nor_new() {
    let desk = Desk::new();
    let of = |namespace| pod(namespace, "web", &waits_for("shared"));
    desk.file(
        "both",
        &dump(&["shop", "infra"], &[of("shop"), of("infra")]),
    );
    desk.file("one", &dump(&["shop"], &[of("shop")]));
    let refused = json!([{"kind": "Pod", "namespace": "shop"}, {"kind": "Pod", "namespace": "infra", "why": "forbidden"}]);
    let reading = json!({"apiVersion": "kubectl-diagnose/v1", "kind": "Reading", "asOf": "2026-03-02T10:30:00Z", "reads": refused});
    desk.file(
        "refused",
        &json!({"apiVersion": "v1", "kind": "List", "items": [reading, of("shop")]}).to_string(),
    );
    for less in ["one", "refused"] {
        for (pair, is_stuck_now) in [
            (format!("both {less}"), false),
            (format!("{less} both"), true),
        ] {
            let found = desk.run(&format!("diff {pair} -o json"));
            let diff = found.json();
            assert_eq!(found.code, 2, "{pair}");
            assert_eq!(
                (ids(&diff, "gone").len(), ids(&diff, "new").len()),
                (0, 0),
                "{pair}"
            );
            assert_eq!(
                diff["unknown"][0]["subject"]["namespace"], "infra",
                "{pair}"
            );
            assert_eq!(diff["unknown"][0]["why"], "not-read", "{pair}");
            assert_eq!(diff["unknown"][0]["isStuckNow"], is_stuck_now, "{pair}");
        }
    }
    // what nobody asked for is no obstacle
    let report = desk.run("-f both -n shop -o json").out;
    let found = desk
        .file("shop.json", &report)
        .run("diff both shop.json -o json");
    assert_eq!(found.code, 0, "{}", found.err);
    assert_eq!(found.json()["unknown"][0]["why"], "not-asked");
}

#[test]
fn what_is_silenced_since_is_not_gone() {
    let desk = before_and_after();
    desk.file(
        "quiet",
        &shop(&[annotated(
            pod("shop", "web", &waits_for("shared")),
            "missing-configmap",
        )]),
    );
    let diff = desk.run("diff old quiet -o json").json();
    assert_eq!(diff["silenced"], 1);
    assert_eq!(ids(&diff, "gone"), ["registry-dns api", "unexplained odd"]);
    // and is nothing new when it is shown again
    let diff = desk.run("diff quiet old -o json").json();
    assert_eq!(ids(&diff, "still"), ["missing-configmap web"]);
}

#[test]
fn filters_hold_for_both_sides() {
    let desk = before_and_after();
    let diff = desk.run("diff old new --cause unexplained -o json");
    assert_eq!((diff.code, ids(&diff.json(), "still").len()), (0, 1));
}

#[test]
fn the_cluster_is_compared_in_the_scope_of_what_was_saved() {
    let desk = before_and_after();
    let report = desk.run("-f old -n shop -o json").out;
    desk.file("old.json", &report);
    let server = ApiServer::start();
    let pods = "/api/v1/namespaces/shop/pods";
    let [web, ..] = four();
    server.on(pods, [Response::list("PodList", &[web])]);
    for (path, kind) in [("services", "ServiceList"), ("events", "EventList")] {
        server.on(
            &format!("/api/v1/namespaces/shop/{path}"),
            [Response::list(kind, &[])],
        );
    }
    let config = server.kubeconfig();
    let found = desk.run_with("diff old.json -o json --dump now.json", Some(&config));
    assert_eq!(found.code, 0, "{}{}", found.out, found.err);
    let diff = found.json();
    assert_eq!(ids(&diff, "still"), ["missing-configmap web"]);
    assert_eq!(ids(&diff, "gone"), ["registry-dns api", "unexplained odd"]);
    assert_eq!(diff["after"]["scope"]["namespace"], "shop");
    let again = desk.run("diff old.json now.json -o json");
    assert_eq!(ids(&again.json(), "gone"), ids(&diff, "gone"));
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let desk = before_and_after();
    for (arguments, said) in [
        ("diff", "required"),
        ("diff old new deploy/web", "no more is named"),
        ("diff old -f new", "no more is named"),
        ("diff old new --dump x", "NEW is a file"),
        ("diff - -", "standard input"),
    ] {
        let found = desk.run(arguments);
        assert_eq!(found.code, 2, "{arguments}");
        assert!(found.err.contains(said), "{arguments}: {}", found.err);
    }
}
