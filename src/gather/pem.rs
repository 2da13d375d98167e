//! Takes the certificates out of a PEM bundle.
//!
//! Only what `Config::root_cert` of kube needs; keys never come through here. Blocks of other kinds are skipped and text
//! between blocks is ignored, as Go's `AppendCertsFromPEM` does (Go 1.26, `crypto/x509/cert_pool.go`).

use base64::{Engine, engine::general_purpose::STANDARD};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificates of the bundle in DER form, or what is wrong with the bundle.
pub(super) fn certificates(bundle: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let mut rest = std::str::from_utf8(bundle).map_err(|_| "it is not text".to_owned())?;
    let mut found = Vec::new();
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let Some((body, after)) = after.split_once(END) else {
            return Err("it ends inside a certificate".to_owned());
        };
        let body: String = body.split_ascii_whitespace().collect();
        found.push(
            STANDARD
                .decode(body)
                .map_err(|error| error.to_string().to_ascii_lowercase())?,
        );
        rest = after;
    }
    if found.is_empty() {
        Err("it holds no certificate".to_owned())
    } else {
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_certificate_of_a_bundle_is_taken() {
        let bundle = format!(
            "a remark\n{BEGIN}\r\nAQID\r\n{END}\r\n-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n{BEGIN}\nBA\n UG\n{END}"
        );
        assert_eq!(
            certificates(bundle.as_bytes()),
            Ok(vec![vec![1, 2, 3], vec![4, 5, 6]])
        );
    }

    #[test]
    fn a_broken_bundle_says_what_is_wrong() {
        assert_eq!(certificates(b"").unwrap_err(), "it holds no certificate");
        assert_eq!(certificates(b"\xff").unwrap_err(), "it is not text");
        assert_eq!(
            certificates(format!("{BEGIN}\nAQID").as_bytes()).unwrap_err(),
            "it ends inside a certificate"
        );
        assert!(
            certificates(format!("{BEGIN}\n*\n{END}").as_bytes())
                .unwrap_err()
                .starts_with("invalid symbol")
        );
    }
}
