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

use crate::support::program::{ialog, run};
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
        assert_eq!(error.attempts(), 1, "a call is not retried if the certificate is not trusted: {error}");
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
async fn a_pinned_certificate_is_accepted_for_any_host_and_other_certificates_are_refused() {
    let service = TlsService::new("elsewhere.example.com").await;
    assert_eq!(service.ask(service.builder().pinned_certificate(service.fingerprint())).await, None);
    let other = TlsService::new("localhost").await;
    let trusted_but_not_pinned =
        other.builder().root_certificate(other.certificate.pem()).pinned_certificate(service.fingerprint());
    assert_eq!(other.ask(trusted_but_not_pinned).await, Some(ErrorKind::Tls));
}

/// Runs `ialog contracts` with these environment variables, against a service.
async fn ask_with_variables(service: &TlsService, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = ialog(folder.path(), &["contracts", "--attempts", "1"]);
    let port = service.listener.local_addr().unwrap().port();
    command.env("IONOS_TOKEN", TOKEN).env("IONOS_API_URL", format!("https://localhost:{port}"));
    command.envs(variables.iter().copied());
    let printed = tokio::task::spawn_blocking(|| run(command));
    let printed = tokio::select! {
        printed = printed => printed.unwrap(),
        () = async { loop { service.serve().await } } => unreachable!(),
    };
    (printed.code, printed.stderr)
}

#[tokio::test]
async fn the_error_of_a_pin_that_does_not_match_names_the_origin_of_the_pin() {
    let (service, other) = (TlsService::new("localhost").await, TlsService::new("localhost").await);
    let pin = other.fingerprint();
    let (code, message) = ask_with_variables(&service, &[("IONOS_PINNED_CERT", &pin)]).await;
    assert_eq!(code, Some(5));
    assert!(message.contains("(its certificate is not the pinned one: IONOS_PINNED_CERT)"), "{message}");

    let client = service.builder().pinned_certificate(&pin).build().unwrap();
    let (outcome, ()) = tokio::join!(client.info(), service.serve());
    let message = outcome.unwrap_err().to_string();
    assert!(message.contains("(its certificate is not the pinned one: set in the program)"), "{message}");
}

#[cfg(all(unix, not(target_vendor = "apple")))]
#[tokio::test]
async fn unusable_certificates_are_an_error_that_names_their_variable() {
    let service = TlsService::new("localhost").await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("good.pem"), service.certificate.pem()).unwrap();
    std::fs::write(path("none.pem"), "no certificate").unwrap();
    std::fs::write(path("damaged.pem"), "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n").unwrap();
    std::fs::create_dir(path("empty")).unwrap();
    let (missing, both) = (path("missing"), format!("{}:{}", path("missing"), path("")));
    for (variable, value, reason) in [
        ("SSL_CERT_FILE", &missing, "which cannot be read"),
        ("SSL_CERT_FILE", &path("empty"), "which cannot be read"),
        ("SSL_CERT_FILE", &path("none.pem"), "which has no certificate in PEM format"),
        ("SSL_CERT_FILE", &path("damaged.pem"), "which has no certificate in PEM format"),
        ("SSL_CERT_DIR", &missing, "which has no certificate in PEM format"),
        ("SSL_CERT_DIR", &path("empty"), "which has no certificate in PEM format"),
    ] {
        let (code, message) = ask_with_variables(&service, &[(variable, value)]).await;
        assert_eq!(code, Some(2), "{message}");
        assert!(message.contains(&format!("{variable} names {value}, {reason}")), "{message}");
        assert!(message.contains("correct or unset it"), "{message}");
    }
    for (variable, value) in [("SSL_CERT_FILE", &path("good.pem")), ("SSL_CERT_DIR", &both)] {
        let (_, message) = ask_with_variables(&service, &[(variable, value)]).await;
        assert!(!message.contains("SSL_CERT") && !message.contains("not secure"), "{message}");
    }
    // Without the variables, the error names the variable that the user can set.
    let (_, message) = ask_with_variables(&service, &[]).await;
    assert!(message.contains("set SSL_CERT_FILE to a file with the root certificates of the service"), "{message}");
}

#[tokio::test]
async fn an_invalid_proxy_address_is_an_error_that_names_only_its_variable() {
    let folder = tempfile::tempdir().unwrap();
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let mut command = ialog(folder.path(), &["contracts", "--attempts", "1"]);
        command.env("IONOS_TOKEN", TOKEN).env("IONOS_API_URL", "https://api.example.com");
        command.env(variable, "http://user:planted-password@proxy port");
        let printed = run(command);
        assert_eq!(printed.code, Some(2), "{}", printed.stderr);
        assert!(printed.stderr.contains(&format!("{variable} is not a valid proxy address")), "{}", printed.stderr);
        assert!(!printed.stderr.contains("planted"), "{}", printed.stderr);
    }
    // A demo uses no network.
    let mut command = ialog(folder.path(), &["contracts", "--demo"]);
    command.env("HTTPS_PROXY", "://");
    assert_eq!(run(command).code, Some(0));
}
