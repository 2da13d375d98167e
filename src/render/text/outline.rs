//! The report in parts, in the order of the text and with nothing left out, for formats that lay out by themselves.
//!
//! What a part says is cleaned of terminal control here, as everywhere; what would steer Markdown, HTML or a workflow is left
//! to `escape`.

use super::block::{Block, blocks};
use super::origin::origin;
use super::quote::{self as quotes, Extent};
use super::unexplained::{Group, groups};
use super::{agreement, consequences, diagnosis, ended, ending, failures, fixes, head, hidden};
use super::{image, ladder, names, nodes, overview, rows, serving, shown, standing, unread};
use crate::kubernetes::text::clean;
use crate::render::Layout;
use crate::render::arguments::arguments;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::words::NAMED;
use crate::render::writer::{Detail, Writer};
use crate::report::{Affected, Diagnosis, FixReport, Report, Rung, RungState, Silenced};
use crate::rules::UNEXPLAINED;
use crate::rules::finding::{Certainty, Role};
use crate::snapshot::{Evidence, ObjectRef};
use crate::text::{Fact, Message, Seconds, Sentence, say};

/// Everything there is to lay out.
pub(in crate::render) struct Outline<'r> {
    /// What it comes to.
    pub(in crate::render) verdict: Line,
    /// What was asked for, when, by which version.
    pub(in crate::render) about: Line,
    /// What keeps something stuck, the most harmful first.
    pub(in crate::render) sections: Vec<Section<'r>>,
    /// What has ended and is only kept.
    pub(in crate::render) ended: Vec<Section<'r>>,
    /// What was named and is not stuck, a line each.
    pub(in crate::render) not_stuck: Vec<Line>,
    /// What is silenced, and by what.
    pub(in crate::render) silenced: Vec<Line>,
    /// What could not be read, and what failed.
    pub(in crate::render) missed: Vec<Line>,
    writer: Writer,
}

/// A root cause, a diagnosis of its own, or objects of one owner that nothing explains.
pub(in crate::render) struct Section<'r> {
    pub(in crate::render) cause: &'static str,
    /// How grave it is.
    pub(in crate::render) level: Level,
    /// What is told; nothing of what nothing explains.
    pub(in crate::render) diagnosis: Option<&'r Diagnosis>,
    /// The object to change.
    pub(in crate::render) subject: &'r ObjectRef,
    /// What it keeps stuck.
    pub(in crate::render) affected: Vec<&'r Affected>,
    /// The cause, with how sure it is.
    pub(in crate::render) name: Line,
    pub(in crate::render) headline: Line,
    /// `10 pods`
    pub(in crate::render) stuck: String,
    /// For how long.
    pub(in crate::render) age: String,
    /// `deploy/web -n shop`
    pub(in crate::render) objects: String,
    /// What is hit, in which state, for how long, and what still serves.
    pub(in crate::render) head: Line,
    /// What still serves, where that is asked.
    pub(in crate::render) serving: Option<Line>,
    /// What the revision changed that is being rolled out.
    pub(in crate::render) changes: Vec<Line>,
    /// What is hit and why, in one line.
    pub(in crate::render) brief: Line,
    /// What to change, best first.
    pub(in crate::render) fixes: Vec<Change>,
    /// The first change of each other workload that it hits.
    pub(in crate::render) others: Vec<Change>,
    pub(in crate::render) why: Option<Line>,
    /// Of an image that cannot be pulled: what is known of its name, its registry and the way there.
    pub(in crate::render) answers: Vec<Change>,
    /// The command that looks closer.
    pub(in crate::render) next: String,
    /// What the cluster said, the words that settle it first.
    pub(in crate::render) quotes: Vec<Quote>,
    /// Nodes, and why each was rejected.
    pub(in crate::render) nodes: Vec<(Line, Vec<Line>)>,
    /// What is missing from those, and whether the scheduler counts the same.
    pub(in crate::render) remarks: Vec<Line>,
    /// The layers that were reached, with what shows how it stands to each.
    pub(in crate::render) layers: Vec<(RungState, Line)>,
}

/// How grave something is, where a format has three words for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Level {
    /// Proven, and it keeps something stuck.
    Error,
    /// Not proven, or not the cause alone.
    Warning,
    /// It has ended, or is meant so.
    Note,
}

