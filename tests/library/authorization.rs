//! Credentials: expired and refused tokens, user names, token files, and the config files of the vendor's tools.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use ionos_activitylog::clock::{Clock, VirtualClock};
use ionos_activitylog::seam::{Exchange, Transport};
use ionos_activitylog::{AccessToken, Client, ClientBuilder, ErrorKind, Origin, TokenFuture, TokenProvider};
use ionos_activitylog_sim::Simulator;

use crate::support::program::{Printed, ialog, run, start_simulator};
use crate::support::scripted::{ScriptedTransport, answer};

fn noon() -> DateTime<Utc> {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn jwt(payload: &str) -> String {
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"none","kid":"k1"}"#), part(payload), part("planted signature"))
}

/// Provides numbered tokens that are valid for one hour.
struct NumberedTokens {
    handed_out: AtomicU32,
    clock: Arc<VirtualClock>,
}

impl TokenProvider for NumberedTokens {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async {
            // Lets other calls run while the token is fetched.
            tokio::task::yield_now().await;
            let number = self.handed_out.fetch_add(1, Ordering::SeqCst) + 1;
            let token = AccessToken::new(format!("token-{number}"))?;
            Ok(token.expires_at(self.clock.now() + TimeDelta::hours(1)))
        })
    }
}

/// A service that accepts one token at a time and counts the requests it refuses.
#[derive(Default)]
struct TokenService {
    accepts: AtomicU32,
    refused: AtomicU32,
}

impl Transport for TokenService {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let accepted = format!("Bearer token-{}", self.accepts.load(Ordering::SeqCst));
            let status = if request.headers()["authorization"] == accepted.as_str() {
                200
            } else {
                self.refused.fetch_add(1, Ordering::SeqCst);
                401
            };
            Ok(answer(status, "{}").into())
        })
    }
}

fn numbered(clock: &Arc<VirtualClock>) -> (Arc<NumberedTokens>, Arc<TokenService>, Client) {
    let provider = Arc::new(NumberedTokens { handed_out: AtomicU32::new(0), clock: clock.clone() });
    let service = Arc::new(TokenService { accepts: AtomicU32::new(1), ..TokenService::default() });
    let client = Client::builder()
        .token_provider(provider.clone())
        .transport(service.clone())
        .clock(clock.clone())
        .max_in_flight(100)
        .build()
        .unwrap();
    (provider, service, client)
}

