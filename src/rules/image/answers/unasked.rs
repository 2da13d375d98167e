//! Why a registry gave no answer, in a sentence.

use crate::snapshot::{CertificateFault, Issued, Unasked, WhyUnasked};
use crate::text::{Message, say};

/// Why there is no answer, as this machine sees it.
pub(super) fn of_trouble(unasked: &Unasked) -> Message {
    let sentence = match &unasked.why {
        WhyUnasked::Dns => say!(
            "image-asked.dns",
            "this machine, which is not {node}, cannot resolve {host}"
        ),
        WhyUnasked::Unreachable => say!(
            "image-asked.unreachable",
            "this machine, which is not {node}, does not reach {host}: {words}"
        ),
        WhyUnasked::TimedOut => say!(
            "image-asked.timed-out",
            "{host} gave this machine, which is not {node}, no answer in time"
        ),
        WhyUnasked::Proxy => say!(
            "image-asked.proxy",
            "this machine, which is not {node}, does not get through its proxy[ {proxy}] to {host}: {words}"
        ),
        WhyUnasked::NotTls => say!(
            "image-asked.not-tls",
            "{host} gave this machine, which is not {node}, neither TLS nor HTTP"
        ),
        WhyUnasked::Certificate(fault, chain) => {
            return of_certificate(fault, chain).fact("words", unasked.words.as_str());
        }
        WhyUnasked::TooMany => say!(
            "image-asked.too-many",
            "{host} was not asked: there are too many images to ask for each"
        ),
        WhyUnasked::Broken | WhyUnasked::NoLogin(_) => say!(
            "image-asked.broken",
            "{host} gave this machine, which is not {node}, no usable answer: {words}"
        ),
    };
    Message::new(sentence).fact("words", unasked.words.as_str())
}

fn of_certificate(fault: &CertificateFault, chain: &[Issued]) -> Message {
    let (first, last) = (chain.first(), chain.last());
    let message = match fault {
        CertificateFault::UnknownAuthority => Message::new(say!(
            "image-asked.unknown-authority",
            "this machine, which is not {node}, does not trust the certificate of {host}[, issued by {issuer}]; --registry-ca names authorities to trust"
        )),
        CertificateFault::Expired(at) => Message::new(say!(
            "image-asked.expired",
            "the certificate of {host}[, issued by {issuer},] expired[ at {at}], as this machine sees it, which is not {node}"
        ))
        .fact_if("at", at.map(|at| at.to_string())),
        CertificateFault::NotYetValid(at) => Message::new(say!(
            "image-asked.not-yet-valid",
            "the certificate of {host}[, issued by {issuer},] is not valid[ before {at}], as this machine sees it, which is not {node}"
        ))
        .fact_if("at", at.map(|at| at.to_string())),
        CertificateFault::WrongName(names) => Message::new(say!(
            "image-asked.wrong-name",
            "the certificate that {host} shows this machine, which is not {node}, is not for that name[ but for {names}]"
        ))
        .fact_if("names", (!names.is_empty()).then(|| names.clone())),
        CertificateFault::Other => Message::new(say!(
            "image-asked.certificate",
            "this machine, which is not {node}, refuses the certificate of {host}: {words}"
        )),
    };
    message
        .fact_if("subject", first.map(|one| one.subject.as_str()))
        .fact_if("issuer", last.map(|one| one.issuer.as_str()))
}