/// Something to change.
pub(in crate::render) struct Change {
    /// `fix`, `or`, or the object to change.
    pub(in crate::render) label: String,
    pub(in crate::render) change: Line,
    pub(in crate::render) verified: Option<Line>,
    /// The command, or one to be filled in; empty when there is none.
    pub(in crate::render) command: String,
}

/// Words of the cluster, and whose they are.
pub(in crate::render) struct Quote {
    pub(in crate::render) origin: Line,
    pub(in crate::render) words: String,
}

/// The report in parts; `apart` when each diagnosis has one of its own.
pub(in crate::render) fn outline(report: &Report, layout: Layout, apart: bool) -> Outline<'_> {
    let writer = Writer::new(layout, Detail::Whole);
    let blocks = blocks(report, apart);
    let groups = groups(report);
    let explained = blocks.iter().map(|block| of_block(&writer, report, block));
    let unexplained = groups.iter().map(|group| of_group(&writer, report, group));
    let (ended, sections) = explained
        .chain(unexplained)
        .partition(|section: &Section<'_>| section.affected.iter().all(|one| one.ended));
    let missed = report.gaps.iter().filter(|gap| gap.is_missed());
    let found = report.diagnoses.iter().map(|one| one.cause).collect();
    let gaps = unread::gaps(&writer, missed, &found)
        .into_iter()
        .map(|(line, _)| line);
    let defects = report
        .defects
        .iter()
        .map(|defect| ending::wrong(&writer, defect));
    let not_stuck = report.not_stuck.iter();
    let silenced = report.silenced.iter();
    let silences_nothing = report.silences_nothing.iter();
    let silences_nothing = silences_nothing.map(|one| hidden::nothing_silenced(&writer, one));
    Outline {
        verdict: ending::verdict_line(&writer, report),
        about: Line::new().plain(&writer.says(&about(report))),
        not_stuck: not_stuck
            .flat_map(|one| standing::lines(&writer, one))
            .collect(),
        silenced: silenced
            .map(|one| hidden::line(&writer, one))
            .chain(silences_nothing)
            .collect(),
        missed: defects.chain(gaps).collect(),
        sections,
        ended,
        writer,
    }
}

impl Outline<'_> {
    /// A word in the language of the report.
    pub(in crate::render) fn word(&self, word: Sentence) -> String {
        self.writer.word(word)
    }

    /// What was changed, with the word that stands before it.
    pub(in crate::render) fn labelled(&self, change: &Line) -> Line {
        let label = Line::of(Style::Label, &self.word(serving::CHANGED));
        label.plain(": ").append(change)
    }

    /// What stands above what has ended.
    pub(in crate::render) fn kept(&self) -> Line {
        Line::of(Style::Label, &self.word(ended::TITLE))
    }

    /// By what something is silenced.
    pub(in crate::render) fn silenced_by(&self, silenced: &Silenced) -> Line {
        self.says(&hidden::by(&self.writer, &silenced.by))
    }

    /// A sentence in that language.
    pub(in crate::render) fn says(&self, message: &Message) -> Line {
        Line::new().plain(&self.writer.says(message))
    }
}

/// `namespace shop, as of 2026-01-01T12:00:00Z, kubectl-diagnose 1.0.0`
fn about(report: &Report) -> Message {
    let scope = &report.scope;
    let targets = (!scope.targets.is_empty()).then(|| scope.targets.join(", "));
    Message::new(say!(
        "text.outline.about",
        "[{targets}, ][{selector}, ][namespace {namespace}, ]as of {time}, {tool} {version}"
    ))
    .fact_if("targets", targets)
    .fact_if("selector", scope.selector.as_deref())
    .fact_if("namespace", scope.namespace.as_deref())
    .fact("time", report.as_of.as_str())
    .fact("tool", env!("CARGO_PKG_NAME"))
    .fact("version", report.version)
}

