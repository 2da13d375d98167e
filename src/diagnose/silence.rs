//! What is known and not to be shown: by an annotation on the object or its owners, or by a line of a file.
//!
//! A cause silences whatever has that cause; a fingerprint only that diagnosis, so that it comes back when what decides the cause
//! changes. Both end on the day that stands behind `until`, measured at the time of the snapshot. What contributes to nothing but
//! silenced causes goes with them.

use super::narrow::{Selection, narrow};
use crate::report::{
    Affected, Diagnosis, Report, Silenced, SilencedBy, SilencesNothing, Unexplained, WhyNotSilenced,
};
use crate::rules::finding::Role;
use crate::rules::{self, UNEXPLAINED};
use crate::snapshot::{Kind, ObjectRef, Snapshot};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The shortest start of a fingerprint that stands for it.
const SHORTEST: usize = 8;

/// A line of a file of known findings; what it leaves out may be anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Silence {
    /// The fingerprint, or its start.
    pub fingerprint: Option<String>,
    /// The cause.
    pub cause: Option<String>,
    /// The namespace of the objects.
    pub namespace: Option<String>,
    /// The workload, pod, Service or node: `deploy/web`.
    pub workload: Option<String>,
    /// Why it is known.
    pub reason: Option<String>,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// The file.
    #[serde(skip)]
    pub file: String,
}

/// Why a line silences nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A cause that does not exist.
    #[error("`{0}` is not a cause")]
    Cause(String),
    /// No start of a fingerprint.
    #[error("`{0}` is not a fingerprint")]
    Fingerprint(String),
    /// No object.
    #[error("`{0}` is not of the form TYPE/NAME")]
    Workload(String),
    /// Neither cause nor fingerprint.
    #[error("an entry names neither a cause nor a fingerprint")]
    Nothing,
}

impl Silence {
    /// Says what is wrong with it.
    ///
    /// # Errors
    /// When it can never silence anything, or would silence everything.
    pub fn check(&self) -> Result<(), Malformed> {
        let malformed = |text: &Option<String>, is_well: fn(&str) -> bool| {
            text.clone().filter(|text| !is_well(text))
        };
        if let Some(cause) = malformed(&self.cause, is_cause) {
            return Err(Malformed::Cause(cause));
        }
        if let Some(fingerprint) = malformed(&self.fingerprint, is_fingerprint) {
            return Err(Malformed::Fingerprint(fingerprint));
        }
        let is_object = |text: &str| object(text).is_some();
        if let Some(workload) = malformed(&self.workload, is_object) {
            return Err(Malformed::Workload(workload));
        }
        match (&self.cause, &self.fingerprint) {
            (None, None) => Err(Malformed::Nothing),
            _ => Ok(()),
        }
    }

    /// Whether it is meant for this, on whichever day.
    fn means(&self, what: &What<'_>, objects: &[ObjectRef]) -> bool {
        let is_there = |object: &ObjectRef| {
            let named = self.workload.as_deref().and_then(self::object);
            let named = named.map(|(kind, name)| (kind.as_str(), name));
            named.is_none_or(|named| named == (object.kind.as_str(), object.name.as_str()))
                && (self.namespace.is_none() || self.namespace == object.namespace)
        };
        let is_cause = |cause: &str| cause == what.cause;
        self.cause.as_deref().is_none_or(is_cause)
            && self.fingerprint.as_deref().is_none_or(|it| what.is(it))
            && objects.iter().any(is_there)
    }
}

fn is_cause(word: &str) -> bool {
    word == UNEXPLAINED || rules::find(word).is_some()
}

fn is_fingerprint(word: &str) -> bool {
    word.len() >= SHORTEST && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn object(text: &str) -> Option<(Kind, &str)> {
    let (kind, name) = text.split_once('/')?;
    Some((Kind::of_argument(kind)?, name)).filter(|_| !name.is_empty())
}

/// What could be silenced.
struct What<'a> {
    cause: &'a str,
    fingerprint: &'a str,
}

impl What<'_> {
    fn is(&self, fingerprint: &str) -> bool {
        is_fingerprint(fingerprint) && self.fingerprint.starts_with(fingerprint)
    }

    /// What an entry of an annotation says of it.
    fn said_by(&self, entry: &str, today: Date) -> Option<Said> {
        let mut words = entry.split_whitespace();
        let known = words.next()?;
        if !is_cause(known) && !is_fingerprint(known) {
            return Some(Said::Nothing(WhyNotSilenced::Unknown));
        }
        let until = match (words.next(), words.next(), words.next()) {
            (None, ..) => Some(None),
            (Some("until"), Some(day), None) => day.parse::<Date>().ok().map(Some),
            _ => None,
        };
        let is_meant = known == self.cause || self.is(known);
        match until {
            None => Some(Said::Nothing(WhyNotSilenced::Malformed)),
            Some(_) if !is_meant => None,
            Some(Some(until)) if until < today => Some(Said::Nothing(WhyNotSilenced::Expired)),
            Some(until) => Some(Said::Silenced(until)),
        }
    }
}

