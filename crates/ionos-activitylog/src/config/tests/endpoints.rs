//! The address and certificates that the YAML file sets for this product.

use super::*;

/// A file with the given environments, and with a profile "p" that names the environment "live".
fn in_profile(environments: &str) -> String {
    format!(
        "currentProfile: p\nprofiles: [{{name: p, environment: live, credentials: {{token: t}}}}]\nenvironments: {environments}\n"
    )
}

fn pem(name: &str) -> String {
    format!("-----BEGIN CERTIFICATE----- {name}")
}

#[test]
fn the_endpoint_of_this_product_is_selected() {
    let product = |name: &str, endpoints: &str| {
        in_profile(&format!(
            "[{{name: other, products: [{{name: activitylog, endpoints: [{{name: wrong.example}}]}}]}}, \
              {{name: live, products: [{{name: dns, endpoints: [{{name: wrong.example}}]}}, {{name: {name}, endpoints: {endpoints}}}]}}]"
        ))
    };
    let cases = [
        (product("activitylog", "[{name: a.example}]"), Some("a.example")),
        (product("' ActivityLog '", "[{name: a.example}]"), Some("a.example")),
        (product("activity-log", "[{name: a.example}]"), Some("a.example")),
        (product("auditlog", "[{name: a.example}]"), None),
        (product("activitylog", "[{name: 'https://a.example:8443/activitylog/v1'}]"), Some("https://a.example:8443")),
        (product("activitylog", "[{name: a.example, location: de/fra}]"), Some("a.example")),
        (
            product("activitylog", "[{name: de.example, location: de/fra}, {name: a.example}, {name: b.example}]"),
            Some("a.example"),
        ),
        (
            product("activitylog", "[{name: de.example, location: de/fra}, {name: a.example, location: Global}]"),
            Some("a.example"),
        ),
        (product("activitylog", "[{name: a.example, skipTlsVerify: false}]"), Some("a.example")),
    ];
    for (text, address) in cases {
        let resolved = machine().file(SDK, &text).resolve();
        assert_eq!(resolved.base_url.as_deref(), address, "{text}");
    }
}

#[test]
fn the_product_name_activitylog_takes_precedence_over_activity_log() {
    let text = "environments:
      - {name: a, products: [{name: activity-log, endpoints: [{name: second.example}]}]}
      - {name: b, products: [{name: activitylog, endpoints: [{name: first.example}]}]}";
    let resolved = machine().file(SDK, text).resolve();
    assert_eq!(resolved.base_url.as_deref(), Some("first.example"));
}

#[test]
fn if_no_environment_is_selected_the_first_environment_with_this_product_is_used() {
    let environments = "environments:
  - {name: one, products: [{name: dns, endpoints: [{name: wrong.example}]}]}
  - {name: two, products: [{name: activitylog, endpoints: [{name: two.example}]}]}
  - {name: three, products: [{name: activitylog, endpoints: [{name: three.example}]}]}
";
    let no_environment = "currentProfile: p\nprofiles: [{name: p, environment: ''}]\n";
    for begin in ["", no_environment] {
        let text = format!("{begin}{environments}");
        let resolved = machine().file(SDK, &text).resolve();
        assert_eq!(resolved.base_url.as_deref(), Some("two.example"));
    }
}

#[test]
fn an_environment_must_have_exactly_the_name_that_the_profile_gives() {
    assert_eq!(
        machine().file(SDK, &in_profile("[{name: Live}, {name: test}]")).refusal(),
        "/home/u/.ionos/config has no environment \"live\", which profile \"p\" names (did you mean \"Live\"?); environments in the file: \"Live\", \"test\": correct the profile, or add the environment"
    );
}

#[test]
fn certificates_of_the_endpoint_override_those_of_the_environment() {
    let (own, shared) = (pem("own"), pem("shared"));
    let file = |environment: &str, endpoint: &str| {
        in_profile(&format!(
            "[{{name: live, certificateAuthData: '{environment}', products: [{{name: activitylog, endpoints: [{{name: a.example, certificateAuthData: '{endpoint}'}}]}}]}}]"
        ))
    };
    let elsewhere = "http://127.0.0.1:1";
    let cases = [
        (file(&shared, &own), None, Some(&own)),
        (file(&shared, " "), None, Some(&shared)),
        (file("", &own), None, Some(&own)),
        (file("", ""), None, None),
        // If another source sets the address, the endpoint is ignored.
        (file(&shared, &own), Some(elsewhere), Some(&shared)),
        (file("", &own), Some(elsewhere), None),
        (in_profile(&format!("[{{name: live, certificateAuthData: '{shared}'}}]")), None, Some(&shared)),
        (format!("environments: [{{name: live, certificateAuthData: '{shared}'}}]"), None, None),
    ];
    for (text, address, certificates) in cases {
        let machine = machine().file(SDK, &text).set("IONOS_API_URL", address.unwrap_or_default());
        let resolved = machine.resolve();
        assert_eq!(resolved.root_certificates.as_ref(), certificates, "{text}");
    }
    let of_program = Options { root_certificates: Some(pem("program")), ..Options::default() };
    let resolved = resolve(of_program, &machine().file(SDK, &file(&shared, &own))).unwrap();
    assert_eq!(resolved.root_certificates, Some(pem("program")));
    assert_eq!(
        resolved.settings[4].to_string(),
        "root certificates: 1 certificate in addition to the platform's (set in the program)"
    );
}

#[test]
fn skipping_tls_verification_is_an_error() {
    let file = |value: &str| {
        in_profile(&format!(
            "[{{name: live, products: [{{name: activitylog, endpoints: [{{name: a.example, skipTlsVerify: {value}}}, {{name: b.example, skipTlsVerify: true}}]}}]}}]"
        ))
    };
    for yes in ["true", "True", "yes", "on", "'true'", "1"] {
        let error = machine().file(SDK, &file(yes)).refusal();
        assert_eq!(
            error,
            "/home/u/.ionos/config sets skipTlsVerify for this product, but this client always verifies \
             certificates: remove it, and put the trusted certificate into certificateAuthData, or its SHA-256 \
             fingerprint into IONOS_PINNED_CERT"
        );
    }
    // skipTlsVerify is ignored for other endpoints, and for the selected one if another source sets the address.
    for no in ["false", "no", "''", "~"] {
        machine().file(SDK, &file(no)).resolve();
    }
    machine().file(SDK, &file("true")).set("IONOS_API_URL", "c.example").resolve();
}
