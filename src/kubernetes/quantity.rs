//! Amounts of a resource: parsed, counted, compared and written as Kubernetes does.
//!
//! Here live the arithmetic and the spelling of an amount. Which amounts a pod asks for is in
//! [`resources`](super::resources).
//!
//! Sources: apimachinery `pkg/api/resource/quantity.go` and `suffix.go` (v0.37) for the grammar, the
//! rounding away from zero and the cap on binary amounts; kube-scheduler `framework/types.go`
//! (`Resource.Add`) for cpu in milli and everything else in whole units.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};
use std::str::FromStr;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity as ApiQuantity;
use serde::{Serialize, Serializer};

#[cfg(test)]
mod tests;

const NANOS_PER_UNIT: i128 = 1_000_000_000;
const NANOS_PER_MILLI: i128 = 1_000_000;
/// Places behind the point that a quantity keeps.
const NANO_PLACES: i64 = 9;
/// Kubernetes cuts amounts with a binary suffix here.
const LARGEST_BINARY: u128 = i64::MAX as u128 * NANOS_PER_UNIT as u128;

/// Decimal suffixes from the smallest, with their power of ten.
const DECIMAL: [(&str, i64); 10] = [
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];

/// Binary suffixes from the smallest, with their power of two.
const BINARY: [(&str, u32); 6] = [
    ("Ki", 10),
    ("Mi", 20),
    ("Gi", 30),
    ("Ti", 40),
    ("Pi", 50),
    ("Ei", 60),
];

/// An exact amount of some resource, in billionths of its unit; arithmetic saturates.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Quantity(i128);

/// Why a text is not a quantity.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum QuantityError {
    /// There is nothing to count with.
    #[error("quantity {0:?} has no digits")]
    NoDigits(String),
    /// What follows the number is no suffix that Kubernetes knows.
    #[error("quantity {text:?} has the unknown suffix {suffix:?}")]
    UnknownSuffix {
        /// The whole text.
        text: String,
        /// What follows the number.
        suffix: String,
    },
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount of whole units: cores, bytes, devices.
    pub const fn from_units(units: i64) -> Self {
        Self(units as i128 * NANOS_PER_UNIT)
    }

    /// An amount of thousandths.
    pub const fn from_milli(milli: i64) -> Self {
        Self(milli as i128 * NANOS_PER_MILLI)
    }

    /// Thousandths, rounded up as `MilliValue()` does; a negative amount, which only a difference can be,
    /// is rounded away from zero.
    pub const fn milli(self) -> i128 {
        divide_away_from_zero(self.0, NANOS_PER_MILLI)
    }

    /// Whole units, rounded as [`milli`](Self::milli) is.
    pub const fn units(self) -> i128 {
        divide_away_from_zero(self.0, NANOS_PER_UNIT)
    }

    /// The amount that the scheduler counts for this resource: cpu in milli, the rest in whole units.
    #[must_use]
    pub fn rounded_for(self, resource: &str) -> Self {
        match Measure::of(resource) {
            Measure::Cores => Self(self.milli().saturating_mul(NANOS_PER_MILLI)),
            Measure::Bytes | Measure::Count => Self(self.units().saturating_mul(NANOS_PER_UNIT)),
        }
    }

    /// The sum, held at the largest or smallest amount if it does not fit.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference, held at the largest or smallest amount if it does not fit.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// So many of it.
    #[must_use]
    pub fn times(self, count: i64) -> Self {
        Self(self.0.saturating_mul(i128::from(count)))
    }

    /// What each of so many has of it, rounded down; all of it for fewer than one.
    #[must_use]
    pub fn shared_by(self, count: i64) -> Self {
        Self(self.0.div_euclid(i128::from(count.max(1))))
    }

    /// How often it fits into another amount; nothing never does.
    pub fn goes_into(self, room: Self) -> i64 {
        let times = room.0.max(0).checked_div(self.0.max(0));
        i64::try_from(times.unwrap_or_default()).unwrap_or(i64::MAX)
    }

    /// Whether this is nothing at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The amount for people, in one form a resource: `250m` and `1.5` cores, `3.2Gi` of bytes, `12` of
    /// anything counted. Bytes are rounded to one place, so two amounts that differ may read the same.
    pub fn human(self, resource: &str) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let text = match Measure::of(resource) {
            Measure::Cores => human_cores(self.milli().unsigned_abs()),
            Measure::Bytes => human_bytes(self.units().unsigned_abs()),
            Measure::Count => self.units().unsigned_abs().to_string(),
        };
        format!("{sign}{text}")
    }

    /// The largest amount not above this one that reads well in a manifest: cores as people read them, bytes
    /// in whole `Gi`, `Mi` or `Ki`, huge pages in whole pages, the rest in whole numbers.
    pub fn exact(self, resource: &str) -> String {
        let nanos = self.0.max(0);
        let units = nanos / NANOS_PER_UNIT;
        match Measure::of(resource) {
            Measure::Cores => human_cores((nanos / NANOS_PER_MILLI).unsigned_abs()),
            Measure::Bytes => exact_bytes(units, page_size(resource)),
            Measure::Count => units.to_string(),
        }
    }

    /// The same in the unit of a text beside which it stands, where it is a whole number of it: `4096Mi` beside `1536Mi`.
    pub fn beside(self, text: &str, resource: &str) -> String {
        let suffix = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let unit = BINARY
            .into_iter()
            .find(|(name, _)| *name == suffix && !name.is_empty());
        match unit.map(|(_, power)| NANOS_PER_UNIT << power) {
            Some(unit) if self.0 > 0 && self.0 % unit == 0 => format!("{}{suffix}", self.0 / unit),
            _ => self.exact(resource),
        }
    }
}

