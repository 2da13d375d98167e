//! What of a diagnosis was asked for: causes, layers, a certainty. The rest is counted.

use super::narrow::{Selection, narrow};
use crate::report::{Diagnosis, Report, Unexplained};
use crate::rules::finding::Certainty;
use crate::rules::{Layer, UNEXPLAINED};
use std::collections::BTreeSet;

/// What is to be shown; of nothing everything is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// Only these causes.
    pub causes: BTreeSet<&'static str>,
    /// Only what is stuck at these layers.
    pub layers: BTreeSet<Layer>,
    /// Nothing that is less certain. What is unexplained is no guess, and stays.
    pub min_certainty: Option<Certainty>,
}

impl Shown {
    fn admits(&self, cause: &str, layer: Layer, certainty: Option<Certainty>) -> bool {
        let is_sure = |least: Certainty| certainty.is_none_or(|sure| sure <= least);
        (self.causes.is_empty() || self.causes.contains(cause))
            && (self.layers.is_empty() || self.layers.contains(&layer))
            && self.min_certainty.is_none_or(is_sure)
    }

    /// The report with no more than was asked for.
    pub fn apply(&self, report: Report) -> Report {
        if *self == Shown::default() {
            return report;
        }
        let mut kept = Kept {
            filter: self,
            filtered: 0,
        };
        let mut report = narrow(report, &mut kept);
        report.summary.filtered = kept.filtered;
        let scope = &mut report.scope;
        scope.causes = self.causes.iter().map(ToString::to_string).collect();
        scope.layers = self.layers.iter().map(ToString::to_string).collect();
        scope.min_certainty = self.min_certainty.map(|least| least.as_str().to_owned());
        report
    }
}

struct Kept<'f> {
    filter: &'f Shown,
    filtered: usize,
}

impl Kept<'_> {
    fn counted<T>(&mut self, one: T, is_shown: bool) -> Option<T> {
        self.filtered += usize::from(!is_shown);
        is_shown.then_some(one)
    }
}

impl Selection for Kept<'_> {
    fn diagnosis(&mut self, one: Diagnosis) -> Option<Diagnosis> {
        let is_shown = self
            .filter
            .admits(one.cause, one.layer, Some(one.certainty));
        self.counted(one, is_shown)
    }

    fn unexplained(&mut self, one: Unexplained) -> Option<Unexplained> {
        let is_shown = self.filter.admits(UNEXPLAINED, one.next.layer, None);
        self.counted(one, is_shown)
    }
}
