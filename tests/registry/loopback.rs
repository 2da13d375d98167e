//! An image of `localhost` is the node's own there: what this machine answers in its place is told, and proves nothing.

use super::*;

#[test]
fn what_this_machine_answers_for_itself_proves_nothing_of_the_node() {
    let registry = ApiServer::start();
    with_tags(&registry, &["1.4.1"]);
    for (tag, found) in [
        ("1.4.2", "has the repository without such a tag or digest"),
        ("1.4.1", "has the image"),
    ] {
        let outcome = check_here(&registry, &format!("shop/web:{tag}"), NOT_FOUND, &[]);
        let diagnosis = outcome.diagnosis();
        assert_eq!(diagnosis["cause"], "image-tag-not-found");
        assert_eq!(diagnosis["certainty"], "likely");
        assert_eq!(outcome.image()["registry"]["plainHttp"], true);
        assert_eq!(outcome.pushed().0, "no");
        let said = outcome.said();
        assert!(
            said.contains(&format!("which {found} and need not be that of worker-1")),
            "{said}"
        );
        assert!(!diagnosis.to_string().contains("asked from here"));
    }
}

#[test]
#[cfg(unix)]
fn plain_http_behind_the_port_is_told() {
    let registry = ApiServer::start();
    with_tags(&registry, &["1"]);
    let outcome = check_here(&registry, "shop/web:1", NOT_FOUND, &[]);
    assert_eq!(outcome.view(0)["version"], "there");
    let image = format!("0.0.0.0:{}/shop/web:2", registry.port());
    let (_folder, path) = dump(&[pod("web", &image, NOT_FOUND, &[])]);
    let outcome = run(&["-f", &path, "--check-registry"]);
    assert_eq!(outcome.diagnosis()["certainty"], "proven");
    assert!(
        outcome.said().contains("speaks plain HTTP"),
        "{}",
        outcome.said()
    );
}
