//! No output contains a token, a password or the text of a certificate. (Tests of errors and of tracing spans check
//! this for each message and span.)

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::fs;
use std::sync::Arc;

use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::{
    AccessToken, Client, ClientBuilder, ContractNumber, DateRange, Error, EventId, Filter, Length, Moment, TokenFile,
    TokenFuture, TokenProvider,
};
use ionos_activitylog_sim::Simulator;
use syn::{Item, Visibility};
use xtask::workspace;

use crate::structure::public_api::sources;
use crate::support::scripted::{ScriptedTransport, TOKEN, answer};
use crate::support::snapshot;

const PASSWORD: &str = "planted-password-0815";
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nplanted-certificate\n-----END CERTIFICATE-----\n";

/// Public types of the facade that may contain a secret, or text that the service sent. The tests below check each of
/// them.
const MAY_HOLD: [&str; 12] = [
    "AccessToken",
    "Client",
    "ClientBuilder",
    "CloudRequest",
    "Error",
    "Events",
    "Finding",
    "Meta",
    "Probe",
    "Response",
    "Setting",
    "VendorMessage",
];

/// Public types that contain no secret: numbers, times, names, records of the log, paths.
const HOLD_NONE: [&str; 67] = [
    "Action",
    "ActionName",
    "Chain",
    "Checkpoint",
    "Claims",
    "Clock",
    "Contract",
    "ContractNumber",
    "ContractWindow",
    "CrossCheck",
    "ContractsInOrder",
    "ContractsStream",
    "DateFractions",
    "DateRange",
    "Details",
    "ErrorKind",
    "Event",
    "EventError",
    "EventErrorMessage",
    "EventId",
    "EventMultiset",
    "EventStream",
    "EventType",
    "ExtraRequests",
    "Filter",
    "FilterCounts",
    "FilterKey",
    "Fold",
    "Gap",
    "GapReason",
    "HitOrder",
    "Info",
    "Issue",
    "Length",
    "Moment",
    "OpClass",
    "OperationIds",
    "OperationOutcome",
    "Origin",
    "Outcome",
    "Page",
    "PageSize",
    "PageStream",
    "Pattern",
    "Principal",
    "Proof",
    "QueueRequests",
    "RangeSet",
    "Resource",
    "ResourceType",
    "RetryPolicy",
    "RetryPolicyBuilder",
    "ServiceName",
    "ServiceProfile",
    "Sleep",
    "Status",
    "Summary",
    "SystemClock",
    "TokenFile",
    "TokenFuture",
    "Total",
    "UndatedEvents",
    "UnreadableRecord",
    "TotalShape",
    "VirtualClock",
    "Window",
    "WindowStream",
];

#[test]
fn every_public_type_is_classified() {
    let mut files = Vec::new();
    sources(&workspace::root().join("crates/ionos-activitylog/src"), &mut files);
    let mut found = BTreeSet::new();
    for file in files {
        for item in syn::parse_file(&fs::read_to_string(file).unwrap()).unwrap().items {
            let (visibility, name) = match item {
                Item::Struct(item) => (item.vis, item.ident),
                Item::Enum(item) => (item.vis, item.ident),
                Item::Type(item) => (item.vis, item.ident),
                _ => continue,
            };
            if matches!(visibility, Visibility::Public(_)) {
                found.insert(name.to_string());
            }
        }
    }
    let known: BTreeSet<String> = MAY_HOLD.iter().chain(&HOLD_NONE).map(|name| (*name).to_owned()).collect();
    let unknown: Vec<_> = found.difference(&known).collect();
    assert!(unknown.is_empty(), "add each to MAY_HOLD or HOLD_NONE: {unknown:?}");
    assert!(MAY_HOLD.iter().all(|name| found.contains(*name)), "{found:?}");
}

fn assert_hidden(shown: &str) {
    for secret in ["planted", TOKEN, PASSWORD, CERTIFICATE] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

fn assert_hidden_in_debug(value: &dyn Debug) {
    assert_hidden(&format!("{value:?} {value:#?}"));
}

fn assert_hidden_everywhere(value: &(impl Debug + Display)) {
    assert_hidden_in_debug(value);
    assert_hidden(&value.to_string());
}

struct FailingProvider;

impl TokenProvider for FailingProvider {
    fn token(&self) -> TokenFuture<'_> {
        Box::pin(async { Err(format!("the vault said {TOKEN}").into()) })
    }
}