/// What an entry comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// It silences, until the end of that day.
    Silenced(Option<Date>),
    /// It is meant to, or may be, and does not.
    Nothing(WhyNotSilenced),
}

/// The entries of an annotation: `CAUSE`, `FINGERPRINT until 2026-12-31`, separated by commas.
fn entries(annotation: &str) -> impl Iterator<Item = &str> {
    let entries = annotation.split(',').map(str::trim);
    entries.filter(|entry| !entry.is_empty())
}

/// The report without what is known, which stands in its own list.
pub fn silence(mut report: Report, snapshot: &Snapshot<'_>, file: &[Silence]) -> Report {
    let mut silencing = Silencing {
        snapshot,
        file,
        today: snapshot.clock().at.to_zoned(TimeZone::UTC).date(),
        causes: BTreeMap::new(),
        silenced: Vec::new(),
        kept: BTreeSet::new(),
        nothing: BTreeSet::new(),
    };
    if !silencing.is_any(&report) {
        report.silences_nothing = silencing.nothing.into_iter().collect();
        return report;
    }
    silencing.look(&report.diagnoses);
    report = narrow(report, &mut silencing);
    report.silenced = silencing.silenced;
    report.silences_nothing = silencing.nothing.into_iter().collect();
    report
}

fn what(diagnosis: &Diagnosis) -> What<'_> {
    What {
        cause: diagnosis.cause,
        fingerprint: &diagnosis.fingerprint,
    }
}

fn unexplained(one: &Unexplained) -> What<'_> {
    What {
        cause: UNEXPLAINED,
        fingerprint: &one.fingerprint,
    }
}

struct Silencing<'a> {
    snapshot: &'a Snapshot<'a>,
    file: &'a [Silence],
    today: Date,
    /// By what each cause of an object is silenced, of those that do not only contribute.
    causes: BTreeMap<ObjectRef, Vec<Option<SilencedBy>>>,
    silenced: Vec<Silenced>,
    /// The fingerprints of what is still shown.
    kept: BTreeSet<String>,
    nothing: BTreeSet<SilencesNothing>,
}

impl Silencing<'_> {
    /// Whether any of it is to be silenced. Mostly nothing is, and nothing is taken apart for it.
    fn is_any(&mut self, report: &Report) -> bool {
        let mut is_any = false;
        for diagnosis in &report.diagnoses {
            for affected in &diagnosis.affected {
                is_any |= self.by(&what(diagnosis), affected).is_some();
            }
        }
        for one in &report.unexplained {
            is_any |= self.by(&unexplained(one), &one.object).is_some();
        }
        is_any
    }

    fn look(&mut self, diagnoses: &[Diagnosis]) {
        let causes = diagnoses.iter();
        for diagnosis in causes.filter(|one| one.role != Role::Contributing) {
            for affected in &diagnosis.affected {
                let by = self.by(&what(diagnosis), affected);
                let known = self.causes.entry(affected.object()).or_default();
                known.push(by);
            }
        }
    }

    fn by(&mut self, what: &What<'_>, affected: &Affected) -> Option<SilencedBy> {
        let object = affected.object();
        let mut objects = self.snapshot.with_owners(&object);
        objects.extend(affected.workload.clone());
        let annotated = objects
            .iter()
            .find_map(|object| self.annotated(what, object));
        annotated.or_else(|| self.in_a_file(what, &objects))
    }

    fn annotated(&mut self, what: &What<'_>, object: &ObjectRef) -> Option<SilencedBy> {
        for entry in entries(self.snapshot.silence_of(object)?) {
            match what.said_by(entry, self.today) {
                Some(Said::Silenced(until)) => {
                    return Some(SilencedBy {
                        annotation_of: Some(object.clone()),
                        file: None,
                        reason: None,
                        until: until.map(|until| until.to_string()),
                    });
                }
                Some(Said::Nothing(why)) => {
                    self.nothing.insert(SilencesNothing {
                        annotation_of: Some(object.clone()),
                        file: None,
                        entry: entry.to_owned(),
                        why,
                    });
                }
                None => {}
            }
        }
        None
    }

    fn in_a_file(&mut self, what: &What<'_>, objects: &[ObjectRef]) -> Option<SilencedBy> {
        let lines = self.file.iter();
        for line in lines.filter(|line| line.means(what, objects)) {
            if line.until.is_none_or(|until| self.today <= until) {
                return Some(SilencedBy {
                    annotation_of: None,
                    file: Some(line.file.clone()),
                    reason: line.reason.clone(),
                    until: line.until.map(|until| until.to_string()),
                });
            }
            let entry = line.cause.as_ref().or(line.fingerprint.as_ref());
            self.nothing.insert(SilencesNothing {
                annotation_of: None,
                file: Some(line.file.clone()),
                entry: entry.cloned().unwrap_or_default(),
                why: WhyNotSilenced::Expired,
            });
        }
        None
    }

    /// Of what only contributes: by what the causes are silenced, if all of them are. Of what follows: by what silenced all that
    /// it follows from.
    fn with_its_causes(&self, diagnosis: &Diagnosis, affected: &Affected) -> Option<SilencedBy> {
        if let Some(first) = &diagnosis.consequence_of {
            let mut silenced = self.silenced.iter();
            let by = silenced.find(|one| one.fingerprint == *first)?.by.clone();
            return (!self.kept.contains(first)).then_some(by);
        }
        if diagnosis.role != Role::Contributing {
            return None;
        }
        let causes = self.causes.get(&affected.object())?.iter();
        causes.cloned().reduce(|one, other| one.and(other))?
    }
}

