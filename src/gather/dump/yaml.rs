//! Reads YAML documents, and large lists among them item by item.
//!
//! A document is what stands between lines of `---`; nothing else can begin so. One that is not
//! larger than [`WHOLE`] is decoded at once and may use all of YAML, anchors too. A larger one has to
//! be written as programs write lists: `items:` and then one dash an item, all at one indentation.

use super::error::Fault;
use super::json::{self, ITEM_LIMIT};
use super::logs::{END, End, LogOf, START};
use super::sniff::is_stray;
use super::take::DumpSink;
use serde_json::Value;
use serde_saphyr::Error;
use std::io::{BufRead, Read};

/// Up to this many bytes a document is decoded at once.
pub(super) const WHOLE: usize = 2 << 20;

/// Reads all documents of a text.
pub(super) fn read(
    reader: &mut dyn BufRead,
    sink: &mut DumpSink<'_>,
    whole: usize,
) -> Result<(), Fault> {
    let mut document = Document {
        whole,
        cut_at: whole,
        text: String::new(),
        begins: 1,
        list: None,
    };
    let mut logs: Option<(Option<LogOf>, String, End)> = None;
    let mut number = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        let limit = (ITEM_LIMIT + 1) as u64;
        if Read::take(&mut *reader, limit).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        number += 1;
        let text = std::str::from_utf8(&line).map_err(|_| Fault::NotYaml {
            objects: sink.objects(),
            line: number,
        })?;
        let bare = text.trim_end();
        if let Some((of, end, log)) = &mut logs {
            if bare == end {
                sink.logs().keep(of.take(), log);
                logs = None;
            } else {
                log.line(bare);
            }
        } else if let Some(of) = bare.strip_prefix(START) {
            document.end(number, sink)?;
            logs = Some((LogOf::of_mark(of), format!("{END}{of}"), End::default()));
        } else if bare == "---" || bare == "..." || bare.starts_with("--- ") {
            document.end(number, sink)?;
            if let Some(rest) = bare.strip_prefix("--- ") {
                document.line(rest, number, sink)?;
            }
        } else if is_stray(text) {
            sink.said(text);
        } else if !text.starts_with('%') {
            if text.starts_with("apiVersion:") && document.has_version() {
                // a mapping has no key twice: these are two objects, joined without a line of dashes
                document.end(number - 1, sink)?;
            }
            document.line(text, number, sink)?;
        }
    }
    document.end(number, sink).map_err(|fault| match fault {
        Fault::NotYaml { objects, line } if line + 1 >= number => {
            Fault::CutOffYaml { objects, line }
        }
        fault => fault,
    })
}

/// The document that is being read.
struct Document {
    whole: usize,
    /// How large the text is when cutting is tried next.
    cut_at: usize,
    /// What was read and not decoded: the whole document, or one item of its list.
    text: String,
    /// The line on which `text` begins.
    begins: u64,
    /// Set once the document is a list that is cut into its items.
    list: Option<List>,
}

struct List {
    /// What stands around `items`.
    head: String,
    /// How far the dashes are indented.
    indent: usize,
    in_items: bool,
}

impl Document {
    /// Whether the text that is being read says its version, outside of all that it holds.
    fn has_version(&self) -> bool {
        let around = self.list.as_ref().map_or(&self.text, |list| &list.head);
        around.starts_with("apiVersion:") || around.contains("\napiVersion:")
    }

    fn line(&mut self, line: &str, number: u64, sink: &mut DumpSink<'_>) -> Result<(), Fault> {
        match self.list.take() {
            None => {
                if self.text.is_empty() {
                    self.begins = number;
                }
                self.text.push_str(line);
                if self.text.len() > self.cut_at {
                    self.cut_at = self.text.len() * 2;
                    self.cut(sink)?;
                }
            }
            Some(mut list) => {
                let outcome = self.line_of_list(&mut list, line, number, sink);
                self.list = Some(list);
                outcome?;
            }
        }
        if self.text.len() > ITEM_LIMIT.max(self.whole) {
            return Err(Fault::TooLarge { limit: ITEM_LIMIT });
        }
        Ok(())
    }

