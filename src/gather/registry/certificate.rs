//! What is wrong with the certificate that a host shows, and who issued it.
//!
//! The checking is that of the platform (rustls-platform-verifier), as for the API server; here it is only remembered what was
//! shown, since a refused handshake leaves nothing else behind.

use crate::snapshot::{CertificateFault, Issued};
use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use std::sync::{Arc, Mutex, PoisonError};

/// So many certificates of a chain are told.
const MOST: usize = 6;

/// Checks as another does, and remembers what was shown.
#[derive(Debug)]
pub(super) struct Remembering {
    /// None where nobody is trusted.
    verifier: Option<Arc<dyn ServerCertVerifier>>,
    provider: Arc<CryptoProvider>,
    shown: Mutex<Vec<Issued>>,
}

impl Remembering {
    pub(super) fn new(
        verifier: Option<Arc<dyn ServerCertVerifier>>,
        provider: Arc<CryptoProvider>,
    ) -> Self {
        Remembering {
            verifier,
            provider,
            shown: Mutex::default(),
        }
    }

    fn trusted(&self) -> Result<&dyn ServerCertVerifier, Error> {
        let nobody = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        self.verifier.as_deref().ok_or(nobody)
    }

    /// The chain that was shown, the host's own first.
    pub(super) fn shown(&self) -> Vec<Issued> {
        let shown = self.shown.lock();
        shown.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerCertVerifier for Remembering {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = [end_entity].into_iter().chain(intermediates).take(MOST);
        let chain = chain
            .filter_map(|certificate| issued(certificate))
            .collect();
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = chain;
        self.trusted()?.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        )
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.trusted()?
            .verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.trusted()?
            .verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// What a verifier holds against a certificate.
pub(super) fn fault(error: &CertificateError) -> CertificateFault {
    use CertificateError as E;
    let time = |time: &UnixTime| Timestamp::from_second(time.as_secs().try_into().ok()?).ok();
    match error {
        E::UnknownIssuer => CertificateFault::UnknownAuthority,
        E::Expired => CertificateFault::Expired(None),
        E::ExpiredContext { not_after, .. } => CertificateFault::Expired(time(not_after)),
        E::NotValidYet => CertificateFault::NotYetValid(None),
        E::NotValidYetContext { not_before, .. } => CertificateFault::NotYetValid(time(not_before)),
        E::NotValidForName => CertificateFault::WrongName(Vec::new()),
        E::NotValidForNameContext { presented, .. } => {
            CertificateFault::WrongName(presented.iter().map(|name| bare(name)).collect())
        }
        _ => CertificateFault::Other,
    }
}

/// `DnsName("a.example")` is `a.example`.
fn bare(name: &str) -> String {
    let quoted = name.split('"').nth(1);
    let within = || name.split_once('(')?.1.strip_suffix(')');
    quoted.or_else(within).unwrap_or(name).to_owned()
}

/// Who a certificate is for, and who issued it (RFC 5280, 4.1).
fn issued(certificate: &[u8]) -> Option<Issued> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut fields, _) = element(certificate)?;
    if fields.first() == Some(&0xa0) {
        fields = element(fields)?.2;
    }
    // the serial number, and the algorithm of the signature
    let rest = element(element(fields)?.2)?.2;
    let (_, issuer, rest) = element(rest)?;
    let (_, subject, _) = element(element(rest)?.2)?;
    Some(Issued {
        subject: name(subject),
        issuer: name(issuer),
    })
}

/// The common name, else the organisation.
fn name(mut sets: &[u8]) -> String {
    const COMMON_NAME: &[u8] = &[0x55, 4, 3];
    const ORGANISATION: &[u8] = &[0x55, 4, 10];
    let (mut common, mut organisation) = (None, None);
    while let Some((_, set, rest)) = element(sets) {
        let pair = element(set).and_then(|(_, pair, _)| {
            let (_, kind, value) = element(pair)?;
            Some((kind, element(value)?.1))
        });
        match pair {
            Some((COMMON_NAME, value)) => common = Some(value),
            Some((ORGANISATION, value)) => organisation = Some(value),
            _ => {}
        }
        sets = rest;
    }
    let found = common.or(organisation).unwrap_or_default();
    String::from_utf8_lossy(found).into_owned()
}

/// One element of DER: its tag, its content, and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = if *length < 0x80 {
        (usize::from(*length), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
        if digits.len() > 3 {
            return None;
        }
        let length = digits
            .iter()
            .fold(0, |sum, digit| sum << 8 | usize::from(*digit));
        (length, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gather::pem;

    #[test]
    fn a_certificate_tells_whose_it_is_and_by_whom() {
        let pem = include_bytes!("../../../tests/api_server/tls/server.crt");
        let certificates = pem::certificates(pem).unwrap();
        let found = issued(&certificates[0]).unwrap();
        let authority = include_bytes!("../../../tests/api_server/tls/ca.crt");
        let authority = issued(&pem::certificates(authority).unwrap()[0]).unwrap();
        assert_eq!(found.issuer, authority.subject);
        assert!(!found.issuer.is_empty() && !found.subject.is_empty());
    }

    #[test]
    fn what_is_no_certificate_is_passed_over() {
        let pem = include_bytes!("../../../tests/api_server/tls/server.crt");
        let whole = pem::certificates(pem).unwrap().remove(0);
        for end in 0..whole.len() {
            assert_eq!(issued(&whole[..end]), None);
        }
        assert_eq!(issued(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }

    #[test]
    fn names_are_told_as_they_are_written() {
        for (told, expected) in [
            ("DnsName(\"a.example\")", "a.example"),
            ("IpAddress(127.0.0.1)", "127.0.0.1"),
            ("a.example", "a.example"),
        ] {
            assert_eq!(bare(told), expected);
        }
    }
}
