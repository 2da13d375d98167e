//! What the cluster said about a diagnosis, behind a bar.

use super::contributing::Above;
use super::margin::bar;
use super::quote::{Extent, quote};
use super::shown::{MORE_QUOTES, beside};
use crate::render::style::Style;
use crate::render::writer::Writer;
use crate::report::{Affected, Diagnosis};
use crate::snapshot::Evidence;
use crate::text::{Message, say};

/// Lines of the quote that settles the cause.
const PROOF_LINES: usize = 3;
/// Lines of any other quote.
const MORE_LINES: usize = 2;

/// Writes the proof, then what else there is, but what is quoted above; whether there was anything.
pub(super) fn write(
    writer: &mut Writer,
    diagnosis: &Diagnosis,
    objects: &[&Affected],
    above: &Above<'_>,
) -> bool {
    let proof = &diagnosis.proof;
    let extent = if diagnosis.refers_to_quotes {
        Extent::ToItsEnd
    } else {
        Extent::Lines
    };
    let proof_is_new = !above.quoted(proof);
    if proof_is_new {
        quote(writer, proof, objects, extent(PROOF_LINES));
    }
    let more: Vec<&Evidence> = beside(proof, &diagnosis.evidence)
        .filter(|evidence| !above.quoted(evidence))
        .collect();
    let shown = writer.at_most(MORE_QUOTES);
    for evidence in more.iter().take(shown) {
        quote(writer, evidence, objects, extent(MORE_LINES));
    }
    let left = more.len().saturating_sub(shown);
    if left > 0 {
        let sentence = say!(
            "text.evidence.more",
            "+ {quotes} more {quotes|quote|quotes} with -o wide"
        );
        let words = writer.says(&Message::new(sentence).fact("quotes", left));
        writer.line(&bar().with(Style::Faint, &words));
    }
    proof_is_new || !more.is_empty()
}
