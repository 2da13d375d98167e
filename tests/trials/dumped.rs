//! A case that is read, dumped and read again gives the same report.

use super::{Case, items};
use crate::support::{load, read_dumps, write_dump};

pub(super) fn check(case: &Case) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("dump.json");
    let before = load(&case.text()).expect("a case is readable");
    write_dump(&path, &items(case.dump()), &before.reading());
    let after = read_dumps(&[&path]).expect("a dump is readable");
    assert_eq!(before.json(), after.json());
    assert_eq!(before.reading(), after.reading());
}