fn of_block<'r>(writer: &Writer, report: &Report, block: &Block<'r>) -> Section<'r> {
    let Block { root, first, .. } = block;
    let affected = block.affected();
    let workloads = block.workloads();
    let others = block.diagnoses.iter().skip(1);
    Section {
        cause: root.cause,
        level: match (block.has_ended(), root.role, root.certainty) {
            (true, ..) | (_, Role::Held | Role::Idle | Role::Hint, _) => Level::Note,
            (_, Role::Cause, Certainty::Proven) => Level::Error,
            _ => Level::Warning,
        },
        diagnosis: Some(first),
        subject: &first.subject,
        name: diagnosis::certainty(writer, root.cause, root.certainty),
        headline: headline(writer, block),
        stuck: writer.says(&overview::stuck(&affected)),
        age: overview::age(writer, &affected).text(),
        objects: arguments(writer, &workloads, NAMED),
        head: head::line(writer, &affected, &block.each(), report),
        serving: serving::message(report, &workloads)
            .map(|serving| Line::new().plain(&writer.says(&serving))),
        changes: serving::changed(writer, report, (first, &workloads)),
        brief: ended::of_block(writer, block),
        fixes: changes(writer, &first.fixes),
        others: others
            .filter(|other| other.fixes != first.fixes)
            .filter_map(|other| likewise(writer, other))
            .collect(),
        why: first
            .why_message
            .as_ref()
            .map(|why| Line::new().prose(Style::Plain, &writer.says(why))),
        answers: answers(writer, first),
        next: clean(&first.next.command).into_owned(),
        quotes: shown::quotes(&first.proof, &first.evidence, true)
            .map(|evidence| quote(writer, evidence, &affected))
            .collect(),
        nodes: rejected(writer, first),
        remarks: remarks(writer, first)
            .into_iter()
            .chain(consequences::lines(writer, block))
            .collect(),
        layers: reached(writer, report, &first.ladder),
        affected,
    }
}

fn of_group<'r>(writer: &Writer, report: &Report, group: &Group<'r>) -> Section<'r> {
    let affected = group.affected();
    let evidence = group.all.iter().flat_map(|one| &one.evidence);
    Section {
        cause: UNEXPLAINED,
        level: if group.has_ended() {
            Level::Note
        } else {
            Level::Error
        },
        diagnosis: None,
        subject: group.subject,
        name: diagnosis::certainty(writer, UNEXPLAINED, Certainty::Proven),
        headline: Line::new().plain(&writer.says(&group.headline())),
        stuck: writer.says(&overview::stuck(&affected)),
        age: overview::age(writer, &affected).text(),
        objects: arguments(writer, [group.subject], NAMED),
        head: head::line(writer, &affected, &affected, report),
        serving: None,
        changes: Vec::new(),
        brief: ended::of_group(writer, group),
        fixes: Vec::new(),
        others: Vec::new(),
        why: Some(Line::new().plain(&writer.word(group.words()))),
        answers: Vec::new(),
        next: clean(&group.first.next.command).into_owned(),
        quotes: evidence
            .map(|evidence| quote(writer, evidence, &affected))
            .collect(),
        nodes: Vec::new(),
        remarks: Vec::new(),
        layers: reached(writer, report, &group.first.ladder),
        affected,
    }
}

fn answers(writer: &Writer, diagnosis: &Diagnosis) -> Vec<Change> {
    let part = |answer: image::Answer| {
        let lines = answer.lines.into_iter();
        let joined = lines.reduce(|line, next| line.plain("; ").append(&next));
        let mut places: Vec<String> = Vec::new();
        let mut commands = Vec::new();
        for (place, command) in answer.commands {
            if places.last() != Some(&place) {
                // a comment to a shell, so that all can be copied
                commands.push(format!("# {}", clean(&place)));
                places.push(place);
            }
            commands.push(command);
        }
        Change {
            label: writer.word(answer.label),
            change: joined.unwrap_or_default(),
            verified: None,
            command: commands.join("\n"),
        }
    };
    image::answers(writer, diagnosis)
        .into_iter()
        .map(part)
        .collect()
}

fn reached(writer: &Writer, report: &Report, ladder: &[Rung]) -> Vec<(RungState, Line)> {
    let reached = ladder
        .iter()
        .filter(|rung| rung.state != RungState::NotReached);
    let layer = |rung: &Rung| (rung.state, ladder::with_words(writer, rung, &report.gaps));
    reached.map(layer).collect()
}

fn changes(writer: &Writer, fixes: &[FixReport]) -> Vec<Change> {
    let named = fixes
        .iter()
        .enumerate()
        .map(|(at, fix)| (shown::name(fix, at == 0), fix));
    named
        .map(|(label, fix)| change(writer, writer.word(label), fix))
        .collect()
}

fn change(writer: &Writer, label: String, fix: &FixReport) -> Change {
    let command = if fix.command.is_empty() {
        &fix.template
    } else {
        &fix.command
    };
    Change {
        label,
        change: fixes::change(writer, fix),
        verified: fix
            .verified
            .as_ref()
            .map(|verified| fixes::outcome(writer, verified)),
        command: if fixes::is_readable(command) {
            clean(command).into_owned()
        } else {
            String::new()
        },
    }
}