fn builders() -> Vec<ClientBuilder> {
    vec![
        Client::builder().token(TOKEN).base_url(format!("https://me:{PASSWORD}@example.com")),
        Client::builder().token(TOKEN),
        Client::builder().username_and_password("jane", PASSWORD),
        Client::builder().token_provider(Arc::new(FailingProvider)),
        Client::builder().token(TOKEN).root_certificate(CERTIFICATE),
        Client::builder().token(TOKEN).pinned_certificate("planted"),
        Client::builder().token(format!("{TOKEN} planted")),
        Client::builder().username_and_password("planted:jane", PASSWORD),
        Client::builder().token(TOKEN).base_url(format!("https://exa mple.com?key={TOKEN}")),
    ]
}

#[test]
fn clients_builders_settings_and_their_errors_contain_no_secret() {
    let mut built = 0;
    for builder in builders() {
        assert_hidden_in_debug(&builder);
        match builder.settings() {
            Ok(settings) => settings.iter().for_each(assert_hidden_everywhere),
            Err(error) => assert_hidden_everywhere(&error),
        }
        match builder.build() {
            Ok(client) => {
                built += 1;
                assert_hidden_in_debug(&client);
                assert_hidden_in_debug(&client.claims());
                client.settings().iter().for_each(assert_hidden_everywhere);
                let range = DateRange::day("2026-11-20".parse().unwrap(), &chrono::Utc).unwrap();
                assert_hidden_in_debug(&client.events(1.into(), range));
            }
            Err(error) => assert_hidden_everywhere(&error),
        }
    }
    assert_eq!(built, 3, "the builders with only a token, a password or a provider are valid");
    assert_hidden_everywhere(&AccessToken::new(TOKEN).unwrap());
    assert_hidden_in_debug(&TokenFile::new("/some/token"));
    assert_hidden_in_debug(&Simulator::builder().token(TOKEN).build());
}

/// Values that are pasted in the wrong place.
const MISPLACED: [&str; 3] = [
    "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJwbGFudGVkIn0planted.c2lnbmF0dXJl",
    "https://jane:planted@api.example.com",
    "jane:planted@api.example.com",
];

#[test]
fn errors_for_invalid_values_contain_no_secret() {
    let now = chrono::Utc::now();
    for value in MISPLACED {
        let errors: Vec<(&str, Option<Error>)> = vec![
            ("contract", value.parse::<ContractNumber>().err()),
            ("moment", value.parse::<Moment>().err()),
            ("moment with a day", format!("2026-11-20{value}").parse::<Moment>().err()),
            ("length", value.parse::<Length>().err()),
            ("length with a number", format!("7{value}").parse::<Length>().err()),
            ("range", DateRange::parse(value, now).err()),
            ("end of a range", DateRange::parse(&format!("2026-11-20..{value}"), now).err()),
            ("filter", value.parse::<Filter>().err()),
            ("key of a filter", format!("{value}=x").parse::<Filter>().err()),
            ("network", format!("ip={value}").parse::<Filter>().err()),
            ("outcome", format!("outcome={value}").parse::<Filter>().err()),
            ("quoted value", format!("user=\"{value}").parse::<Filter>().err()),
            ("expression", format!("text=({value}").parse::<Filter>().err()),
            ("event id", value.parse::<EventId>().err()),
            ("address", Client::builder().token(TOKEN).base_url(value).build().err()),
            ("profile", Client::builder().token(TOKEN).profile(value).build().err()),
            ("certificate", Client::builder().token(TOKEN).pinned_certificate(value).build().err()),
        ];
        for (name, error) in errors {
            let error = error.unwrap_or_else(|| panic!("{name} accepts {value}"));
            assert_hidden_everywhere(&error);
        }
    }
}

