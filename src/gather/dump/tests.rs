//! What only the inside shows: that items are handed on while the input still comes, and that cutting
//! YAML gives what decoding it at once gives.

use super::coverage::Coverage;
use super::error::Fault;
use super::layout::Layout;
use super::take::DumpSink;
use super::{json, yaml};
use crate::snapshot::{Seen, Store, Why};
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Gives its text, then fails.
struct Breaks<'a>(&'a [u8]);

impl Read for Breaks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::ErrorKind::ConnectionReset.into()),
            read => Ok(read),
        }
    }
}

fn store(read: impl FnOnce(&mut DumpSink<'_>) -> Result<(), Fault>) -> (Store, Option<Fault>) {
    let mut store = Store::new(Why::NotInDump);
    let mut coverage = Coverage::default();
    let mut sink = DumpSink::new(&mut store, &mut coverage, None);
    sink.begin(Layout::of(Path::new("-")));
    let fault = read(&mut sink).err();
    if fault.is_none() {
        sink.end();
    }
    coverage.apply(&mut store);
    (store, fault)
}

fn nodes(store: &Store) -> usize {
    store.nodes().len()
}

#[test]
fn items_are_handed_on_before_the_input_ends() {
    let mut text = String::from(r#"{"apiVersion":"v1","kind":"NodeList","items":["#);
    for number in 0..300 {
        text.push_str(&format!(r#"{{"metadata":{{"name":"n{number}"}}}},"#));
    }
    let (store, fault) =
        store(|sink| json::read(&mut BufReader::new(Breaks(text.as_bytes())), sink));
    assert!(matches!(fault, Some(Fault::Io(_))), "{fault:?}");
    assert_eq!(nodes(&store), 300);
}

#[test]
fn yaml_items_are_handed_on_before_the_input_ends() {
    let mut text = String::from("apiVersion: v1\nitems:\n");
    for number in 0..300 {
        text.push_str(&format!(
            "- apiVersion: v1\n  kind: Node\n  metadata:\n    name: n{number}\n"
        ));
    }
    text.push_str("- apiVersion: v1\n");
    let (store, fault) =
        store(|sink| yaml::read(&mut BufReader::new(Breaks(text.as_bytes())), sink, 100));
    assert!(matches!(fault, Some(Fault::Io(_))), "{fault:?}");
    assert_eq!(nodes(&store), 300);
}

#[test]
fn cut_yaml_is_read_as_whole_yaml_is() {
    let text = "\
apiVersion: v1
items:
# the first
- kind: Node
  apiVersion: v1
  metadata: {name: n1}

- kind: Node
  apiVersion: v1
  metadata:
    name: n2
    annotations:
      script: |
        - not an item

        items:
- metadata: {name: shop}
  apiVersion: v1
  kind: Namespace
kind: List
metadata:
  resourceVersion: \"\"
---
apiVersion: v1
kind: Node
metadata: {name: n3}
";
    for whole in [1, 10, 40, 200, yaml::WHOLE] {
        let (store, fault) = store(|sink| yaml::read(&mut text.as_bytes(), sink, whole));
        assert!(fault.is_none(), "{whole}: {fault:?}");
        assert_eq!(nodes(&store), 3, "{whole}");
        assert!(matches!(store.namespaces().get("", "shop"), Seen::Yes(_)));
        assert!(store.nodes().get("", "n9").is_absent(), "{whole}");
    }
}

#[test]
fn a_large_text_that_is_no_list_is_looked_at_once() {
    let mut text = String::from("kind: Notes\n");
    for number in 0..40_000 {
        text.push_str(&format!("key{number}: value\n"));
    }
    // it is longer than a document may be, so that nothing of it is decoded
    let text = text.repeat(16);
    // a look at all of it for each line would take hours
    let (_, fault) = store(|sink| yaml::read(&mut text.as_bytes(), sink, 1 << 10));
    assert!(matches!(fault, Some(Fault::TooLarge { .. })), "{fault:?}");
    // each line anew would take hours; others run at the same time
}

#[test]
fn aliases_that_unfold_to_a_bomb_are_told_from_a_cut() {
    let mut text = String::from("kind: Pod\na0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for level in 1..9 {
        let before = format!("*a{},", level - 1).repeat(9);
        text.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    let (_, fault) = store(|sink| yaml::read(&mut text.as_bytes(), sink, yaml::WHOLE));
    assert!(matches!(fault, Some(Fault::Unfolds { .. })), "{fault:?}");
}

#[test]
fn an_endless_object_is_refused() {
    let endless = br#"{"kind":"Pod","spec":""#.chain(io::repeat(b'x'));
    let (_, fault) = store(|sink| json::read(&mut BufReader::new(endless), sink));
    assert!(matches!(fault, Some(Fault::TooLarge { .. })), "{fault:?}");
}

#[test]
fn a_fault_never_quotes_an_object() {
    for text in [
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"db"},"data":{"password":"hunter2"#,
        r#"{"apiVersion":"v1","kind":"Secret","metadata":"hunter2"}"#,
        r#"{"apiVersion":"v1","kind":"List","items":[{"kind":"Secret","apiVersion":"v1","data":hunter2}]}"#,
        r#"{"apiVersion":"v1","kind":"List","items":"hunter2"}"#,
    ] {
        let (_, fault) = store(|sink| json::read(&mut text.as_bytes(), sink));
        let said = fault.map(|fault| fault.to_string()).unwrap_or_default();
        assert!(!said.contains("hunter2"), "{said}");
    }
    let text =
        "apiVersion: v1\nkind: Secret\nstringData: {password: hunter2, password: [hunter2}\n";
    let (_, fault) = store(|sink| yaml::read(&mut text.as_bytes(), sink, yaml::WHOLE));
    assert!(!fault.unwrap().to_string().contains("hunter2"));
}
