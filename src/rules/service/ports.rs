//! The ports that the pods of a Service declare, and which of them is meant.

use super::selector_fixes::ServiceCase;
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::ports::{OpenPort, Protocol};
use crate::snapshot::{Evidence, Kind, ObjectRef, ServicePort};
use std::collections::BTreeSet;

/// What the containers of its pods declare, each once and in order.
pub(super) fn declared<'a>(case: &ServiceCase<'a>) -> BTreeSet<&'a OpenPort> {
    let pods = case.it.pods(case.snapshot.store());
    pods.flat_map(|(pod, _)| &pod.open_ports).collect()
}

/// The one that was probably meant: the only one of the protocol, or that with the nearest name.
pub(super) fn meant<'a>(
    port: &ServicePort,
    declared: &BTreeSet<&'a OpenPort>,
) -> Option<&'a OpenPort> {
    let alike = || {
        let all = declared.iter().copied();
        all.filter(|one| one.protocol == port.protocol && one.name.is_some())
    };
    let mut numbers = alike();
    if let (Some(only), None) = (numbers.next(), numbers.next()) {
        return Some(only);
    }
    let wanted = port.target.to_string();
    let name = nearest(&wanted, alike().filter_map(|one| one.name.as_deref()))?;
    alike().find(|one| one.is_named(name))
}

/// `http:8080/TCP`
pub(super) fn written(port: &OpenPort) -> String {
    let OpenPort {
        name,
        number,
        protocol,
    } = port;
    match name {
        Some(name) => format!("{name}:{number}/{protocol}"),
        None => format!("{number}/{protocol}"),
    }
}

/// `80`, or `53/UDP`
pub(super) fn of_service(port: &ServicePort) -> String {
    match port.protocol {
        Protocol::Tcp => port.number.to_string(),
        _ => format!("{}/{}", port.number, port.protocol),
    }
}

/// Quotes what the first of its pods declares.
pub(super) fn quoted(case: &ServiceCase<'_>) -> Option<Evidence> {
    let pods = case.it.pods(case.snapshot.store());
    let firsts = pods.filter_map(|(pod, all)| Some((all.iter().next()?, pod)));
    let (record, pod) = firsts.min_by_key(|(record, _)| record.name.clone())?;
    // where there are none the headline says so
    let ports: Vec<String> = pod.open_ports.iter().map(written).collect();
    let object = ObjectRef::new(Kind::Pod, &record.namespace, &record.name);
    let quote = ports.join(", ");
    (!quote.is_empty()).then(|| case.field_of(object, "spec.containers[*].ports", quote))
}
