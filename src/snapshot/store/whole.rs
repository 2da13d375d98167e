//! The pods that are kept whole, asked so that each question is noted as narrow as it is.

use super::Store;
use crate::kubernetes::Word;
use crate::snapshot::dependency::{Dependency, note};
use crate::snapshot::{Kind, PodView};

impl Store {
    /// The pods that are kept whole: those that were looked at and are not plainly healthy, in order of namespace and name.
    pub fn whole_pods(&self) -> impl Iterator<Item = &PodView> {
        note(|| Dependency::WholePods);
        self.known_whole()
    }

    /// Those of one node.
    pub fn whole_pods_on<'a>(&'a self, node: &str) -> impl Iterator<Item = &'a PodView> {
        note(|| Dependency::PodsOn(node.to_owned()));
        self.known_whole()
            .filter(move |pod| pod.node() == Some(node))
    }

    /// The same for who notes himself what he asks of them.
    pub(in crate::snapshot) fn known_whole(&self) -> impl Iterator<Item = &PodView> {
        self.whole.values()
    }

    /// Those of one namespace.
    pub fn whole_pods_in<'a>(
        &'a self,
        namespace: &str,
    ) -> impl Iterator<Item = &'a PodView> + use<'a> {
        note(|| Dependency::Namespace(Kind::Pod, namespace.to_owned()));
        let namespace = Word::from(namespace);
        let from = self.whole.range((namespace.clone(), Word::default())..);
        let of_namespace = from.take_while(move |((of, _), _)| *of == namespace);
        of_namespace.map(|(_, pod)| pod)
    }

    /// One of them.
    pub fn whole_pod(&self, namespace: &str, name: &str) -> Option<&PodView> {
        note(|| Dependency::Object(Kind::Pod, namespace.to_owned(), name.to_owned()));
        self.whole.get(&(namespace.into(), name.into()))
    }
}
