//! The splitter against hand-written lists, and against `serde_json` on any list in any chunks.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// Splits the text in chunks of this size.
fn split(text: &[u8], chunk: usize) -> Result<(Vec<Vec<u8>>, ListHead), SplitError> {
    split_with(Splitter::new("items"), text, &[chunk])
}

/// Splits the text in chunks of these sizes, over and over.
fn split_with(
    mut splitter: Splitter,
    text: &[u8],
    chunks: &[usize],
) -> Result<(Vec<Vec<u8>>, ListHead), SplitError> {
    let mut items = Vec::new();
    let mut on_item = |item: &[u8]| {
        items.push(item.to_vec());
        Ok::<(), SplitError>(())
    };
    let mut rest = text;
    for size in chunks.iter().cycle() {
        let (chunk, after) = rest.split_at((*size).max(1).min(rest.len()));
        splitter.push(chunk, &mut on_item)?;
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    splitter.finish().map(|head| (items, head))
}

fn texts(items: &[Vec<u8>]) -> Vec<&str> {
    items
        .iter()
        .map(|item| std::str::from_utf8(item).unwrap())
        .collect()
}

const PODS: &str = r#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"7","continue":"abc"},"items":[{"a":"}]\"{"},{"items":[{"x":1}]}]}"#;

#[test]
fn each_object_is_handed_on_once_whatever_the_chunks() {
    for chunk in 1..=PODS.len() {
        let (items, head) = split(PODS.as_bytes(), chunk).unwrap();
        assert_eq!(
            texts(&items),
            [r#"{"a":"}]\"{"}"#, r#"{"items":[{"x":1}]}"#],
            "chunks of {chunk}"
        );
        let expected = ListHead {
            kind: "PodList".to_owned(),
            api_version: "v1".to_owned(),
            resource_version: "7".to_owned(),
            continue_token: Some("abc".to_owned()),
            items: 2,
        };
        assert_eq!(head, expected, "chunks of {chunk}");
    }
}

#[test]
fn keys_may_come_in_any_order_and_indented() {
    let text = "\n{\n  \"items\": [\n    {\n      \"n\": 1\n    },\n    {}\n  ],\n  \"extra\": {\"items\": [{\"no\": 1}]},\n  \"remaining\": 12 ,\n  \"metadata\": {\n    \"resourceVersion\": \"\",\n    \"continue\": \"\"\n  },\n  \"kind\": \"List\"\n}\n";
    for chunk in [1, 2, 3, 7, 1000] {
        let (items, head) = split(text.as_bytes(), chunk).unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!(head.kind, "List");
        assert_eq!(head.continue_token, None);
        assert_eq!(head.items, 2);
    }
}

#[test]
fn an_empty_list_is_a_list() {
    for text in [
        r#"{"items":null}"#,
        r#"{"items":[]}"#,
        r#"{"items":null,"metadata":null,"kind":null}"#,
    ] {
        for chunk in [1, 100] {
            let (items, head) = split(text.as_bytes(), chunk).unwrap();
            assert!(items.is_empty());
            assert_eq!(head, ListHead::default());
        }
    }
}

#[test]
fn an_escaped_key_is_the_same_key() {
    let (items, _) = split(br#"{"it\u0065ms":[{}]}"#, 3).unwrap();
    assert_eq!(items.len(), 1);
}

#[test]
fn rows_of_a_table_are_cut_the_same_way() {
    let table = br#"{"kind":"Table","columnDefinitions":[{"name":"Name"}],"rows":[{"cells":["a"]},{"cells":["b"]}]}"#;
    let (rows, head) = split_with(Splitter::new("rows"), table, &[5]).unwrap();
    assert_eq!(texts(&rows), [r#"{"cells":["a"]}"#, r#"{"cells":["b"]}"#]);
    assert_eq!(head.kind, "Table");
}

#[test]
fn a_cut_off_list_says_how_much_of_it_came() {
    for end in 0..PODS.len() {
        let first = PODS.find(r#"{"a""#).unwrap() + r#"{"a":"}]\"{"}"#.len();
        let second = PODS.len() - 2;
        let expected = u64::from(end >= first) + u64::from(end >= second);
        assert_eq!(
            split(&PODS.as_bytes()[..end], 9).unwrap_err(),
            SplitError::CutOff { items: expected },
            "cut at {end}"
        );
    }
}

#[test]
fn what_is_no_list_is_refused() {
    let not_a_list = SplitError::NotAList { key: "items" };
    let table: [(&str, SplitError); 9] = [
        (r#"{"kind":"Pod"}"#, not_a_list.clone()),
        (r#"{"items":{}}"#, not_a_list.clone()),
        (r#"{"items":"x"}"#, not_a_list),
        ("<html>", SplitError::Malformed { offset: 0 }),
        ("[]", SplitError::Malformed { offset: 0 }),
        (r#"{"items":[1]}"#, SplitError::Malformed { offset: 10 }),
        (r#"{"items":[]}}"#, SplitError::Malformed { offset: 12 }),
        (r#"{"items":nil}"#, SplitError::Malformed { offset: 12 }),
        (
            r#"{"metadata":[],"items":[]}"#,
            SplitError::Malformed { offset: 12 },
        ),
    ];
    for (text, expected) in table {
        let error = split(text.as_bytes(), 1000).unwrap_err();
        assert_eq!(
            std::mem::discriminant(&error),
            std::mem::discriminant(&expected),
            "{text}: {error:?}"
        );
        assert!(!error.to_string().contains("html"));
    }
}

#[test]
fn one_object_may_not_fill_the_memory() {
    let text = br#"{"items":[{"a":"0123456789"}]}"#;
    for chunk in [1, 1000] {
        let error = split_with(Splitter::with_limit("items", 8), text, &[chunk]).unwrap_err();
        assert_eq!(error, SplitError::TooLarge { limit: 8 });
        assert!(split_with(Splitter::with_limit("items", 18), text, &[chunk]).is_ok());
    }
}

#[test]
fn an_error_of_the_receiver_ends_the_cutting() {
    let mut splitter = Splitter::new("items");
    let mut calls = 0;
    let result = splitter.push(PODS.as_bytes(), &mut |_| {
        calls += 1;
        Err(SplitError::TooLarge { limit: 1 })
    });
    assert_eq!((result, calls), (Err(SplitError::TooLarge { limit: 1 }), 1));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // not every number is read back as it was written
        any::<i32>().prop_map(|eighths| json!(f64::from(eighths) / 8.0)),
        r#"[ -~\n\t"\\{}\[\]é한🦀]{0,12}"#.prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            any_object(inner),
        ]
    })
}

fn any_object(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        Just("items".to_owned()),
        Just("kind".to_owned()),
        r#"[a-z"\\{]{0,5}"#
    ];
    prop::collection::btree_map(key, value, 0..4)
        .prop_map(|fields| Value::Object(fields.into_iter().collect()))
}

fn any_list() -> impl Strategy<Value = Value> {
    let items = prop::option::of(prop::collection::vec(any_object(any_json()), 0..5));
    let others = prop::collection::btree_map("[b-z\"\\\\]{1,12}", any_json(), 0..4);
    (items, others, "[a-z0-9]{0,5}", "[A-Za-z0-9]{0,5}").prop_map(
        |(items, others, version, token)| {
            let mut list: serde_json::Map<String, Value> = others.into_iter().collect();
            list.insert("items".to_owned(), json!(items));
            list.insert("kind".to_owned(), json!("PodList"));
            list.insert(
                "metadata".to_owned(),
                json!({"resourceVersion": version, "continue": token}),
            );
            Value::Object(list)
        },
    )
}

proptest! {
    #[test]
    fn it_finds_what_serde_json_finds(
        list in any_list(),
        pretty in any::<bool>(),
        chunks in prop::collection::vec(1usize..40, 1..8),
    ) {
        let text = if pretty { serde_json::to_vec_pretty(&list) } else { serde_json::to_vec(&list) }.unwrap();
        let (items, head) = split_with(Splitter::new("items"), &text, &chunks).unwrap();
        let found: Vec<Value> = items.iter().map(|item| serde_json::from_slice(item).unwrap()).collect();
        // of a number with many digits serde_json reads another one than was written
        let list: Value = serde_json::from_slice(&text).unwrap();
        prop_assert_eq!(&found, &list["items"].as_array().cloned().unwrap_or_default());
        prop_assert_eq!(head.items, found.len() as u64);
        prop_assert_eq!(Some(head.resource_version.as_str()), list["metadata"]["resourceVersion"].as_str());
        prop_assert_eq!(head.continue_token.unwrap_or_default(), list["metadata"]["continue"].as_str().unwrap());
    }

    #[test]
    fn a_list_cut_anywhere_is_never_taken_for_whole(list in any_list(), cut in 0.0f64..1.0, chunk in 1usize..40) {
        let text = serde_json::to_vec(&list).unwrap();
        let end = (text.len() as f64 * cut) as usize;
        prop_assert!(split(&text[..end], chunk).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), chunk in 1usize..40) {
        let _ = split(&bytes, chunk);
    }

    #[test]
    fn no_json_like_text_makes_it_panic(text in r#"[{}\[\]",:\\a \nitems0-9]{0,80}"#, chunk in 1usize..40) {
        let _ = split(text.as_bytes(), chunk);
    }
}
