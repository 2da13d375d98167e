//! Amounts as people and controllers write them, and what the scheduler makes of them.

use proptest::prelude::*;

use super::*;

fn quantity(text: &str) -> Quantity {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn parses_every_spelling() {
    let nanos = |n: i128| Quantity(n);
    for (text, expected) in [
        ("0", Quantity::ZERO),
        ("-0", Quantity::ZERO),
        ("1", Quantity::from_units(1)),
        ("+1", Quantity::from_units(1)),
        ("-2", Quantity::from_units(-2)),
        (".5", Quantity::from_milli(500)),
        ("2.", Quantity::from_units(2)),
        ("2.G", Quantity::from_units(2_000_000_000)),
        ("007", Quantity::from_units(7)),
        ("1n", nanos(1)),
        ("1u", nanos(1_000)),
        ("100m", Quantity::from_milli(100)),
        ("1k", Quantity::from_units(1_000)),
        ("1M", Quantity::from_units(1_000_000)),
        ("1G", Quantity::from_units(1_000_000_000)),
        ("1T", Quantity::from_units(1_000_000_000_000)),
        ("1P", Quantity::from_units(1_000_000_000_000_000)),
        ("1E", Quantity::from_units(1_000_000_000_000_000_000)),
        ("1Ki", Quantity::from_units(1 << 10)),
        ("1Mi", Quantity::from_units(1 << 20)),
        ("1.5Gi", Quantity::from_units(3 << 29)),
        ("1Ti", Quantity::from_units(1 << 40)),
        ("1Pi", Quantity::from_units(1 << 50)),
        ("1Ei", Quantity::from_units(1 << 60)),
        ("1e3", Quantity::from_units(1_000)),
        ("1E3", Quantity::from_units(1_000)),
        ("1e+3", Quantity::from_units(1_000)),
        ("1E-3", Quantity::from_milli(1)),
        ("12.5e1", Quantity::from_units(125)),
        (
            "9007199254740993",
            Quantity::from_units(9_007_199_254_740_993),
        ),
        ("12345678901234567890n", nanos(12_345_678_901_234_567_890)),
    ] {
        assert_eq!(quantity(text), expected, "{text}");
    }
}

#[test]
fn what_is_smaller_than_a_nano_rounds_away_from_zero() {
    for (text, expected) in [
        ("0.1n", 1),
        ("-0.1n", -1),
        ("1.0000000001", 1_000_000_001),
        ("1e-20", 1),
        ("0e-20", 0),
        ("0.0000000001Ki", 103),
        ("0.0000000000000000001Ki", 1),
    ] {
        assert_eq!(quantity(text), Quantity(expected), "{text}");
    }
}

#[test]
fn amounts_beyond_all_measure_are_held() {
    assert_eq!(quantity("1e400"), Quantity(i128::MAX));
    assert_eq!(quantity("-1e400"), Quantity(i128::MIN));
    assert_eq!(quantity("0e400"), Quantity::ZERO);
    assert_eq!(
        quantity("8Ei"),
        Quantity::from_units(i64::MAX),
        "binary amounts are cut at 2^63-1"
    );
    assert_eq!(
        quantity("99999999999999999999999999999999999999Ei"),
        Quantity::from_units(i64::MAX)
    );
    assert_eq!(Quantity(i128::MAX) + Quantity(1), Quantity(i128::MAX));
    assert_eq!(Quantity(i128::MIN) - Quantity(1), Quantity(i128::MIN));
    assert_eq!(Quantity(i128::MAX).rounded_for("cpu"), Quantity(i128::MAX));
}

#[test]
fn refuses_what_kubernetes_refuses() {
    for text in ["", "+", ".", "Gi", "-m", "abc", " 1", "１"] {
        assert_eq!(
            text.parse::<Quantity>(),
            Err(QuantityError::NoDigits(text.to_owned())),
            "{text:?}"
        );
    }
    for (text, suffix) in [
        ("1Gb", "Gb"),
        ("1 Gi", " Gi"),
        ("1K", "K"),
        ("1gi", "gi"),
        ("1e", "e"),
        ("1e+", "e+"),
        ("1e3Ki", "e3Ki"),
        ("1.2.3", ".3"),
        ("1,5", ",5"),
        ("1m3", "m3"),
    ] {
        let expected = QuantityError::UnknownSuffix {
            text: text.to_owned(),
            suffix: suffix.to_owned(),
        };
        assert_eq!(text.parse::<Quantity>(), Err(expected), "{text:?}");
    }
    let error = "1.5Gb"
        .parse::<Quantity>()
        .map_err(|error| error.to_string());
    assert_eq!(
        error,
        Err("quantity \"1.5Gb\" has the unknown suffix \"Gb\"".to_owned())
    );
}

#[test]
fn the_scheduler_rounds_up() {
    for (text, milli, units) in [
        ("100m", 100, 1),
        ("1.0001", 1001, 2),
        ("1", 1000, 1),
        ("-1.5m", -2, -1),
        ("0", 0, 0),
    ] {
        assert_eq!(
            (quantity(text).milli(), quantity(text).units()),
            (milli, units),
            "{text}"
        );
    }
    assert_eq!(quantity("1100u").rounded_for("cpu"), quantity("2m"));
    assert_eq!(quantity("1100m").rounded_for("memory"), quantity("2"));
    assert_eq!(
        quantity("0.5").rounded_for("example.com/gpu"),
        quantity("1")
    );
}

#[test]
fn displays_the_canonical_form() {
    for (text, canonical) in [
        ("0Gi", "0"),
        ("1000m", "1"),
        ("1500m", "1500m"),
        ("0.5", "500m"),
        ("1024", "1Ki"),
        ("1000", "1k"),
        ("1024k", "1000Ki"),
        ("1024T", "1024T"),
        ("64000", "64k"),
        ("1.5Gi", "1536Mi"),
        ("0.5Gi", "512Mi"),
        ("128974848", "123Mi"),
        ("129e6", "129M"),
        ("1e-9", "1n"),
        ("-1024Mi", "-1Gi"),
        ("8Ei", "9223372036854775807"),
        ("1e21", "1000E"),
    ] {
        assert_eq!(quantity(text).to_string(), canonical, "{text}");
    }
    assert_eq!(
        serde_json::to_string(&quantity("0.5Gi")).ok().as_deref(),
        Some("\"512Mi\"")
    );
}

#[test]
fn reads_well() {
    for (text, resource, human) in [
        ("250m", "cpu", "250m"),
        ("0.2", "cpu", "200m"),
        ("999.5m", "cpu", "1"),
        ("1500m", "cpu", "1.5"),
        ("1010m", "cpu", "1.01"),
        ("16", "cpu", "16"),
        ("0", "cpu", "0"),
        ("-1.5", "requests.cpu", "-1.5"),
        ("1", "memory", "1"),
        ("1023", "memory", "1023"),
        ("1Ki", "memory", "1Ki"),
        ("500M", "memory", "476.8Mi"),
        ("972.8Mi", "memory", "972.8Mi"),
        ("1023.97Mi", "memory", "1Gi"),
        ("3435973837", "memory", "3.2Gi"),
        ("16252040Ki", "limits.memory", "15.5Gi"),
        ("100Gi", "ephemeral-storage", "100Gi"),
        ("-2Gi", "memory", "-2Gi"),
        ("512Mi", "hugepages-2Mi", "512Mi"),
        ("2000", "pods", "2000"),
        ("1.5", "example.com/gpu", "2"),
        ("0", "memory", "0"),
    ] {
        assert_eq!(
            quantity(text).human(resource),
            human,
            "{text} of {resource}"
        );
    }
}

#[test]
fn amounts_side_by_side_are_of_one_unit() {
    for (text, beside, resource, expected) in [
        ("4Gi", "1536Mi", "memory", "4096Mi"),
        ("512Mi", "2Gi", "memory", "512Mi"),
        ("2", "1.5", "cpu", "2"),
        ("1Gi", "64", "memory", "1Gi"),
    ] {
        assert_eq!(quantity(text).beside(beside, resource), expected);
    }
}

#[test]
fn a_manifest_never_gets_more_than_there_is() {
    for (text, resource, exact) in [
        ("1500m", "cpu", "1.5"),
        ("2", "cpu", "2"),
        ("1.9999", "cpu", "1.999"),
        ("1n", "cpu", "0"),
        ("-1", "cpu", "0"),
        ("16252040Ki", "memory", "15871Mi"),
        ("2Gi", "memory", "2Gi"),
        ("2047Mi", "memory", "2047Mi"),
        ("1000k", "memory", "976Ki"),
        ("1023", "memory", "1023"),
        ("-1Gi", "memory", "0"),
        ("3Mi", "hugepages-2Mi", "2Mi"),
        ("1.9", "example.com/gpu", "1"),
    ] {
        assert_eq!(
            quantity(text).exact(resource),
            exact,
            "{text} of {resource}"
        );
    }
}

#[test]
fn sums() {
    let total: Quantity = [quantity("100m"), quantity("1.9"), Quantity::ZERO]
        .into_iter()
        .sum();
    assert_eq!(total, quantity("2"));
    assert!((total - quantity("2")).is_zero());
    assert_eq!(Quantity::try_from(&ApiQuantity("2".to_owned())), Ok(total));
}

proptest! {
    #[test]
    fn what_is_displayed_parses_back(nanos: i128) {
        prop_assert_eq!(Quantity(nanos).to_string().parse(), Ok(Quantity(nanos)));
    }

    #[test]
    fn whole_amounts_parse_back(mantissa in -5000_i64..5000, power in 0_u32..50, decimal: bool) {
        let amount = if decimal { mantissa.saturating_mul(10_i64.pow(power % 16)) } else { mantissa << power };
        let amount = Quantity::from_units(amount);
        prop_assert_eq!(amount.to_string().parse(), Ok(amount));
    }

    #[test]
    fn what_a_manifest_gets_is_not_above(nanos in 0..i128::MAX, which in 0_usize..4) {
        let resource = ["cpu", "memory", "hugepages-2Mi", "example.com/gpu"][which];
        prop_assert!(quantity(&Quantity(nanos).exact(resource)) <= Quantity(nanos));
    }

    #[test]
    fn nothing_panics(text in "[+-]?[0-9.]{0,45}[eEinumkKMGTP]{0,2}[+-]?[0-9]{0,5}", resource in "cpu|memory|pods|hugepages-[0-9A-Za-z]{0,4}") {
        if let Ok(amount) = text.parse::<Quantity>() {
            amount.human(&resource);
            amount.exact(&resource);
            let _ = amount.rounded_for(&resource);
        }
    }
}

#[test]
fn amounts_are_shared_and_counted() {
    let amount = quantity;
    assert_eq!(amount("1536Mi").times(3), amount("4608Mi"));
    assert_eq!(amount("1").shared_by(3).exact("requests.cpu"), "333m");
    assert_eq!(amount("1").shared_by(0), amount("1"));
    for (asked, room, times) in [
        ("500m", "2", 4),
        ("1Gi", "1535Mi", 1),
        ("2", "1", 0),
        ("1", "-3", 0),
        ("0", "5", 0),
    ] {
        assert_eq!(amount(asked).goes_into(amount(room)), times, "{asked}");
    }
}
