//! The code by which a cloud or a driver names its error: the word of a message that decides.

use crate::messages::form::{every, search};

/// Where clouds write their codes, each with its words as they are printed.
const CODES: &[&str] = &[
    // AWS SDK v2 and v1
    "api error {}: ",
    " in EC2: {}: ",
    // Compute Engine
    "failed ({}): ",
    "googleapi: Error {}: ",
    // Azure's clients, as JSON and before
    "\"code\":\"{}\"",
    "Code=\"{}\"",
    // Alibaba Cloud
    "ErrorCode: {}\n",
];
/// gRPC's own, unless it only says that there is an error.
const STATUS: &str = "rpc error: code = {} desc = ";

/// A cloud's code.
pub(super) fn of_cloud(message: &str) -> Option<&str> {
    let codes = CODES.iter().filter_map(|form| search(form, message));
    codes
        .map(|captures| captures.last())
        .find(|code| is_code(code))
}

/// The innermost code of gRPC that tells something.
pub(super) fn of_status(message: &str) -> Option<&str> {
    every(STATUS, message)
        .map(|(_, captures)| captures.get(0))
        .filter(|code| is_code(code) && !super::known::MUTE_CODES.contains(code))
        .last()
}

fn is_code(word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    !word.is_empty() && word.chars().all(is_part)
}
