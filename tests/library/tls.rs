//! TLS: which certificates are trusted under which setting.

use std::fmt::Write;
use std::sync::Arc;

use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::{Client, ClientBuilder, ErrorKind};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::support::scripted::TOKEN;

/// A service with a self-signed certificate for one host name.
struct TlsService {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    certificate: rcgen::Certificate,
}

impl TlsService {
    async fn new(host: &str) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed([host.to_owned()]).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        Self {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
            certificate: cert,
        }
    }

    fn builder(&self) -> ClientBuilder {
        let port = self.listener.local_addr().unwrap().port();
        let clock = VirtualClock::starting_at("2026-11-20T12:00:00Z".parse().unwrap());
        Client::builder().token(TOKEN).base_url(format!("https://localhost:{port}")).clock(Arc::new(clock))
    }

    fn fingerprint(&self) -> String {
        Sha256::digest(self.certificate.der()).iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02X}:").unwrap();
            hex
        })
    }

    /// Answers one request, if the client accepts the certificate.
    async fn serve(&self) {
        let (stream, _) = self.listener.accept().await.unwrap();
        let Ok(mut stream) = self.acceptor.accept(stream).await else {
            return;
        };
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else {
                return;
            };
            request.push(byte);
        }
        let good = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
        stream.write_all(good.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    }

    /// Sends a request. Returns the error kind, or `None` on success.
    async fn ask(&self, builder: ClientBuilder) -> Option<ErrorKind> {
        let client = builder.build().unwrap();
        let (outcome, ()) = tokio::join!(client.info(), self.serve());
        let error = outcome.err()?;
        assert_eq!(error.attempts(), 1, "an untrusted certificate is not retried: {error}");
        assert!(error.to_string().contains("check the certificates"), "{error}");
        Some(error.kind())
    }
}

#[tokio::test]
async fn a_self_signed_certificate_is_not_trusted() {
    let service = TlsService::new("localhost").await;
    assert_eq!(service.ask(service.builder()).await, Some(ErrorKind::Tls));
}

#[tokio::test]
async fn a_configured_root_certificate_is_trusted() {
    let service = TlsService::new("localhost").await;
    let trusting = service.builder().root_certificate(service.certificate.pem());
    assert_eq!(service.ask(trusting).await, None);
    let other = TlsService::new("localhost").await;
    let trusting_another = service.builder().root_certificate(other.certificate.pem());
    assert_eq!(service.ask(trusting_another).await, Some(ErrorKind::Tls));
}

#[tokio::test]
async fn a_pinned_certificate_is_accepted_for_any_host_and_no_other_certificate_is() {
    let service = TlsService::new("elsewhere.example.com").await;
    assert_eq!(service.ask(service.builder().pinned_certificate(service.fingerprint())).await, None);
    let other = TlsService::new("localhost").await;
    let trusted_but_not_pinned =
        other.builder().root_certificate(other.certificate.pem()).pinned_certificate(service.fingerprint());
    assert_eq!(other.ask(trusted_but_not_pinned).await, Some(ErrorKind::Tls));
}
