//! The vendor's tools accept one single certificate when `IONOS_PINNED_CERT` says so: the SHA-256 of the whole
//! certificate (not of its key), in hex, colons and white space ignored. Only the certificate that the service
//! presents as its own is looked at, and it replaces the usual checks of the chain and of the host name.

use std::fmt::{self, Write};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::hash::{Hash, HashAlgorithm};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme, SupportedCipherSuite};

use crate::{Error, ErrorKind};

/// A TLS configuration that accepts the pinned certificate and no other; `pin` is what
/// [`fingerprint::parse`](crate::fingerprint::parse) made of the setting.
///
/// Fails with [`ErrorKind::Configuration`] where no provider of cryptography is
/// installed although the feature `rustls-no-provider` leaves that to the program.
pub(super) fn config(pin: &str) -> Result<ClientConfig, Error> {
    let refuse = |reason: &str| Error::new(ErrorKind::Configuration, reason);
    let provider = provider().ok_or_else(|| {
        refuse("no provider of cryptography is installed")
            .with_hint("install one for rustls, or use the TLS feature rustls")
    })?;
    let sha256 = sha256(&provider)
        .ok_or_else(|| refuse("this provider of cryptography has no SHA-256").with_hint("use another"))?;
    let verifier = Pinned { pin: pin.to_owned(), sha256, provider: provider.clone() };
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map(|builder| {
            let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
            builder.with_no_client_auth()
        })
        .map_err(|error| {
            refuse("the connection cannot be encrypted with this provider of cryptography").with_source(error)
        })
}

/// Fails where no provider of cryptography is installed although that is left to the program.
#[cfg(not(feature = "rustls"))]
pub(super) fn check_provider() -> Result<(), Error> {
    provider().map(|_| ()).ok_or_else(|| {
        Error::new(ErrorKind::Configuration, "no provider of cryptography is installed")
            .with_hint("install one for rustls, or use the TLS feature rustls")
    })
}

fn provider() -> Option<Arc<CryptoProvider>> {
    let installed = CryptoProvider::get_default().cloned();
    #[cfg(feature = "rustls")]
    let installed = installed.or_else(|| Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider())));
    installed
}

/// The provider's own SHA-256, which every cipher suite that ends in it brings along.
fn sha256(provider: &CryptoProvider) -> Option<&'static dyn Hash> {
    let hashes = provider.cipher_suites.iter().map(|suite| match suite {
        SupportedCipherSuite::Tls12(suite) => suite.common.hash_provider,
        SupportedCipherSuite::Tls13(suite) => suite.common.hash_provider,
    });
    hashes.into_iter().find(|hash| hash.algorithm() == HashAlgorithm::SHA256)
}

struct Pinned {
    pin: String,
    sha256: &'static dyn Hash,
    provider: Arc<CryptoProvider>,
}

impl fmt::Debug for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pinned").field("pin", &self.pin).finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let found = self.sha256.hash(certificate);
        let found = found.as_ref().iter().fold(String::new(), |mut hex, byte| {
            // Writing to a string does not fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        if found == self.pin {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