/// Divides, and rounds what is left over away from zero.
const fn divide_away_from_zero(value: i128, by: i128) -> i128 {
    let quotient = value / by;
    if value % by == 0 {
        quotient
    } else {
        quotient + value.signum()
    }
}

/// How the amounts of a resource are counted and read.
#[derive(Copy, Clone)]
enum Measure {
    Cores,
    Bytes,
    Count,
}

impl Measure {
    /// Quotas write `requests.memory` and `limits.cpu` for what pods call `memory` and `cpu`.
    fn of(resource: &str) -> Self {
        let name = resource
            .strip_prefix("requests.")
            .or_else(|| resource.strip_prefix("limits."))
            .unwrap_or(resource);
        match name {
            "cpu" => Self::Cores,
            "memory" | "storage" | "ephemeral-storage" => Self::Bytes,
            _ if name.starts_with("hugepages-") => Self::Bytes,
            _ => Self::Count,
        }
    }
}

/// The size of one huge page in bytes, from the name of its resource.
fn page_size(resource: &str) -> Option<i128> {
    let (_, size) = resource.split_once("hugepages-")?;
    let bytes = size.parse::<Quantity>().ok()?.units();
    (bytes > 0).then_some(bytes)
}

fn human_cores(milli: u128) -> String {
    match (milli / 1000, milli % 1000) {
        (0, 0) => "0".to_owned(),
        (0, milli) => format!("{milli}m"),
        (cores, 0) => cores.to_string(),
        (cores, milli) => format!("{cores}.{milli:03}")
            .trim_end_matches('0')
            .to_owned(),
    }
}

fn human_bytes(bytes: u128) -> String {
    let tenths = |power: u32| (bytes.saturating_mul(10) + (1 << (power - 1))) >> power;
    // a smaller unit whose rounded count reaches 1024 gives way to the next, so that nothing reads "1024Mi"
    let fits = |power: u32| bytes >= 1 << power || tenths(power - 10) >= 10_240;
    let larger = BINARY
        .into_iter()
        .skip(1)
        .rev()
        .find(|(_, power)| fits(*power));
    let kibibytes = BINARY.into_iter().find(|(_, power)| bytes >= 1 << power);
    let Some((suffix, power)) = larger.or(kibibytes) else {
        return bytes.to_string();
    };
    match (tenths(power) / 10, tenths(power) % 10) {
        (whole, 0) => format!("{whole}{suffix}"),
        (whole, tenth) => format!("{whole}.{tenth}{suffix}"),
    }
}

