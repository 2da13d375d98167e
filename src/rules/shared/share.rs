//! On how many of the nodes a cause holds, as its headline says it.

use crate::rules::finding::Finding;
use crate::text::{Fact, Message, say};

/// The finding with that share, `{share}`: one of several nodes by its name, since a count of one would be heard for all that
/// there are like it. A headline that denies something of the nodes has `{anywhere}` in its place, since
/// "not on all nodes" would be heard for "on some"; it also names a single node.
pub(crate) fn told(finding: Finding, share: Fact, whereabouts: Fact) -> Finding {
    let denies = finding.headline.en.contains("{anywhere}");
    let share = match share {
        Fact::Share { all: Some(1), .. } => share,
        Fact::Share { some: Some(1), .. } => whereabouts.clone(),
        _ => share,
    };
    finding.fact("share", share).when(denies, |finding| {
        finding.fact("anywhere", anywhere(whereabouts))
    })
}

/// The same nodes where none of them is meant.
fn anywhere(whereabouts: Fact) -> Fact {
    let Fact::Share {
        some: Some(some),
        all: Some(all),
    } = whereabouts
    else {
        return whereabouts;
    };
    match all {
        2 if some >= 2 => Message::new(say!("share.either", "either node")).into(),
        3.. if some >= all => Message::new(say!("share.any", "any of the {all} nodes"))
            .fact("all", usize::try_from(all).unwrap_or(usize::MAX))
            .into(),
        _ => whereabouts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::ENGLISH;

    #[test]
    fn what_is_denied_of_all_nodes_is_not_heard_of_some() {
        for (some, all, expected) in [
            (1, 1, "the only node"),
            (2, 2, "either node"),
            (3, 3, "any of the 3 nodes"),
            (2, 3, "2 of 3 nodes"),
        ] {
            let share = Fact::Share {
                some: Some(some),
                all: Some(all),
            };
            let message = Message::new(say!("test.nodes", "{nodes}"));
            let told = message.fact("nodes", anywhere(share));
            assert_eq!(ENGLISH.render(&told), expected);
        }
    }
}
