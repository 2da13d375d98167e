//! The specs of pods that come one after another, decoded once for those that are alike.
//!
//! A list holds the pods of a template together, and their specs differ in the node and in the name of the token's volume alone.
//! The rest is compared byte by byte with the last few that were decoded, which is a fraction of the work of decoding it.

use super::encoded::Encoded;
use super::slim;
use crate::kubernetes::pod::{Pod, TOKEN_VOLUME};
use crate::kubernetes::protobuf::wire::{Raw, Wire};
use crate::kubernetes::protobuf::{Form, Message};
use k8s_openapi::api::core::v1::PodSpec;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

/// So many are compared with the next one.
const LATEST: usize = 8;
/// What the token's volume is called in place of its name.
const UNNAMED: u8 = b'-';

/// The tag of a text or message that is the field 1.
const FIRST: u8 = 0x0a;

/// The specs that were decoded last.
#[derive(Clone, Default)]
pub(super) struct Specs {
    /// Each with what it was decoded from, the latest first.
    latest: VecDeque<(Vec<u8>, Arc<PodSpec>)>,
    /// What is compared of the next one.
    shared: Vec<u8>,
}

/// No part of what was read.
impl fmt::Debug for Specs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Specs")
    }
}

impl Specs {
    /// Decodes the slim form of a pod.
    ///
    /// # Errors
    /// When the bytes are not a pod.
    pub(super) fn decode(&mut self, pod: Encoded<'_>) -> Result<Pod, serde_json::Error> {
        let Some(node) = self.look(pod) else {
            return slim::decode(pod);
        };
        let is_this = |(shared, _): &(Vec<u8>, _)| *shared == self.shared;
        let place = self.latest.iter().position(is_this);
        let (shared, decoded) = match place.and_then(|place| self.latest.remove(place)) {
            Some((shared, spec)) => (shared, slim::around(pod, spec, node)?),
            None => (self.shared.clone(), slim::decode(pod)?),
        };
        if let Some(spec) = &decoded.spec {
            self.latest.truncate(LATEST.saturating_sub(1));
            self.latest.push_front((shared, Arc::clone(spec)));
        }
        Ok(decoded)
    }

    /// Takes what the spec may share with others, and gives its node. Nothing where it does not stand in one piece.
    fn look<'a>(&mut self, pod: Encoded<'a>) -> Option<&'a [u8]> {
        let Encoded::Protobuf(bytes, message) = pod else {
            return None;
        };
        let (number, form) = numbered(message, "spec")?;
        let Form::Object(spec) = form else {
            return None;
        };
        let mut specs = of_number(bytes, number);
        let (bytes, None) = (specs.next()?, specs.next()) else {
            return None;
        };
        let ((node, _), (volumes, _)) = (numbered(spec, "nodeName")?, numbered(spec, "volumes")?);
        self.shared.clear();
        let mut wire = Wire(bytes);
        let mut of_node: &[u8] = &[];
        loop {
            let before = wire.0;
            match wire.field().ok()? {
                None => break,
                Some((number, Raw::Bytes(name))) if number == node => of_node = name,
                Some(_) => {
                    let length = before.len().saturating_sub(wire.0.len());
                    self.shared.extend(before.get(..length)?);
                }
            }
        }
        let mut names = of_number(bytes, volumes).filter_map(|volume| of_number(volume, 1).next());
        if let Some(own) = names.find(|name| name.starts_with(TOKEN_VOLUME.as_bytes())) {
            rename(&mut self.shared, own);
        }
        Some(of_node)
    }
}

/// The number of a field, and what it holds.
fn numbered(message: Message, name: &str) -> Option<(u32, Form)> {
    let field = message.iter().find(|field| field.1 == name)?;
    Some((field.0, field.2))
}

