//! A name that the template of refused pods gives, and that the API server finds nothing for: a ServiceAccount, a PriorityClass.

use super::refusal::wait_for_next;
use crate::kubernetes::nearest::nearest;
use crate::kubernetes::patch;
use crate::rules::finding::{Finding, Fix, Risk, Who};
use crate::rules::shared::refused::{Refused, WorkloadCase};
use crate::snapshot::{Catalog, Kind, ObjectRef};
use crate::text::Seconds;
use crate::text::{Sentence, say};
use crate::triage::RETRY;
use serde_json::{Value, json};

/// How names begin that Kubernetes keeps for itself (pkg/apis/scheduling, SystemPriorityClassPrefix).
pub(super) const OF_SYSTEM: &str = "system-";

/// The object that is missing, and the field of the pods' spec that names it.
pub(super) struct MissingName<'c, 'a> {
    pub(super) case: &'c WorkloadCase<'a>,
    pub(super) refused: &'c Refused<'a>,
    pub(super) object: ObjectRef,
    pub(super) field: &'static str,
    is_there: bool,
    is_absent: bool,
    nearest: Option<String>,
}

/// What is said of it.
pub(super) struct Says {
    /// That it does not exist.
    pub(super) missing: Sentence,
    /// That it did not, and does by now.
    pub(super) by_now: Sentence,
    /// How that comes to the pods.
    pub(super) why: Sentence,
}

impl<'c, 'a> MissingName<'c, 'a> {
    /// Looks for it among those of its kind.
    pub(super) fn look<T>(
        case: &'c WorkloadCase<'a>,
        refused: &'c Refused<'a>,
        object: ObjectRef,
        field: &'static str,
        catalog: &Catalog<T>,
    ) -> Self {
        let namespace = object.namespace.as_deref().unwrap_or_default();
        let seen = catalog.get(namespace, &object.name);
        // those that Kubernetes keeps for itself are meant by nobody who does not say so
        let is_own =
            |name: &str| name.starts_with(OF_SYSTEM) && !object.name.starts_with(OF_SYSTEM);
        let names = catalog.seen_in(namespace).map(|(name, _)| name);
        let names = names.filter(|name| !is_own(name));
        MissingName {
            is_there: seen.yes().is_some(),
            is_absent: seen.is_absent(),
            nearest: nearest(&object.name, names).map(str::to_owned),
            case,
            refused,
            object,
            field,
        }
    }

    /// The finding, with these changes where it is still missing.
    pub(super) fn finding(&self, says: &Says, changes: impl IntoIterator<Item = Fix>) -> Finding {
        let headline = if self.is_there {
            says.by_now
        } else {
            says.missing
        };
        let why = if self.is_there {
            say!(
                "missing-name.by-now-why",
                "the controller of {controller} tries again at growing intervals, at most {interval} apart"
            )
        } else {
            says.why
        };
        let case = self.case;
        let finding = self
            .refused
            .finding(case, case.subject(), headline)
            .why(why)
            .fact("name", self.object.name.as_str())
            .fact("template", case.subject().argument())
            .fact("controller", case.object().argument())
            .fact("interval", Seconds(RETRY));
        if self.is_there {
            return finding.fix([wait_for_next(case)]);
        }
        finding
            .fact_if("nearest", self.nearest.as_deref())
            .evidence(self.is_absent.then(|| case.absence(self.object.clone())))
            .fix(self.rename())
            .fix(changes)
            .fix(self.delete_job())
    }

    /// A Job keeps the template that its CronJob had when it was made.
    fn delete_job(&self) -> Option<Fix> {
        let (case, job) = (self.case, self.case.object());
        let change = say!(
            "missing-name.delete-job",
            "delete {job}, which keeps the template that it was made by"
        );
        let is_of_cron_job = case.subject().known_kind() == Some(Kind::CronJob);
        (case.it.kind == Kind::Job && is_of_cron_job).then(|| {
            let argument = job.argument();
            let command = case.kubectl(["delete", &argument]);
            let fix = Fix::command(change, Who::Owner, job, command).risk(Risk::Destroys);
            fix.fact("job", argument)
        })
    }

    /// The name that was probably meant in its place.
    fn rename(&self) -> Option<Fix> {
        let near = self.nearest.as_deref()?;
        let change = say!(
            "missing-name.name-nearest",
            "if {nearest} is meant, name that one in the template of {template}"
        );
        let path = self.path();
        let fix = self.edit(change, path.map(|path| patch::replace(&path, near)));
        Some(fix)
    }

    /// A change of the field in the template; words alone where that is fixed or its kind not known.
    pub(super) fn edit(&self, change: Sentence, operation: Option<Value>) -> Fix {
        let owner = self.case.subject();
        let template = owner.known_kind().and_then(|kind| kind.pod_template());
        let (Some(template), Some(path), Some(operation)) = (template, self.path(), operation)
        else {
            // a Job's template is fixed
            let anew = self.case.kubectl(["replace", "--force", "-f", "FILE"]);
            let is_job = owner.known_kind() == Some(Kind::Job);
            let fix = Fix::advice(change, Who::Owner).of_template();
            return fix.when(is_job, |fix| fix.template(anew).risk(Risk::Destroys));
        };
        let name = self.object.name.as_str();
        let operations = vec![patch::test(&path, name), operation];
        let before = patch::nested(template, json!({self.field: name}));
        Fix::edit(change, Who::Owner, owner, operations, &before)
    }

    /// Where the workload's template has the field.
    pub(super) fn path(&self) -> Option<String> {
        let template = self.case.subject().known_kind()?.pod_template()?;
        Some(format!("{template}/{}", self.field))
    }
}