async fn hundred_calls(client: &Client) {
    let done = join_all((0..100).map(|_| client.info())).await;
    assert!(done.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_hundred_calls_with_an_expired_token_fetch_one_new_token() {
    let clock = Arc::new(VirtualClock::starting_at(noon()));
    let (provider, service, client) = numbered(&clock);
    hundred_calls(&client).await;
    assert_eq!(provider.handed_out.load(Ordering::SeqCst), 1);
    clock.advance(std::time::Duration::from_secs(3_600));
    service.accepts.store(2, Ordering::SeqCst);
    hundred_calls(&client).await;
    assert_eq!(provider.handed_out.load(Ordering::SeqCst), 2);
    assert_eq!(service.refused.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_hundred_calls_with_a_refused_token_fetch_one_new_token_and_do_not_wait() {
    let clock = Arc::new(VirtualClock::starting_at(noon()));
    let (provider, service, client) = numbered(&clock);
    hundred_calls(&client).await;
    service.accepts.store(2, Ordering::SeqCst);
    hundred_calls(&client).await;
    assert_eq!(provider.handed_out.load(Ordering::SeqCst), 2);
    assert!(clock.waits().is_empty());

    // A service that refuses every token receives exactly two requests.
    service.accepts.store(99, Ordering::SeqCst);
    service.refused.store(0, Ordering::SeqCst);
    let error = client.info().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unauthorized, 2));
    assert_eq!(service.refused.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_replay_with_a_new_token_does_not_count_as_a_retry() {
    let clock = Arc::new(VirtualClock::starting_at(noon()).with_chance(0.5));
    let provider = Arc::new(NumberedTokens { handed_out: AtomicU32::new(0), clock: clock.clone() });
    let statuses = [503, 401, 503, 503, 503, 200];
    let scripted = ScriptedTransport::new(statuses.map(|status| answer(status, "{}")));
    let client = Client::builder().token_provider(provider).transport(scripted).clock(clock.clone());
    let info = client.build().unwrap().info().await.unwrap();
    // Five of the attempts count. The sixth one is the replay with a new token, which does not count.
    assert_eq!(info.meta().attempts(), 6);
    assert_eq!(clock.waits().len(), 4);
}

#[tokio::test]
async fn an_expired_token_fails_before_any_request_and_the_error_names_its_expiry_time() {
    let scripted = ScriptedTransport::new([]);
    let token = jwt(r#"{"exp":1795176000}"#);
    let clock = VirtualClock::starting_at(noon());
    let client = Client::builder().token(token).transport(scripted.clone()).clock(Arc::new(clock)).build().unwrap();
    let error = client.info().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.operation()), (ErrorKind::TokenExpired, 0, Some("get_info")));
    assert_eq!(
        error.to_string(),
        "reading the API's name and version failed: the token expired at 2026-11-20T12:00:00Z: get a new one"
    );
    assert!(scripted.requests().is_empty());
}

#[tokio::test]
async fn user_name_and_password_are_sent_as_basic_authentication() {
    let scripted = ScriptedTransport::new([answer(200, "{}")]);
    let client = Client::builder().username_and_password("Aladdin", "open sesame").transport(scripted.clone());
    client.build().unwrap().info().await.unwrap();
    // The example in RFC 7617.
    assert_eq!(scripted.requests()[0].headers()["authorization"], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

#[tokio::test]
async fn the_hint_for_refused_credentials_names_the_credentials_that_were_sent() {
    let refused = || ScriptedTransport::new([answer(401, "{}")]);
    let with_password = Client::builder().username_and_password("Aladdin", "open sesame");
    for (client, hint) in [
        (with_password, "check the username and the password"),
        (Client::builder().token("opaque"), "check that the token is complete, valid and not expired"),
    ] {
        let error = client.transport(refused()).build().unwrap().info().await.unwrap_err();
        assert_eq!((error.kind(), error.hint()), (ErrorKind::Unauthorized, Some(hint)));
    }
}

#[tokio::test]
async fn a_token_file_is_read_again_when_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let scripted = ScriptedTransport::new([answer(200, "{}"), answer(200, "{}")]);
    fs::write(&path, "first\n").unwrap();
    let client = Client::builder().token_file(&path).transport(scripted.clone()).build().unwrap();
    client.info().await.unwrap();
    fs::write(&path, "the second\n".replace(' ', "-")).unwrap();
    client.info().await.unwrap();
    let sent: Vec<_> = scripted.requests().iter().map(|request| request.headers()["authorization"].clone()).collect();
    assert_eq!(sent, ["Bearer first", "Bearer the-second"]);
}

#[test]
fn token_claims_name_the_contract_and_a_missing_privilege() {
    let client = |payload: &str| Client::builder().token(jwt(payload)).build().unwrap();
    let bound =
        client(r#"{"identity":{"contractNumber":31721060,"privileges":["ACCESS_ACTIVITY_LOG"],"role":"user"}}"#);
    assert_eq!(bound.default_contract().unwrap().as_str(), "31721060");
    assert_eq!(bound.warning(), None);
    let lacking = client(r#"{"identity":{"privileges":["DATA_CENTER_CREATE"],"role":"user"}}"#);
    assert!(lacking.warning().unwrap().contains("ACCESS_ACTIVITY_LOG"));
    assert_eq!(lacking.default_contract(), None);
    let opaque = Client::builder().token("opaque").build().unwrap();
    assert_eq!((opaque.default_contract(), opaque.warning(), opaque.claims()), (None, None, None));
}

#[test]
fn effective_settings_name_their_origin() {
    let shown = |builder: ClientBuilder| -> Vec<String> {
        builder.build().unwrap().settings().iter().map(ToString::to_string).collect()
    };
    let builder = Client::builder().token("planted").acting_for(31_721_060.into()).base_url("api.example.com");
    assert_eq!(
        shown(builder),
        [
            "credentials: token [redacted] (set in the program)",
            "API address: api.example.com (set in the program)",
            "contract: 31721060 (set in the program)",
            "pinned certificate: not set (the default)",
            "root certificates: the platform's (the default)",
            "config file: none (the default)",
            "profile: none (the default)",
        ]
    );
    let client = Client::builder().token_file("/some/file").build().unwrap();
    assert_eq!(client.settings()[0].to_string(), "credentials: token provider (set in the program)");
    assert_eq!(client.settings()[1].origin(), &Origin::Default);
}

/// Runs `ialog contracts` with these files in the home folder and these environment variables.
fn contracts(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Printed {
    let home = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut command = ialog(home.path(), &["contracts", "--attempts", "1"]);
    command.env("HOME", home.path()).envs(variables.iter().copied());
    run(command)
}

#[test]
fn the_config_files_of_the_vendors_tools_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let sim = start_simulator(folder.path(), &[]);
    let expected = format!("{}\n", Simulator::builder().build().contracts()[0]);
    let token = ionos_activitylog_sim::DEFAULT_TOKEN;
    let yaml = format!(
        "version: 1.0\ncurrentProfile: user\nprofiles:\n  - name: user\n    environment: prod\n    credentials:\n      token: {token}\n\
         environments:\n  - name: prod\n    products:\n      - name: activitylog\n        endpoints:\n          - name: {}/cloudapi/v6\n",
        sim.url
    );
    let json = format!(r#"{{"userdata.token":"{token}","userdata.api-url":"{}"}}"#, sim.url);
    let variables = [("IONOS_TOKEN", token), ("IONOS_API_URL", sim.url.as_str())];
    /// Name, config files and environment variables.
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [(&'a str, &'a str)]);
    let cases: [Case<'_>; 6] = [
        ("environment", &[], &variables),
        ("ionosctl's file", &[(".config/ionosctl/config.yaml", &yaml)], &[]),
        ("the SDKs' file", &[(".ionos/config", &yaml)], &[]),
        ("the SDKs' file as documented", &[(".ionos/config.yaml", &yaml)], &[]),
        ("the old file", &[(".config/ionosctl/config.json", &json)], &[]),
        (
            "a wrong token in the file, a right one in the environment",
            &[(".ionos/config", &yaml.replace(token, "wrong"))],
            &variables[..1],
        ),
    ];
    for (name, files, variables) in cases {
        let printed = contracts(files, variables);
        assert_eq!((printed.code, &printed.stdout), (Some(0), &expected), "{name}: {}", printed.stderr);
    }
    let printed = contracts(
        &[(".ionos/config", "version: 1.0\nprofiles:\n  - {name: a, credentials: {username: u}}\ncurrentProfile: a")],
        &[],
    );
    assert_eq!(printed.code, Some(2), "a user name without a password is an error: {}", printed.stderr);
    assert!(printed.stderr.contains("profile \"a\""), "{}", printed.stderr);
}

/// Provides the same token every time.
struct SingleToken;

impl TokenProvider for SingleToken {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async { Ok(AccessToken::new("the-only-one")?) })
    }
}

#[tokio::test]
async fn a_refused_token_without_a_replacement_is_not_sent_again() {
    let scripted = ScriptedTransport::new([answer(401, "")]);
    let client = Client::builder().token_provider(Arc::new(SingleToken)).transport(scripted.clone());
    let error = client.build().unwrap().info().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Unauthorized, 1));
    assert!(error.to_string().contains("no other token is available"), "{error}");
    assert_eq!(scripted.requests().len(), 1);
}

#[tokio::test]
async fn the_contract_of_a_provided_token_is_known_after_the_first_call() {
    struct BoundToken;
    impl TokenProvider for BoundToken {
        fn token(&self) -> TokenFuture<'_> {
            Box::pin(async { Ok(AccessToken::new(jwt(r#"{"identity":{"contractNumber":31721060}}"#))?) })
        }
    }
    let scripted = ScriptedTransport::new([answer(200, "{}")]);
    let client = Client::builder().token_provider(Arc::new(BoundToken)).transport(scripted).build().unwrap();
    assert_eq!(client.default_contract(), None);
    client.info().await.unwrap();
    assert_eq!(client.default_contract().unwrap().as_str(), "31721060");
    let acting = Client::builder().token(jwt(r#"{"identity":{"contractNumber":111}}"#)).acting_for(222.into());
    assert_eq!(acting.build().unwrap().default_contract().unwrap().as_str(), "222");
}

#[test]
fn a_certificate_setting_with_a_custom_http_client_is_an_error() {
    let builder =
        || Client::builder().token("t").http_client(reqwest::Client::builder().tls_certs_only([]).build().unwrap());
    for builder in
        [builder().pinned_certificate("ab".repeat(32)), builder().root_certificate("-----BEGIN CERTIFICATE-----")]
    {
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains("set the certificate in the HTTP client"), "{error}");
    }
    assert!(builder().build().is_ok());
}

#[test]
fn a_named_profile_takes_precedence_over_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let sim = start_simulator(folder.path(), &[]);
    let token = ionos_activitylog_sim::DEFAULT_TOKEN;
    let yaml = format!(
        "version: 1.0\nprofiles:\n  - name: prod\n    credentials:\n      token: {token}\n  - name: test\n    \
         credentials:\n      token: wrong\n"
    );
    let path = folder.path().join("config.yaml");
    fs::write(&path, yaml).unwrap();
    let listed = |profile: &str| {
        let mut command = ialog(folder.path(), &["contracts", "--profile", profile]);
        command.env("IONOS_CONFIG_FILE", &path).env("IONOS_TOKEN", "wrong-too").env("IONOS_API_URL", &sim.url);
        run(command)
    };
    assert_eq!(listed("prod").code, Some(0), "{}", listed("prod").stderr);
    assert_eq!(listed("test").code, Some(4));
    let gone = listed("gone");
    assert_eq!(gone.code, Some(2));
    assert!(gone.stderr.contains("; it has only \"prod\", \"test\""));
}
