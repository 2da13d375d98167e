//! Selectors against labels, texts against the grammar.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelectorRequirement;
use proptest::prelude::*;

use super::*;

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn strings(values: &[&str]) -> Option<Vec<String>> {
    Some(values.iter().map(|value| (*value).to_owned()).collect())
}

fn requirement(key: &str, operator: &str, values: &[&str]) -> NodeSelectorRequirement {
    NodeSelectorRequirement {
        key: key.to_owned(),
        operator: operator.to_owned(),
        values: strings(values),
    }
}

#[test]
fn matches_as_kubectl_does() {
    let labels = labels(&[
        ("app", "web"),
        ("tier", ""),
        ("cores", "16"),
        ("example.com/zone", "a"),
        ("in", "notin"),
    ]);
    for (text, expected) in [
        ("", true),
        ("  ", true),
        ("app=web", true),
        ("app==web", true),
        (" app = web ", true),
        ("app=", false),
        ("tier=", true),
        ("tier", true),
        ("tier!=", false),
        ("app!=web", false),
        ("app!=api", true),
        ("gone!=api", true),
        ("gone=", false),
        ("app in (api, web)", true),
        ("app in(web)", true),
        ("app in (api)", false),
        ("gone in ()", false),
        ("tier in ()", true),
        ("tier in (a,)", true),
        ("app notin (api,db)", true),
        ("app notin (web)", false),
        ("gone notin (web)", true),
        ("example.com/zone", true),
        ("!example.com/zone", false),
        ("! gone", true),
        ("cores>15", true),
        ("cores > 16", false),
        ("cores<17", true),
        ("app>1", false),
        ("gone<1", false),
        ("in in (in,notin)", true),
        ("in=notin", true),
        ("app=web,!gone,cores>8", true),
        ("app=web,gone", false),
    ] {
        let selector = Selector::parse(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(selector.matches(&labels), expected, "{text}");
    }
}

#[test]
fn displays_one_spelling() {
    for (text, canonical) in [
        ("", ""),
        ("b==1,a", "a,b=1"),
        ("z notin (c, a),!y", "!y,z notin (a,c)"),
        ("a in (,b)", "a in (,b)"),
        ("a in ()", "a in ()"),
        ("a!= b,c = ", "a!=b,c="),
        ("a>5,a<7", "a>5,a<7"),
    ] {
        let selector = text
            .parse::<Selector>()
            .map(|selector| selector.to_string());
        assert_eq!(selector.as_deref(), Ok(canonical), "{text}");
    }
    assert!(Selector::parse(" ").is_ok_and(|selector| selector.is_empty()));
}

#[test]
fn says_what_is_wrong_and_where() {
    for (text, message) in [
        (
            "a=b,",
            "selector \"a=b,\" has nothing more instead of a label key at column 5",
        ),
        (
            ",a",
            "selector \",a\" has \",\" instead of a label key at column 1",
        ),
        (
            "a b",
            "selector \"a b\" has \"b\" instead of `=`, `!=`, `in`, `notin`, `>` or `<` at column 3",
        ),
        (
            "a=b c",
            "selector \"a=b c\" has \"c\" instead of `,` or the end at column 5",
        ),
        (
            "a in b",
            "selector \"a in b\" has \"b\" instead of `(` at column 6",
        ),
        (
            "a in (b",
            "selector \"a in (b\" has nothing more instead of `,` or `)` at column 8",
        ),
        (
            "a in (b c)",
            "selector \"a in (b c)\" has \"c\" instead of `,` or `)` at column 9",
        ),
        (
            "a in (=)",
            "selector \"a in (=)\" has \"=\" instead of a label value or `)` at column 7",
        ),
        (
            "!a=b",
            "selector \"!a=b\" has \"=\" instead of `,` or the end at column 3",
        ),
        (
            "a==!b",
            "selector \"a==!b\" has \"!\" instead of a label value at column 4",
        ),
        (
            "-a=b",
            "selector \"-a=b\" has the invalid label key \"-a\" at column 1",
        ),
        (
            "a= b/c",
            "selector \"a= b/c\" has the invalid label value \"b/c\" at column 4",
        ),
        (
            "a > x",
            "selector \"a > x\" compares with \"x\", which is not a whole number, at column 5",
        ),
        (
            "a>-5",
            "selector \"a>-5\" has the invalid label value \"-5\" at column 3",
        ),
    ] {
        assert_eq!(
            Selector::parse(text).map_err(|error| error.to_string()),
            Err(message.to_owned())
        );
    }
}

#[test]
fn label_selectors() {
    let expression = |key: &str, operator: &str, values: &[&str]| LabelSelector {
        match_expressions: Some(vec![LabelSelectorRequirement {
            key: key.to_owned(),
            operator: operator.to_owned(),
            values: strings(values),
        }]),
        ..LabelSelector::default()
    };
    let labels = labels(&[("app", "web"), ("cores", "16")]);
    assert!(label_selector_matches(&LabelSelector::default(), &labels));
    for (selector, expected) in [
        (expression("app", "In", &["web"]), true),
        (expression("app", "In", &[]), false),
        (expression("app", "NotIn", &["web"]), false),
        (expression("gone", "NotIn", &["web"]), true),
        (expression("gone", "NotIn", &[]), false),
        (expression("app", "Exists", &[]), true),
        (expression("app", "Exists", &["web"]), false),
        (expression("gone", "DoesNotExist", &[]), true),
        (expression("cores", "Gt", &["1"]), false),
        (expression("app", "in", &["web"]), false),
    ] {
        assert_eq!(
            label_selector_matches(&selector, &labels),
            expected,
            "{selector:?}"
        );
    }
    let mut pairs = expression("cores", "Exists", &[]);
    pairs.match_labels = Some([("app".to_owned(), "web".to_owned())].into());
    assert!(label_selector_matches(&pairs, &labels));
    pairs.match_labels = Some([("app".to_owned(), "api".to_owned())].into());
    assert!(!label_selector_matches(&pairs, &labels));
}

#[test]
fn node_requirements() {
    let labels = labels(&[
        ("cores", "16"),
        ("zone", "a"),
        ("big", "9223372036854775808"),
    ]);
    for (key, operator, values, expected) in [
        ("zone", "In", &["a", "b"][..], true),
        ("zone", "NotIn", &["a"], false),
        ("gone", "NotIn", &["a"], true),
        ("gone", "NotIn", &["not a value"], false),
        ("zone", "Exists", &[], true),
        ("gone", "DoesNotExist", &[], true),
        ("cores", "Gt", &["15"], true),
        ("cores", "Gt", &["16"], false),
        ("cores", "Gt", &["9", "10"], false),
        ("cores", "Gt", &[], false),
        ("cores", "Gt", &["1.5"], false),
        ("cores", "Gt", &["-5"], false),
        ("cores", "Lt", &["17"], true),
        ("zone", "Lt", &["17"], false),
        ("gone", "Lt", &["17"], false),
        ("big", "Gt", &["1"], false),
        ("zone", "Equals", &["a"], false),
        ("not a key", "DoesNotExist", &[], false),
    ] {
        let requirement = requirement(key, operator, values);
        assert_eq!(
            node_selector_requirement_matches(&requirement, &labels),
            expected,
            "{requirement:?}"
        );
    }
}

#[test]
fn node_terms() {
    let labels = labels(&[("zone", "a")]);
    let term = |expressions: &[NodeSelectorRequirement], fields: &[NodeSelectorRequirement]| {
        NodeSelectorTerm {
            match_expressions: Some(expressions.to_vec()),
            match_fields: Some(fields.to_vec()),
        }
    };
    let zone = requirement("zone", "Exists", &[]);
    let name = |operator, values| requirement("metadata.name", operator, values);
    for (term, expected) in [
        (NodeSelectorTerm::default(), false),
        (term(&[], &[]), false),
        (term(std::slice::from_ref(&zone), &[]), true),
        (
            term(&[zone.clone(), requirement("gone", "Exists", &[])], &[]),
            false,
        ),
        (term(&[], &[name("In", &["worker-1"])]), true),
        (term(&[], &[name("In", &["worker-2"])]), false),
        (term(&[], &[name("In", &["worker-1", "worker-2"])]), false),
        (term(&[], &[name("NotIn", &["worker-2"])]), true),
        (term(&[], &[name("Exists", &[])]), false),
        (
            term(&[], &[requirement("metadata.uid", "NotIn", &["x"])]),
            false,
        ),
        (
            term(std::slice::from_ref(&zone), &[name("In", &["worker-2"])]),
            false,
        ),
        (term(&[zone], &[name("In", &["worker-1"])]), true),
    ] {
        assert_eq!(
            node_selector_term_matches(&term, &labels, "worker-1"),
            expected,
            "{term:?}"
        );
    }
}

fn any_requirement() -> impl Strategy<Value = Requirement> {
    let value = || "([a-z0-9A-Z]([a-z0-9_.-]{0,5}[a-z0-9])?)?|in|notin";
    let values = || proptest::collection::btree_set(value(), 1..4);
    let condition = prop_oneof![
        value().prop_map(Condition::Equals),
        value().prop_map(Condition::NotEquals),
        values().prop_map(Condition::In),
        values().prop_map(Condition::NotIn),
        Just(Condition::Exists),
        Just(Condition::DoesNotExist),
        (0..i64::MAX).prop_map(Condition::Above),
        (0..i64::MAX).prop_map(Condition::Below),
    ];
    (
        "([a-z]{1,3}\\.[a-z]{1,3}/)?[a-zA-Z0-9]{1,4}|in|notin",
        condition,
    )
        .prop_map(|(key, condition)| Requirement { key, condition })
}

proptest! {
    #[test]
    fn what_is_displayed_parses_back(mut requirements in proptest::collection::vec(any_requirement(), 0..5)) {
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        let selector = Selector { requirements };
        prop_assert_eq!(Selector::parse(&selector.to_string()), Ok(selector));
    }

    #[test]
    fn an_error_points_into_the_text(text in "[ab=!<>(), \tä]{0,12}|a (in|notin) [a(),]{0,6}") {
        if let Err(error) = Selector::parse(&text) {
            prop_assert!(text.is_char_boundary(error.at), "{error}");
        }
    }
}
