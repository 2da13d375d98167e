//! The image that was probably meant: one that pods of the cluster run, so that it is known to be there.

use super::answers::{ImageAnswers, RunningImage};
use super::failed_pull::FailedPull;
use super::image_edit;
use crate::kubernetes::image_reference::{ImageReference, Likeness};
use crate::kubernetes::nearest::nearest;
use crate::rules::finding::Fix;
use crate::text::say;

/// Names the nearest image that runs, where it is near enough to be meant.
pub(super) fn name_it(failed: &FailedPull<'_>, answers: &ImageAnswers) -> Option<Fix> {
    let mut near = answers.name.near.iter();
    let found = near.find(|one| is_meant(failed, one))?;
    let sentence = say!(
        "near-image.name-it",
        "name the image {proposal}, which {pods} {pods|pod runs|pods run}, if that is meant"
    );
    let fix = image_edit::set_image(failed, sentence, &found.image);
    Some(fix.fact("pods", found.pods))
}

/// Another version of the same repository is hardly meant unless its name is near: `1.4` for `1.41`.
fn is_meant(failed: &FailedPull<'_>, found: &RunningImage) -> bool {
    match found.likeness {
        Likeness::Same => false,
        Likeness::OtherRegistry | Likeness::NearRepository => true,
        Likeness::OtherTag => {
            let tags = (tag(failed.image), tag(&found.image));
            let (Some(wanted), Some(found)) = tags else {
                return false;
            };
            nearest(&wanted, [found.as_str()]).is_some()
        }
    }
}

fn tag(image: &str) -> Option<String> {
    let reference = ImageReference::parse(image).ok()?;
    match (reference.tag, reference.digest) {
        (tag, None) => Some(tag.unwrap_or_else(|| "latest".to_owned())),
        _ => None,
    }
}