/// Rounds down where that costs little: below 64Mi a whole `Mi` would be more than a hundredth.
fn exact_bytes(bytes: i128, page: Option<i128>) -> String {
    const KI: i128 = 1 << 10;
    const MI: i128 = 1 << 20;
    const GI: i128 = 1 << 30;
    if let Some(page) = page {
        return Quantity((bytes - bytes % page).saturating_mul(NANOS_PER_UNIT)).to_string();
    }
    match bytes {
        0..KI => bytes.to_string(),
        _ if bytes % GI == 0 => format!("{}Gi", bytes / GI),
        _ if bytes % MI == 0 || bytes >= 64 * MI => format!("{}Mi", bytes / MI),
        _ => format!("{}Ki", bytes / KI),
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (whole, rest) = split_digits(unsigned);
        let (fraction, suffix) = rest.strip_prefix('.').map_or(("", rest), split_digits);
        if whole.is_empty() && fraction.is_empty() {
            return Err(QuantityError::NoDigits(text.to_owned()));
        }
        let magnitude =
            if let Some((_, power)) = BINARY.into_iter().find(|(name, _)| *name == suffix) {
                binary_nanos(whole, fraction, power).min(LARGEST_BINARY)
            } else if let Some(exponent) = decimal_exponent(suffix) {
                decimal_nanos(whole, fraction, exponent)
            } else {
                return Err(QuantityError::UnknownSuffix {
                    text: text.to_owned(),
                    suffix: suffix.to_owned(),
                });
            };
        Ok(Self(if text.starts_with('-') {
            0_i128.saturating_sub_unsigned(magnitude)
        } else {
            0_i128.saturating_add_unsigned(magnitude)
        }))
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

/// The power of ten of `k`, `m`, `e3`, `E-6` … A lone `E` is exa, a lone `e` is nothing.
fn decimal_exponent(suffix: &str) -> Option<i64> {
    let named = DECIMAL
        .into_iter()
        .find(|(name, _)| *name == suffix)
        .map(|(_, exponent)| exponent);
    named.or_else(|| suffix.strip_prefix(['e', 'E'])?.parse().ok())
}

/// `whole.fraction × 10^exponent` in nanos; whatever is smaller than a nano rounds up to one.
fn decimal_nanos(whole: &str, fraction: &str, exponent: i64) -> u128 {
    let length = |digits: &str| i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let point = length(whole)
        .saturating_add(exponent)
        .saturating_add(NANO_PLACES);
    let mut nanos = 0_u128;
    let mut rest = false;
    for (place, digit) in (0_i64..).zip(whole.bytes().chain(fraction.bytes())) {
        if place < point {
            nanos = nanos
                .saturating_mul(10)
                .saturating_add(u128::from(digit - b'0'));
        } else {
            rest |= digit != b'0';
        }
    }
    // 40 zeros overflow every amount but zero
    let zeros = point
        .saturating_sub(length(whole).saturating_add(length(fraction)))
        .clamp(0, 40);
    (0..zeros)
        .fold(nanos, |nanos, _| nanos.saturating_mul(10))
        .saturating_add(u128::from(rest))
}

/// `whole.fraction × 2^power` in nanos. Eighteen places of the fraction are counted: with more of them
/// the product would not fit, and nobody writes them.
fn binary_nanos(whole: &str, fraction: &str, power: u32) -> u128 {
    const PLACES: usize = 18;
    let units = decimal_nanos(whole, "", -NANO_PLACES).saturating_mul(1 << power);
    let (counted, rest) = fraction.split_at_checked(PLACES).unwrap_or((fraction, ""));
    let numerator = decimal_nanos(counted, "", -NANO_PLACES) << power;
    let below = match u32::try_from(counted.len()).unwrap_or(0) {
        places @ 0..=9 => numerator * 10_u128.pow(9 - places),
        places => numerator.div_ceil(10_u128.pow(places - 9)),
    };
    let rounded_up = rest.bytes().any(|digit| digit != b'0');
    units
        .saturating_mul(NANOS_PER_UNIT.unsigned_abs())
        .saturating_add(below)
        .saturating_add(u128::from(rounded_up))
}

impl TryFrom<&ApiQuantity> for Quantity {
    type Error = QuantityError;

    fn try_from(quantity: &ApiQuantity) -> Result<Self, Self::Error> {
        quantity.0.parse()
    }
}

/// Kubernetes' canonical form, which parses back to the same amount. An amount that is whole both ways
/// gets the suffix that needs fewer digits, and the binary one when they need the same.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0");
        }
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        let decimal = reduce(nanos, 1000, DECIMAL.map(|(suffix, _)| suffix));
        let (mantissa, suffix) = match binary_form(nanos) {
            Some(binary) if binary.0.ilog10() <= decimal.0.ilog10() => binary,
            _ => decimal,
        };
        write!(f, "{sign}{mantissa}{suffix}")
    }
}

/// The form with a binary suffix, of an amount that is a multiple of `Ki` and would not be cut.
fn binary_form(nanos: u128) -> Option<(u128, &'static str)> {
    let units = nanos / NANOS_PER_UNIT.unsigned_abs();
    let kibibytes = units / 1024;
    let whole =
        kibibytes > 0 && kibibytes.saturating_mul(1024 * NANOS_PER_UNIT.unsigned_abs()) == nanos;
    (whole && nanos <= LARGEST_BINARY)
        .then(|| reduce(kibibytes, 1024, BINARY.map(|(suffix, _)| suffix)))
}

/// Divides by `step` as long as nothing is lost and a larger suffix is left.
fn reduce<const N: usize>(
    mut mantissa: u128,
    step: u128,
    suffixes: [&'static str; N],
) -> (u128, &'static str) {
    let mut chosen = "";
    for (index, suffix) in suffixes.into_iter().enumerate() {
        if index > 0 {
            if !mantissa.is_multiple_of(step) {
                break;
            }
            mantissa /= step;
        }
        chosen = suffix;
    }
    (mantissa, chosen)
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Add for Quantity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.saturating_add(other)
    }
}

impl Sub for Quantity {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.saturating_sub(other)
    }
}

impl Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::saturating_add)
    }
}
