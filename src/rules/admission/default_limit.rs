//! A LimitRange gives a container a limit that lies below what the container asks for: then the pod is invalid.
//!
//! Source: kubernetes `plugin/pkg/admission/limitranger` fills defaults in before `pkg/apis/core/validation`
//! validateContainerResourceRequirements looks at them (1.37).

use super::limit_range::look;
use super::limits::{Amounts, quantity, ranges};
use super::refusal::Refusal;
use super::refused_template::{Template, name_of};
use crate::kubernetes::patch;
use crate::kubernetes::quantity::Quantity;
use crate::messages::admission::Fault;
use crate::messages::form::search;
use crate::rules::finding::{Certainty, Finding, Fix, Who};
use crate::snapshot::{Kind, ObjectRef};
use crate::text::{Fact, Message, say};

/// The request of a container that is above a limit, where the template sets none and a LimitRange does, or may.
pub(super) fn of(refusal: &Refusal<'_, '_>, faults: &[Fault]) -> Option<Finding> {
    let found = faults.iter().find_map(|fault| Below::of(refusal, fault))?;
    Some(found.finding(refusal))
}

/// A request above a limit that the template does not set.
struct Below {
    resource: String,
    asked: String,
    field: String,
    /// The container and the pointer to it, where the template is known.
    container: Option<(String, String)>,
    /// The LimitRange and its default; none where not all were read.
    given: Option<(String, Quantity)>,
}

impl Below {
    fn of(refusal: &Refusal<'_, '_>, fault: &Fault) -> Option<Self> {
        let case = refusal.case;
        let captures = search("must be less than or equal to {} limit", &fault.why)?;
        let (resource, asked) = (captures.own(0), fault.value.clone()?);
        let request = quantity(&asked)?;
        let place = place(&fault.field)?;
        let container = match Template::of(case) {
            None => None,
            Some(template) => {
                let container = template.spec.pointer(&place)?;
                let amounts = Amounts::of(container, &resource);
                let is_own = amounts.limit.is_none() && amounts.request == Some(request);
                is_own
                    .then(|| (name_of(container).to_owned(), place))?
                    .into()
            }
        };
        let given = ranges(case).find_map(|(name, range)| {
            let limits = range
                .limits
                .iter()
                .filter(|limit| limit.kind == "Container");
            let default = limits
                .filter_map(|limit| limit.default.get(&resource))
                .next()?;
            (*default < request).then(|| (name.to_owned(), *default))
        });
        let all_read = case.snapshot.limit_ranges().whole(case.namespace()).is_ok();
        (given.is_some() || !all_read).then(|| Below {
            resource,
            asked,
            field: fault.field.clone(),
            container,
            given,
        })
    }

    fn finding(&self, refusal: &Refusal<'_, '_>) -> Finding {
        let case = refusal.case;
        let headline = match (&self.container, &self.given) {
            (Some(_), Some(_)) => say!(
                "limit-range.default-below",
                "container {container} asks for {asked} of {resource}, and LimitRange {range} gives it a limit of {default}"
            ),
            (None, Some(_)) => say!(
                "limit-range.default-below-field",
                "{field} asks for {asked} of {resource}, and LimitRange {range} gives a limit of {default}"
            ),
            (Some(_), None) => say!(
                "limit-range.some-default",
                "container {container} asks for {asked} of {resource}, more than the limit that it is given, as the default of a LimitRange does"
            ),
            (None, None) => say!(
                "limit-range.some-default-field",
                "{field} asks for {asked} of {resource}, more than the limit that is given, as the default of a LimitRange does"
            ),
        };
        let quote = self.given.as_ref().map(|(range, default)| {
            let object = ObjectRef::new(Kind::LimitRange, case.namespace(), range);
            let path = format!("spec.limits[Container].default[{}]", self.resource);
            case.field_of(object, path, default.to_string())
        });
        // the API server does not say where the limit comes from
        let least = match self.given {
            Some(_) => Certainty::Likely,
            None => Certainty::Possible,
        };
        let certainty = refusal.refused.certainty(case.snapshot).max(least);
        let range: Vec<String> = self.given.iter().map(|(name, _)| name.clone()).collect();
        let finding = refusal
            .finding(case.subject(), headline)
            .certainty(certainty)
            .why(say!(
                "limit-range.default-why",
                "the template was accepted, so the limit is not its own: a container that sets none gets the default of a LimitRange, and no request may be above its limit; {again}"
            ))
            .fact("field", self.field.as_str())
            .fact("asked", self.asked.as_str())
            .fact("resource", self.resource.as_str())
            .evidence(quote)
            .fix([self.own_limit(refusal)])
            .inspect(look(case, &range));
        let finding = match &self.given {
            Some((range, default)) => finding
                .fact("range", range.as_str())
                .fact("default", Fact::amount(*default, &self.resource)),
            None => finding,
        };
        match &self.container {
            Some((name, _)) => finding.container(name),
            None => finding,
        }
    }

    fn own_limit(&self, refusal: &Refusal<'_, '_>) -> Fix {
        let change = Message::new(say!(
            "limit-range.set-limit",
            "set the container's own limit of {resource}, no less than its request of {asked}"
        ))
        .fact("resource", self.resource.as_str())
        .fact("asked", self.asked.as_str());
        let container = self.container.as_ref();
        let template = container.and_then(|it| Some((it, Template::of(refusal.case)?)));
        match template {
            Some(((_, place), mut template)) => {
                let step = patch::escaped(&self.resource);
                template.set(
                    &format!("{place}/resources/limits/{step}"),
                    self.asked.as_str(),
                );
                template.fix(change)
            }
            None => Fix::advice(change, Who::Owner).of_template(),
        }
    }
}

/// `spec.containers[1].resources.requests` is `/containers/1`.
fn place(field: &str) -> Option<String> {
    let (list, rest) = field.strip_prefix("spec.")?.split_once('[')?;
    let (index, _) = rest.split_once(']')?;
    let is_list = ["containers", "initContainers"].contains(&list);
    (is_list && index.parse::<usize>().is_ok()).then(|| format!("/{list}/{index}"))
}