impl Selection for Silencing<'_> {
    fn diagnosis(&mut self, mut diagnosis: Diagnosis) -> Option<Diagnosis> {
        let mut hidden: BTreeMap<SilencedBy, Vec<Affected>> = BTreeMap::new();
        for one in std::mem::take(&mut diagnosis.affected) {
            let by = self.by(&what(&diagnosis), &one);
            match by.or_else(|| self.with_its_causes(&diagnosis, &one)) {
                Some(by) => hidden.entry(by).or_default().push(one),
                None => diagnosis.affected.push(one),
            }
        }
        let silenced = hidden.into_iter().map(|(by, affected)| Silenced {
            fingerprint: diagnosis.fingerprint.clone(),
            cause: diagnosis.cause,
            certainty: Some(diagnosis.certainty),
            subject: diagnosis.subject.clone(),
            headline: diagnosis.headline.clone(),
            message: Some(diagnosis.message.clone()),
            affected,
            by,
        });
        self.silenced.extend(silenced);
        let shown = Some(diagnosis).filter(|diagnosis| !diagnosis.affected.is_empty())?;
        self.kept.insert(shown.fingerprint.clone());
        Some(shown)
    }

    fn unexplained(&mut self, unexplained: Unexplained) -> Option<Unexplained> {
        let what = self::unexplained(&unexplained);
        let Some(by) = self.by(&what, &unexplained.object) else {
            return Some(unexplained);
        };
        self.silenced.push(Silenced {
            fingerprint: unexplained.fingerprint,
            cause: UNEXPLAINED,
            certainty: None,
            subject: unexplained.subject,
            headline: String::new(),
            message: None,
            affected: vec![unexplained.object],
            by,
        });
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THIS: What<'_> = What {
        cause: "oom-killed",
        fingerprint: "0123456789abcdef",
    };

    #[test]
    fn an_annotation_names_causes_and_fingerprints_and_days() {
        let today: Date = "2026-03-02".parse().unwrap();
        let for_ever = Some(Said::Silenced(None));
        let nothing = |why| Some(Said::Nothing(why));
        for (entry, expected) in [
            ("oom-killed", for_ever),
            ("0123456789abcdef", for_ever),
            ("01234567", for_ever),
            ("0123456", nothing(WhyNotSilenced::Unknown)),
            ("", None),
            ("oom", nothing(WhyNotSilenced::Unknown)),
            ("registry-dns", None),
            ("registry-dns until 2026-03-01", None),
            ("0123456789abcdee", None),
            (
                "oom-killed until 2026-03-02",
                Some(Said::Silenced(Some(today))),
            ),
            (
                "oom-killed until 2026-03-01",
                nothing(WhyNotSilenced::Expired),
            ),
            (
                "oom-killed until tomorrow",
                nothing(WhyNotSilenced::Malformed),
            ),
            ("oom-killed for ever", nothing(WhyNotSilenced::Malformed)),
        ] {
            assert_eq!(THIS.said_by(entry, today), expected, "{entry}");
        }
        let all: Vec<&str> = entries("registry-dns, oom-killed until 2026-03-02,,").collect();
        assert_eq!(all, ["registry-dns", "oom-killed until 2026-03-02"]);
    }

    #[test]
    fn a_line_that_silences_nothing_or_everything_is_refused() {
        let line = |text: &str| serde_saphyr::from_str::<Silence>(text).unwrap();
        for (text, expected) in [
            ("{cause: oom-killed, workload: deploy/web}", Ok(())),
            ("{fingerprint: 0123456789012345}", Ok(())),
            ("{fingerprint: 1234567e12345678}", Ok(())),
            (
                "{cause: oom-kiled}",
                Err(Malformed::Cause("oom-kiled".into())),
            ),
            (
                "{fingerprint: abc}",
                Err(Malformed::Fingerprint("abc".into())),
            ),
            (
                "{cause: oom-killed, workload: web}",
                Err(Malformed::Workload("web".into())),
            ),
            ("{namespace: shop}", Err(Malformed::Nothing)),
        ] {
            assert_eq!(line(text).check(), expected, "{text}");
        }
        assert!(serde_saphyr::from_str::<Silence>("{causes: oom-killed}").is_err());
    }
}