#[tokio::test]
async fn answers_and_errors_contain_no_secret_that_the_service_repeats() {
    let body = format!(r#"{{"messages":[{{"errorCode":"{TOKEN}","message":"{PASSWORD}"}}]}}"#);
    let basic = format!(r#"{{"messages":[{{"message":"{PASSWORD}"}}]}}"#);
    let scripted = ScriptedTransport::new([answer(403, body.replace(PASSWORD, TOKEN)), answer(403, basic)]);
    let clock = Arc::new(VirtualClock::starting_at("2026-11-20T12:00:00Z".parse().unwrap()));
    let errors: [Error; 3] = [
        Client::builder().token(TOKEN).transport(scripted.clone()).build().unwrap().info().await.unwrap_err(),
        Client::builder()
            .username_and_password("jane", PASSWORD)
            .transport(scripted.clone())
            .build()
            .unwrap()
            .info()
            .await
            .unwrap_err(),
        Client::builder()
            .token_provider(Arc::new(FailingProvider))
            .transport(scripted)
            .clock(clock)
            .build()
            .unwrap()
            .info()
            .await
            .unwrap_err(),
    ];
    let mut good = answer(200, "{}");
    good.headers_mut().insert("set-cookie", "session=planted".parse().unwrap());
    let (_, client) = ScriptedTransport::client([good]);
    let info = client.info().await.unwrap();
    assert_hidden_in_debug(&info);
    assert!(format!("{:?}", info.meta()).contains("set-cookie"));
    for error in &errors {
        assert_hidden_everywhere(error);
        let sources = std::iter::successors(std::error::Error::source(error), |error| error.source());
        sources.for_each(|source| assert_hidden(&format!("{source} {source:?}")));
        assert_hidden_in_debug(&error.messages());
        error.messages().iter().for_each(assert_hidden_everywhere);
        assert_hidden(error.body_snippet().unwrap_or_default());
    }
}

/// The Cloud API returns a request with its whole body, which may contain secrets.
#[tokio::test]
async fn a_cloud_request_contains_no_secret() {
    let body = format!(
        r#"{{"properties":{{"headers":{{"authorization":"planted","x-note":"{TOKEN}"}},
            "body":"{{\"imagePassword\":\"{PASSWORD}\",\"name\":\"{TOKEN}\"}}"}}}}"#
    );
    let (_, client) = ScriptedTransport::client([answer(200, body)]);
    let request = client.cloud_request("r-1").await.unwrap();
    assert_hidden_in_debug(&request);
    assert_hidden(request.json());
    assert_hidden(&request.body().unwrap());
    assert_eq!(request.field("/properties/headers"), Some(r#"{"authorization":"[redacted]","x-note":"[redacted]"}"#));
}

#[tokio::test]
async fn a_probe_contains_no_secret_that_the_service_repeats() {
    let hit = |id: &str| format!(r#"{{"_source":{{"@uuid":"{id}","meta":{{"time":"2026-11-20T12:00:00.5Z"}}}}}}"#);
    let hits = [hit("a"), hit("b")].join(",");
    let page = format!(r#"{{"hits":{{"total":2,"hits":[{hits}]}}}}"#);
    let refusal = || answer(403, format!(r#"{{"messages":[{{"message":"{TOKEN}"}}]}}"#));
    let answers = [answer(200, page)].into_iter();
    let (_, client) = ScriptedTransport::client(answers.chain((0..10).map(|_| refusal())));
    let probe = client.probe(&1.into()).await.unwrap();
    let told = |text: &str| probe.findings.iter().any(|one| one.observation.contains(text));
    assert!(told("the measurement failed") && told("[redacted]"), "{probe:?}");
    assert_hidden_in_debug(&probe);
    probe.findings.iter().for_each(|one| assert_hidden_in_debug(one));
}

#[test]
fn no_snapshot_contains_a_secret() {
    for (path, text) in snapshot::all() {
        for secret in [TOKEN, PASSWORD, "planted-certificate", "planted-token"] {
            assert!(!text.contains(secret), "{}", path.display());
        }
    }
}

#[tokio::test]
async fn a_request_id_or_a_contract_that_repeats_a_secret_is_hidden() {
    let mut refused = answer(403, "");
    refused.headers_mut().insert("x-request-id", TOKEN.parse().unwrap());
    let mut good = answer(200, "{}");
    good.headers_mut().insert("x-request-id", TOKEN.parse().unwrap());
    let entry = answer(200, format!(r#"[{{"id":"{TOKEN}"}}]"#));
    let (_, client) = ScriptedTransport::client([refused, entry, good]);
    let error = client.contracts().await.unwrap_err();
    assert_eq!(error.request_id(), None);
    assert_hidden_everywhere(&error);
    assert_hidden_everywhere(&client.contracts().await.unwrap_err());
    assert_eq!(client.info().await.unwrap().meta().request_id(), None);
}
