//! A claim whose provisioner has said nothing about it: which one that is, and whether it is there at all.
//!
//! A class may still name a plugin that a CSI driver has replaced. Then the volume controller waits for the driver, which it
//! names in an annotation and an event of the claim, and the plugin is nothing that could be installed.
//!
//! Sources: kube-controller-manager `volume/persistentvolume/pv_controller.go` (provisionClaimOperationExternal), CSI migration
//! (on for every plugin by 1.31).

use super::near_volume::nearest;
use crate::kubernetes::claims;
use crate::kubernetes::in_tree::{is_successor, successor};
use crate::kubernetes::shell;
use crate::messages::claim::{self as claim_message, ClaimEvent};
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::snapshot::{Evidence, Kind, ObjectRef};
use crate::text::{Message, say};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use k8s_openapi::api::storage::v1::StorageClass;

/// By the class alone: nobody has said why no volume comes.
pub(super) fn provisioner_silent(
    case: &Case<'_>,
    claim: &PersistentVolumeClaim,
    proof: Evidence,
    class: &StorageClass,
) -> Finding {
    let provisioner = provisioner(claim, &proof, class);
    let plugin = successor(&class.provisioner).map(|_| class.provisioner.as_str());
    let absent = absence(case, &provisioner);
    // which drivers there are is what the absence quotes
    let look = if absent.is_some() {
        "csinodes"
    } else {
        "csidrivers"
    };
    let finding = match absent {
        Some(absence) => not_installed(case, proof, &provisioner).evidence([absence]),
        None => silent(case, claim, proof, plugin.is_some()),
    };
    finding
        .fact_if("class", class.metadata.name.clone())
        .fact_if("plugin", plugin)
        .fact("provisioner", provisioner)
        .inspect(shell::cluster(["get", look]))
}

/// Who has to make the volume: as the volume controller says in the event, then in the claim; else by the class.
fn provisioner(claim: &PersistentVolumeClaim, proof: &Evidence, class: &StorageClass) -> String {
    let told = match claim_message::read(&proof.quote) {
        ClaimEvent::WaitsForProvisioner { driver } => Some(driver),
        _ => None,
    };
    let marked = || claims::provisioner(claim).map(str::to_owned);
    let named = told.or_else(marked);
    let named = named.unwrap_or_else(|| class.provisioner.clone());
    successor(&named).map_or(named, str::to_owned)
}

/// What shows that a CSI driver is not there: its object was looked for, and no node says that it runs it.
fn absence(case: &Case<'_>, driver: &str) -> Option<Evidence> {
    let absent = case.snapshot.csi_drivers().get("", driver).is_absent();
    let nodes = case.snapshot.csi_nodes();
    let mut on_node = nodes
        .seen()
        .filter(|(_, node)| node.drivers.contains_key(driver));
    if !is_successor(driver) || on_node.next().is_some() {
        return None;
    }
    if absent {
        return Some(case.absence(ObjectRef::new(Kind::CsiDriver, "", driver)));
    }
    // the object may not have been asked for, and a driver without any node has no use
    let ((_, node), found) = nodes
        .seen()
        .next()
        .filter(|_| nodes.whole_cluster().is_ok())?;
    let drivers: Vec<&str> = found.drivers.keys().map(String::as_str).collect();
    let object = ObjectRef::new(Kind::CsiNode, "", node);
    Some(case.field_of(object, "spec.drivers", format!("[{}]", drivers.join(", "))))
}

fn not_installed(case: &Case<'_>, proof: Evidence, driver: &str) -> Finding {
    let headline = say!(
        "unbound-pvc.driver-missing",
        "the claim {claim} waits for the CSI driver {provisioner}, which is not installed"
    );
    let trouble = say!(
        "unbound-pvc.root-driver",
        "the CSI driver {provisioner} is not installed"
    );
    Finding::new(case.subject(), headline, proof)
        .fact("trouble", Message::new(trouble).fact("provisioner", driver))
        .why(say!(
            "unbound-pvc.why-driver-missing",
            "only the driver makes volumes of the class {class}[, also where that names {plugin}, which Kubernetes no longer brings along]"
        ))
        .fix([Fix::advice(
            say!(
                "unbound-pvc.install-driver",
                "install the CSI driver {provisioner}, with the rights that it needs in the cloud"
            ),
            Who::Admin,
        )])
}

fn silent(
    case: &Case<'_>,
    claim: &PersistentVolumeClaim,
    proof: Evidence,
    was_replaced: bool,
) -> Finding {
    let near = nearest(case, claim).filter(|near| !near.fits() && !near.is_of_another(claim));
    let headline = say!(
        "unbound-pvc.provisioner-silent",
        "the claim {claim} waits for the provisioner {provisioner}, which has not made a volume"
    );
    let why = if was_replaced {
        say!(
            "unbound-pvc.why-driver-silent",
            "the class {class} names {plugin}, whose volumes the CSI driver {provisioner} makes: it may not be installed or running[; the volume {volume}, made by hand, {differences}]"
        )
    } else {
        say!(
            "unbound-pvc.why-provisioner-silent",
            "the provisioner of the class {class} has said nothing about the claim: it may not be running[; the volume {volume}, made by hand, {differences}]"
        )
    };
    let finding = Finding::new(case.subject(), headline, proof)
        .why(why)
        .fix([Fix::advice(
            say!(
                "unbound-pvc.check-provisioner",
                "check that the provisioner {provisioner} is installed and runs"
            ),
            Who::Admin,
        )]);
    match near {
        Some(near) => near.tell(case, finding),
        None => finding,
    }
}
