//! The report of a large outage in JSON: of what one cause keeps stuck the first are listed, the rest is counted.

use super::Report;
use std::collections::BTreeMap;

/// So many stuck objects are listed, those of all diagnoses together, and at least one of each.
const LISTED: usize = 1_000;

impl Report {
    /// Keeps a bounded number of stuck objects, shared out among the diagnoses, and counts the others.
    pub fn shorten(&mut self) {
        let mut unexplained: BTreeMap<&str, usize> = BTreeMap::new();
        for one in &self.unexplained {
            *unexplained.entry(&one.fingerprint).or_default() += 1;
        }
        let affected = self.diagnoses.iter().map(|one| one.affected.len());
        let silenced = self.silenced.iter().map(|one| one.affected.len());
        let sizes = affected.chain(silenced).chain(unexplained.into_values());
        let Some(most) = most_of_each(sizes.collect()) else {
            return;
        };
        let mut unlisted = 0;
        for one in &mut self.diagnoses {
            one.unlisted = one.affected.len().saturating_sub(most);
            one.affected.truncate(most);
            unlisted += one.unlisted;
        }
        for one in &mut self.silenced {
            unlisted += one.affected.len().saturating_sub(most);
            one.affected.truncate(most);
        }
        let mut listed: BTreeMap<String, usize> = BTreeMap::new();
        let before = self.unexplained.len();
        self.unexplained.retain(|one| {
            let listed = listed.entry(one.fingerprint.clone()).or_default();
            *listed += 1;
            *listed <= most
        });
        self.summary.unlisted = unlisted + (before - self.unexplained.len());
    }
}

/// How many of each are listed where these are more than [`LISTED`]: what small ones leave is the others'.
fn most_of_each(mut sizes: Vec<usize>) -> Option<usize> {
    sizes.sort_unstable();
    let (mut left, mut others) = (LISTED, sizes.len());
    for size in sizes {
        let share = left / others.max(1);
        if size > share {
            return Some(share.max(1));
        }
        left -= size;
        others -= 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::most_of_each;

    #[test]
    fn small_ones_are_listed_whole_and_large_ones_share_what_is_left() {
        assert_eq!(most_of_each(vec![1, 2, 997]), None);
        assert_eq!(most_of_each(vec![1_001]), Some(1_000));
        assert_eq!(most_of_each(vec![10, 5_000, 3]), Some(987));
        assert_eq!(most_of_each(vec![600, 600, 100]), Some(450));
        assert_eq!(most_of_each(vec![2; 2_000]), Some(1));
        assert_eq!(most_of_each(Vec::new()), None);
    }
}
