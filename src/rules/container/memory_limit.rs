//! The limit of memory that holds for a container: its own or the whole pod's, how it is written, and a higher one.

use crate::kubernetes::patch;
use crate::kubernetes::quantity::Quantity;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::template::{Template, field_path, place};
use crate::snapshot::{ContainerView, Evidence};
use crate::text::{Fact, say};
use k8s_openapi::api::core::v1::ResourceRequirements;

const MEMORY: &str = "memory";
/// With less the runtimes mostly fail to set a process up (they need some 6 to 10 MiB).
const STARTABLE: Quantity = Quantity::from_units(16 << 20);

/// A limit of memory, and where it stands.
pub(super) struct MemoryLimit {
    text: String,
    path: String,
    own: bool,
}

impl MemoryLimit {
    /// The container's limit, or the whole pod's.
    pub(super) fn of(case: &Case<'_>, container: &ContainerView<'_>) -> Option<Self> {
        let of = |resources: Option<&ResourceRequirements>| {
            let limits = resources?.limits.as_ref()?;
            limits.get(MEMORY).map(|limit| limit.0.clone())
        };
        if let Some(text) = of(container.spec.and_then(|spec| spec.resources.as_ref())) {
            let place = place(case, container)?;
            return Some(MemoryLimit {
                text,
                path: field_path(&format!("{place}/resources/limits/memory")),
                own: true,
            });
        }
        let text = of(case.pod().spec().resources.as_ref())?;
        Some(MemoryLimit {
            text,
            path: "spec.resources.limits.memory".to_owned(),
            own: false,
        })
    }

    pub(super) fn amount(&self) -> Option<Quantity> {
        self.text.parse().ok()
    }

    pub(super) fn evidence(&self, case: &Case<'_>) -> Evidence {
        case.field(self.path.as_str(), self.text.as_str())
    }

    /// Twice the limit, as a first try, but enough to start: how much the program needs is not known.
    pub(super) fn raise(&self, case: &Case<'_>, container: &ContainerView<'_>) -> Fix {
        let doubled = self.amount().map(|amount| {
            let doubled = amount.saturating_add(amount).max(STARTABLE);
            doubled.beside(&self.text, MEMORY)
        });
        let (Some(template), Some(doubled)) = (Template::of(case), doubled) else {
            return Fix::advice(
                say!(
                    "oom-killed.raise-limit",
                    "raise the memory limit of {role} {container} above {limit}"
                ),
                Who::Owner,
            );
        };
        let change = say!(
            "oom-killed.double-limit",
            "raise the memory limit of {role} {container}, for a first try from {limit} to {doubled}; what it needs is to be measured"
        );
        let fix = match place(case, container).filter(|_| self.own) {
            Some(place) => {
                let container_path = format!("{}/{place}", template.spec_pointer);
                let patch = vec![
                    patch::test(&format!("{container_path}/name"), container.name()),
                    patch::add(
                        &format!("{container_path}/resources/limits/{MEMORY}"),
                        doubled.as_str(),
                    ),
                ];
                template.edit(change, patch)
            }
            None => Fix::advice(change, Who::Owner),
        };
        fix.fact("doubled", amount(&doubled))
    }
}

/// Limit and request as facts.
pub(super) fn amounts(
    container: &ContainerView<'_>,
    limit: Option<&MemoryLimit>,
    finding: Finding,
) -> Finding {
    let request = container
        .spec
        .and_then(|spec| spec.resources.as_ref()?.requests.as_ref()?.get(MEMORY));
    finding
        .fact_if("limit", limit.map(|limit| amount(&limit.text)))
        .fact_if("request", request.map(|request| amount(&request.0)))
}

/// An amount as it is written, as the quote and the command have it too, unless only a computer would write it so.
fn amount(text: &str) -> Fact {
    let is_readable = text.ends_with(|c: char| !c.is_ascii_digit());
    match text.parse::<Quantity>() {
        Ok(amount) if !is_readable => Fact::from(amount),
        _ => Fact::from(text),
    }
}