fn headline(writer: &Writer, block: &Block<'_>) -> Line {
    let line = Line::new().prose(Style::Plain, &writer.says(block.headline()));
    match serving::revision(block.first) {
        Some(revision) => line.plain(&format!(", {}", writer.says(&revision))),
        None => line,
    }
}

/// What is put right by a change of its own.
fn likewise(writer: &Writer, diagnosis: &Diagnosis) -> Option<Change> {
    let label = arguments(writer, [&diagnosis.subject], 1);
    Some(change(writer, label, diagnosis.fixes.first()?))
}

fn quote(writer: &Writer, evidence: &Evidence, affected: &[&Affected]) -> Quote {
    Quote {
        origin: Line::new().plain(&origin(writer, evidence, affected)),
        words: quotes::words(writer, evidence, Extent::Whole).into_owned(),
    }
}

fn rejected(writer: &Writer, diagnosis: &Diagnosis) -> Vec<(Line, Vec<Line>)> {
    let language = writer.language();
    let free = nodes::free(diagnosis);
    let rows = rows::rows(&diagnosis.nodes, nodes::ROWS_OF_ALL);
    let row = |row: &rows::Row<'_>| {
        let names = names::in_row(&row.names, usize::MAX, true, language);
        (names, failures::in_words(&row.failures, free, language))
    };
    rows.iter().map(row).collect()
}

fn remarks(writer: &Writer, diagnosis: &Diagnosis) -> Vec<Line> {
    let agreement = diagnosis.agreement.as_ref();
    let preemption = diagnosis.preemption.as_ref();
    let agreement = agreement.and_then(|agreement| agreement::verdict(writer, agreement));
    let preemption = preemption.and_then(|preemption| agreement::preemption(writer, preemption));
    let mut lines = nodes::before(writer, diagnosis);
    lines.extend(nodes::not_computed(writer, diagnosis));
    lines.extend(agreement.into_iter().chain(preemption));
    lines
}

impl Section<'_> {
    /// The name, status and age of each object that it keeps stuck.
    pub(in crate::render) fn rows(&self, outline: &Outline<'_>) -> Vec<[String; 3]> {
        let language = outline.writer.language();
        let row = |one: &&Affected| {
            let age = one.since_seconds.map(Seconds).map(Fact::from);
            let age = age.map(|age| language.fact(&age)).unwrap_or_default();
            let name = one.object().argument();
            let namespace = one.namespace.as_ref();
            let name = namespace.map_or(name.clone(), |namespace| format!("{name} -n {namespace}"));
            [name, one.status.clone(), age].map(|cell| Line::new().plain(&cell).text())
        };
        self.affected.iter().map(row).collect()
    }

    /// What was hit, and what still serves.
    pub(in crate::render) fn hit(&self) -> Line {
        let objects = Line::of(Style::Object, &self.objects);
        match &self.serving {
            Some(serving) => objects.plain("; ").append(serving),
            None => objects,
        }
    }

    /// The command that tells what the cause means.
    pub(in crate::render) fn explain(&self) -> String {
        format!("kubectl diagnose explain {}", self.cause)
    }

    /// Without layout, for what shows plain text: what is wrong, what to change, the words that settle it, and where
    /// to look next.
    pub(in crate::render) fn plain(&self, outline: &Outline<'_>) -> String {
        let mut lines = vec![self.headline.text(), self.head.text()];
        let changes = self.changes.iter();
        lines.extend(changes.map(|change| outline.labelled(change).text()));
        for fix in &self.fixes {
            lines.push(format!("{}: {}", fix.label, fix.change.text()));
            lines.extend(
                fix.verified
                    .iter()
                    .map(|verified| format!("  {}", verified.text())),
            );
            lines.extend(fix.command.lines().map(|line| format!("  {line}")));
        }
        lines.extend(self.why.iter().map(Line::text));
        let quotes = self.quotes.iter();
        lines.extend(quotes.map(|quote| format!("{}: {}", quote.origin.text(), quote.words)));
        if !self.next.is_empty() {
            let next = outline.word(say!("text.diagnosis.next", "next"));
            lines.push(format!("{next}: {}", self.next));
        }
        lines.push(self.explain());
        lines.join("\n")
    }
}
