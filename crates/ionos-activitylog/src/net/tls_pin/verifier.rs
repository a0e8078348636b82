//! Verifies a pinned certificate: compares the pin with the service's own certificate, and with no other certificate of
//! the chain. This comparison replaces the usual checks of chain and host name.

use std::fmt::{self, Write};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::hash::{Hash, HashAlgorithm};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, SignatureScheme, SupportedCipherSuite,
};

use crate::error::transport_fault::PinMismatch;
use crate::error::{Error, ErrorKind};

/// Builds a TLS configuration that accepts only the pinned certificate; `pin` comes from
/// [`parse_fingerprint`](super::parse_fingerprint), and `origin` names the setting that pins the certificate.
///
/// Fails with [`ErrorKind::Configuration`] if the crypto provider has no SHA-256 or no safe TLS version, or if there is
/// no provider. Without the feature `rustls`, the program must install a provider.
pub(in crate::net) fn pinned_config(pin: &str, origin: &str) -> Result<ClientConfig, Error> {
    let refuse = |reason: &str| Error::new(ErrorKind::Configuration, reason);
    let provider = crypto_provider().ok_or_else(no_provider)?;
    let sha256 = provider_sha256(&provider)
        .ok_or_else(|| refuse("the crypto provider has no SHA-256").with_hint("install another crypto provider"))?;
    let verifier =
        PinnedCertVerifier { pin: pin.to_owned(), origin: origin.to_owned(), sha256, provider: provider.clone() };
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map(|builder| {
            let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
            builder.with_no_client_auth()
        })
        .map_err(|error| refuse("the crypto provider supports no safe TLS version").with_source(error))
}

/// Fails if the program has installed no crypto provider.
#[cfg(not(feature = "rustls"))]
pub(in crate::net) fn check_crypto_provider() -> Result<(), Error> {
    crypto_provider().map(|_| ()).ok_or_else(no_provider)
}

fn no_provider() -> Error {
    Error::new(ErrorKind::Configuration, "no crypto provider is installed")
        .with_hint("install a crypto provider for rustls, or enable the feature rustls")
}

fn crypto_provider() -> Option<Arc<CryptoProvider>> {
    let installed = CryptoProvider::get_default().cloned();
    #[cfg(feature = "rustls")]
    let installed = installed.or_else(|| Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider())));
    installed
}

/// The SHA-256 implementation of the provider, from a cipher suite that uses SHA-256.
fn provider_sha256(provider: &CryptoProvider) -> Option<&'static dyn Hash> {
    let hashes = provider.cipher_suites.iter().map(|suite| match suite {
        SupportedCipherSuite::Tls12(suite) => suite.common.hash_provider,
        SupportedCipherSuite::Tls13(suite) => suite.common.hash_provider,
    });
    hashes.into_iter().find(|hash| hash.algorithm() == HashAlgorithm::SHA256)
}

struct PinnedCertVerifier {
    pin: String,
    origin: String,
    sha256: &'static dyn Hash,
    provider: Arc<CryptoProvider>,
}

impl fmt::Debug for PinnedCertVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinnedCertVerifier").field("pin", &self.pin).finish_non_exhaustive()
    }
}

impl ServerCertVerifier for PinnedCertVerifier {
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
            // Writing to a String never fails.
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        if found == self.pin {
            Ok(ServerCertVerified::assertion())
        } else {
            let mismatch = PinMismatch { origin: self.origin.clone() };
            Err(rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(mismatch)))))
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
