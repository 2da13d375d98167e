use super::*;
use crate::snapshot::Store;
use crate::triage::scope::Target;

fn gap(kind: Kind, namespace: Option<&str>, name: Option<&str>, why: Why) -> Gap {
    Gap {
        kind,
        namespace: namespace.map(str::to_owned),
        name: name.map(str::to_owned),
        why,
        detail: String::new(),
    }
}

fn scope(namespace: Option<&str>, targets: &[Target]) -> Scope {
    Scope {
        namespace: namespace.map(str::to_owned),
        targets: targets.to_vec(),
        ..Scope::default()
    }
}

#[test]
fn what_was_not_read_of_the_scope_may_hide_what_is_stuck() {
    let mut store = Store::new(Why::NotAsked);
    let read = ReadScope::Namespace("shop".to_owned());
    store.record(Kind::Pod, read, Ok(()));
    let snapshot = store.snapshot();
    let named = |kind: Kind| Target::new(kind, "web");
    let shop = |targets: &[Target]| scope(Some("shop"), targets);
    let (forbidden, failed) = (Why::Forbidden, Why::Failed);
    for (kind, namespace, name, why, scope, expected) in [
        (Kind::Pod, None, None, forbidden, shop(&[]), false),
        (Kind::Pod, Some("bank"), None, forbidden, shop(&[]), false),
        (
            Kind::Pod,
            Some("shop"),
            Some("web"),
            failed,
            shop(&[]),
            true,
        ),
        (
            Kind::Pod,
            Some("bank"),
            None,
            forbidden,
            scope(None, &[]),
            true,
        ),
        (Kind::Pod, None, None, Why::TimedOut, scope(None, &[]), true),
        (Kind::Event, Some("shop"), None, forbidden, shop(&[]), true),
        (
            Kind::Event,
            Some("shop"),
            Some("web"),
            forbidden,
            shop(&[]),
            false,
        ),
        (
            Kind::Event,
            Some("shop"),
            None,
            forbidden,
            shop(&[named(Kind::Pod)]),
            false,
        ),
        (
            Kind::Event,
            Some("shop"),
            None,
            forbidden,
            shop(&[named(Kind::Job)]),
            true,
        ),
        (
            Kind::Deployment,
            Some("shop"),
            None,
            failed,
            shop(&[]),
            true,
        ),
        (
            Kind::Deployment,
            Some("shop"),
            None,
            Why::NotServed,
            shop(&[]),
            false,
        ),
        (
            Kind::Deployment,
            Some("shop"),
            None,
            failed,
            shop(&[named(Kind::Pod)]),
            false,
        ),
        (
            Kind::Service,
            Some("shop"),
            None,
            forbidden,
            shop(&[]),
            true,
        ),
        (
            Kind::Service,
            Some("shop"),
            None,
            forbidden,
            shop(&[named(Kind::Job)]),
            false,
        ),
        (Kind::Node, None, None, forbidden, shop(&[]), false),
        (
            Kind::Node,
            None,
            Some("web"),
            failed,
            scope(None, &[named(Kind::Node)]),
            true,
        ),
        (
            Kind::StorageClass,
            None,
            None,
            forbidden,
            scope(None, &[]),
            false,
        ),
    ] {
        let gap = gap(kind, namespace, name, why);
        assert_eq!(
            may_hide(&gap, &snapshot, &scope),
            expected,
            "{gap:?} of {scope:?}"
        );
    }
}