    /// Goes over to cutting items, if the document is a list.
    fn cut(&mut self, sink: &mut DumpSink<'_>) -> Result<(), Fault> {
        let mut lines = self.text.split_inclusive('\n');
        let is_items = |line: &str| line.trim_end() == "items:";
        let before: String = lines.by_ref().take_while(|line| !is_items(line)).collect();
        let Some(first) = lines.clone().find(|line| !line.trim().is_empty()) else {
            return Ok(());
        };
        let indent = first.len() - first.trim_start().len();
        if !first.trim_start().starts_with("- ") {
            return Ok(());
        }
        let rest: String = lines.collect();
        let first = self.begins + before.lines().count() as u64 + 1;
        sink.begin_list(kind_in(&before));
        let mut list = List {
            head: before,
            indent,
            in_items: true,
        };
        self.text.clear();
        for (number, line) in (first..).zip(rest.split_inclusive('\n')) {
            self.line_of_list(&mut list, line, number, sink)?;
        }
        self.list = Some(list);
        Ok(())
    }

    fn line_of_list(
        &mut self,
        list: &mut List,
        line: &str,
        number: u64,
        sink: &mut DumpSink<'_>,
    ) -> Result<(), Fault> {
        let depth = line.len() - line.trim_start_matches(' ').len();
        let content = line.trim();
        let filler = content.is_empty() || (content.starts_with('#') && depth == 0);
        let begins = depth == list.indent && content.starts_with('-');
        if list.in_items && !filler && !begins && depth <= list.indent {
            self.item(sink)?;
            list.in_items = false;
        }
        if !list.in_items {
            list.head.push_str(line);
            return Ok(());
        }
        if begins {
            self.item(sink)?;
            self.begins = number;
        }
        self.text.push_str(line);
        Ok(())
    }

    /// Decodes one item, written as a sequence of one.
    fn item(&mut self, sink: &mut DumpSink<'_>) -> Result<(), Fault> {
        if self.text.trim().is_empty() {
            return Ok(());
        }
        for value in decode(&self.text, self.begins, sink)? {
            for item in value.as_array().into_iter().flatten() {
                sink.item(item.to_string().as_bytes())?;
            }
        }
        self.text.clear();
        Ok(())
    }

    fn end(&mut self, number: u64, sink: &mut DumpSink<'_>) -> Result<(), Fault> {
        if let Some(list) = self.list.take() {
            self.item(sink)?;
            let names_version = list
                .head
                .lines()
                .any(|line| line.starts_with("apiVersion:"));
            sink.end_list(kind_in(&list.head).as_deref(), names_version)?;
        } else {
            let text = std::mem::take(&mut self.text);
            if text.trim().is_empty() {
                return Ok(());
            }
            for value in decode(&text, self.begins, sink)? {
                if !value.is_null() {
                    json::value(value.to_string().as_bytes(), sink)?;
                }
            }
        }
        self.text.clear();
        self.cut_at = self.whole;
        self.begins = number + 1;
        Ok(())
    }
}

fn kind_in(head: &str) -> Option<String> {
    let line = head.lines().find_map(|line| line.strip_prefix("kind:"))?;
    Some(line.trim().trim_matches(['"', '\'']).to_owned())
}

fn decode(text: &str, begins: u64, sink: &DumpSink<'_>) -> Result<Vec<Value>, Fault> {
    // the default budget guards small configurations; a dump is bounded by its bytes instead
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 64_000_000,
            max_nodes: 32_000_000,
            max_depth: 128,
        },
        with_snippet: false,
    };
    serde_saphyr::from_multiple_with_options(text, options).map_err(|error| {
        let objects = sink.objects();
        let line = error.location().map_or(0, |at| at.line().saturating_sub(1));
        let line = begins + line;
        match error.without_snippet() {
            Error::Budget { .. }
            | Error::AliasReplayLimitExceeded { .. }
            | Error::AliasExpansionLimitExceeded { .. }
            | Error::AliasError { .. } => Fault::Unfolds { objects, line },
            _ => Fault::NotYaml { objects, line },
        }
    })
}