/// The fields of this number that are texts or messages, as far as the bytes are a message.
fn of_number(bytes: &[u8], wanted: u32) -> impl Iterator<Item = &[u8]> {
    let mut wire = Wire(bytes);
    let fields = std::iter::from_fn(move || wire.field().ok().flatten());
    fields.filter_map(move |(number, raw)| match raw {
        Raw::Bytes(bytes) if number == wanted => Some(bytes),
        _ => None,
    })
}

/// Takes what is each pod's own out of the name of its token's volume, where it is declared and mounted: as the first field of
/// a message. Lengths stay.
fn rename(shared: &mut [u8], name: &[u8]) {
    let is_name = |place: &usize| {
        let before = place
            .checked_sub(2)
            .and_then(|start| shared.get(start..*place));
        matches!(before, Some([FIRST, length]) if usize::from(*length) == name.len())
    };
    let places = memchr::memmem::find_iter(shared, name);
    let places: Vec<usize> = places.filter(is_name).collect();
    for place in places {
        let own = place.saturating_add(TOKEN_VOLUME.len())..place.saturating_add(name.len());
        if let Some(own) = shared.get_mut(own) {
            own.fill(UNNAMED);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::protobuf::messages;
    use crate::kubernetes::protobuf::wire::field;

    /// Its name, its node, the name of its token's volume, and its image.
    fn pod(name: &str, node: &str, token: &str, image: &str) -> Vec<u8> {
        let meta = field(1, &field(1, name.as_bytes()));
        let volume = field(1, &field(1, token.as_bytes()));
        let mount = field(9, &field(1, token.as_bytes()));
        let container = [field(1, b"app"), field(2, image.as_bytes()), mount].concat();
        let spec = [volume, field(2, &container), field(10, node.as_bytes())].concat();
        let status = field(3, &field(1, b"Running"));
        [meta, field(2, &spec), status].concat()
    }

    #[test]
    fn what_is_alike_is_decoded_once_and_is_what_each_would_be() {
        let mut specs = Specs::default();
        let message = messages::of("Pod").unwrap();
        let mut decode = |bytes: &[u8]| {
            let encoded = Encoded::Protobuf(bytes, message);
            let pod = specs.decode(encoded).unwrap();
            assert_eq!(pod, slim::decode(encoded).unwrap());
            pod.spec.unwrap()
        };
        let first = decode(&pod("web-1", "n1", "kube-api-access-abcde", "web:1"));
        for (alike, bytes) in [
            (true, pod("web-2", "n2", "kube-api-access-vwxyz", "web:1")),
            (true, pod("web-3", "", "kube-api-access-vwxyz", "web:1")),
            (false, pod("web-4", "n1", "kube-api-access-abcde", "web:2")),
            (false, pod("web-5", "n1", "kube-api-access-abcdef", "web:1")),
            (false, pod("web-6", "n1", "tokens", "web:1")),
            (
                false,
                pod("a", "n1", "kube-api-access-abcde", "kube-api-access-abcde"),
            ),
            (
                false,
                pod("b", "n1", "kube-api-access-vwxyz", "kube-api-access-vwxyz"),
            ),
            (true, pod("web-7", "n1", "kube-api-access-abcde", "web:1")),
        ] {
            assert_eq!(Arc::ptr_eq(&first, &decode(&bytes)), alike, "{bytes:?}");
        }
    }

    #[test]
    fn the_last_few_are_kept() {
        let mut specs = Specs::default();
        let message = messages::of("Pod").unwrap();
        for at in 0..LATEST * 3 {
            let bytes = pod("web", "n1", "kube-api-access-abcde", &format!("web:{at}"));
            specs.decode(Encoded::Protobuf(&bytes, message)).unwrap();
            assert!(specs.latest.len() <= LATEST);
        }
        let bytes = [pod("web", "n1", "tokens", "web:1"), field(2, b"")].concat();
        let in_two_pieces = specs.decode(Encoded::Protobuf(&bytes, message));
        assert!(in_two_pieces.is_err());
    }
}
