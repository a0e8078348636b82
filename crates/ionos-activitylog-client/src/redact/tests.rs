use super::*;

#[test]
fn a_name_with_a_secret_part_is_secret() {
    for name in [
        "Authorization",
        "proxy-authorization",
        "set-cookie",
        "imagePassword",
        "ssh_keys",
        "API-Key",
        "userData",
        "x-auth-token",
        "x-amz-security-token",
        "client-secret",
        "author",
        "to%6Ben",
        "%70%41ss",
    ] {
        assert!(is_secret_name(name), "{name}");
    }
    for name in ["name", "cores", "x-contract-number", "content-type", "accept", "url", "dateStart", "100%", "%zz"] {
        assert!(!is_secret_name(name), "{name}");
    }
}

#[test]
fn a_known_secret_is_found_in_every_spelling() {
    let cases = [
        ("a/b+c.4711", "[redacted]"),
        (r#"{"t":"a\/b+c.4711"}"#, r#"{"t":"[redacted]"}"#),
        (r"a\u002fb\u002Bc.4711 a%2Fb%2bc.4711", "[redacted] [redacted]"),
        ("x=%61/b+c%2e4711&y=1", "x=[redacted]&y=1"),
        ("aa/b+c.4711a/b", "a[redacted]a/b"),
        ("cut off: a/b+", "cut off: [redacted]"),
        ("cut off: a/b+c%2", "cut off: [redacted]"),
        (r"cut off: a/b+\u00", "cut off: [redacted]"),
        ("cut off: a/b", "cut off: a/b"),
        ("a/b+c.4712 äa/b", "a/b+c.4712 äa/b"),
        (r"\u00 % \u00zz %z", r"\u00 % \u00zz %z"),
    ];
    for (text, expected) in cases {
        assert_eq!(redact_known(text, &["a/b+c.4711"]), expected, "{text}");
    }
}

#[test]
fn a_password_of_any_characters_is_found() {
    let secret = r#"pä\\ss "😀"#;
    for text in [
        secret,
        r#"pä\\\\ss \"😀"#,
        r#"p\u00e4\\\\ss \"\ud83d\uDE00"#,
        "p%C3%A4%5c%5Css+%22%F0%9F%98%80",
        r#"pä\\ss \"\ud83d"#,
    ] {
        assert_eq!(redact_known(text, &[secret]), "[redacted]", "{text}");
    }
    for text in ["é%", "p%C3", "pä"] {
        assert_eq!(redact_known(text, &[secret]), text);
    }
}

#[test]
fn the_longest_of_several_known_secrets_is_replaced_and_an_empty_one_is_ignored() {
    assert_eq!(redact_known("abcdefgh abcdefghij", &["", "abcdefgh", "abcdefghij"]), "[redacted] [redacted]");
    assert_eq!(redact_known("", &["", "abcd"]), "");
}

#[test]
fn a_short_secret_is_replaced_only_as_a_whole_word_and_a_very_short_one_as_the_whole_text() {
    let line = "GET /activitylog/v1/contracts/1?dateStart=2026-11-19&limit=1&limit=t&x=abc: you sent t, abc and 1";
    for secret in ["1", "t", "abc", "contr", "tivity"] {
        assert_eq!(redact_known(line, &[secret]), line, "{secret}");
        assert_eq!(redact_known(&format!(" {secret} "), &[secret]), REDACTED);
        assert_eq!(redact_known(&secret.replace('t', "%74").replace('1', r"\u0031"), &[secret]), REDACTED);
    }
    for (text, expected) in [
        ("/v1/hunter2/x?a=hunter2&b=1", "/v1/[redacted]/x?a=[redacted]&b=1"),
        (r#"{"m":"a\nhunter2%2Fhunter2","n":"hunt"#, r#"{"m":"a\n[redacted]%2F[redacted]","n":"[redacted]"#),
        ("ahunter2 hunter2a", "ahunter2 hunter2a"),
    ] {
        assert_eq!(redact_known(text, &["hunter2"]), expected);
    }
    assert_eq!(redact_known("?x=abcdefgh&limit=1", &["abcdefgh", "1"]), "?x=[redacted]&limit=1");
}

#[test]
fn only_secrets_that_their_form_shows_are_replaced_in_a_message() {
    let cases = [
        ("the token: expired, password: unset, Basic authentication", None),
        ("no \"--x=Bearer planted0123456789\": see", Some("no \"--x=Bearer [redacted] see")),
        ("music/HeyJude.csv", None),
        ("https://a.example/b@c", None),
        ("\"eyJplanted.e.s\" is not a date", Some("\"[redacted]\" is not a date")),
        (r"a\neyJplanted.planted.planted b", Some(r"a\n[redacted] b")),
        ("resume with `ialog --out eyJplanted`", Some("resume with `ialog --out [redacted]`")),
        (
            "\"https://u:planted@a\" and https://planted@b/c",
            Some("\"https://[redacted]@a\" and https://[redacted]@b/c"),
        ),
        ("\"jane:planted@a\", jane@b.example: c", Some("\"[redacted]@a\", jane@b.example: c")),
        ("2026-11-20T12:00:00Z at https://a.example:8443/b, [::1]:80 and @1795132800", None),
        ("x -----BEGIN PRIVATE KEY-----planted", Some("[redacted]")),
    ];
    for (text, expected) in cases {
        assert_eq!(redact_secret_forms(text), expected.unwrap_or(text));
    }
}

#[test]
fn a_value_that_may_be_a_secret_is_not_shown() {
    for value in [
        "eyJhbGciOiJIUzI1NiJ9.planted.c2ln",
        "Bearer planted",
        "token=planted",
        "jane:planted@a.example",
        "https://jane:planted@a.example/b",
        "planted0123456789ABCDEFGHIJKLMNO",
        "0123456789abcdef0123456789abcdef",
        "AKIA/planted+0123456789ABCDEFGHIJKLMNO==",
    ] {
        assert_eq!(redact_value(value), REDACTED, "{value}");
    }
    for value in [
        "",
        "31721060",
        "123456789012345678901234567890123456789",
        "2026-11-20T00:00:00+01:00..2026-11-21T00:00:00.123Z",
        "a-long-name-without-any-digit-in-it",
        "https://a.example:8443/b",
        "jane@example.com",
        "/home/jane/Documents2026/ionos/config",
        "Europe/Berlin",
        "user=jane",
    ] {
        assert_eq!(redact_value(value), value);
    }
}

#[test]
fn text_that_looks_like_a_credential_is_replaced_and_the_rest_is_kept() {
    let cases = [
        ("", ""),
        ("  two  words\n", "  two  words\n"),
        ("dateStart=2026-11-19T00:00:00Z&limit=5", "dateStart=2026-11-19T00:00:00Z&limit=5"),
        ("-----BEGIN PRIVATE KEY-----planted", "[redacted]"),
        // JSON Web Tokens.
        ("a eyJplanted.e.s, b", "a [redacted], b"),
        ("/eyJplanted.eyJi.c-d_e/f", "/[redacted]"),
        ("x=eyJplanted&y=1", "x=[redacted]&y=1"),
        (r#"{"a":"eyJplanted.b+c/d=="}"#, r#"{"a":"[redacted]"}"#),
        // Words after a scheme or a secret name.
        ("Basic planted==", "Basic [redacted]"),
        ("x, bearer  planted.def, y", "x, bearer  [redacted] y"),
        ("Bearer planted Basic planted", "Bearer [redacted] Basic [redacted]"),
        ("authorization: Bearer planted", "authorization: [redacted] [redacted]"),
        ("\"x=Bearer planted", "\"x=Bearer [redacted]"),
        ("Bearer ", "Bearer "),
        ("bearer", "bearer"),
        ("with token: planted at https://a/b:1", "with token: [redacted] at https://a/b:1"),
        ("password= planted", "password= [redacted]"),
        // The same in a URL.
        ("x=Bearer%20planted&y=1", "x=Bearer%20[redacted]&y=1"),
        ("x=BEARER+planted&y=basic%20planted", "x=BEARER+[redacted]&y=basic%20[redacted]"),
        ("x=Bearer%20 planted", "x=Bearer%20 [redacted]"),
        ("https://u:planted@a.example/b", "https://[redacted]@a.example/b"),
        // Parameters and members.
        ("api_key=planted&x=2", "api_key=[redacted]&x=2"),
        ("x=2&Password=planted=b,planted", "x=2&Password=[redacted]"),
        ("to%6Ben=planted&token=&x", "to%6Ben=[redacted]&token=&x"),
        ("https://example.com/?secret=planted;x=2", "https://example.com/?secret=[redacted];x=2"),
        (r#"{"password":"planted","b":1}"#, r#"{"password":[redacted],"b":1}"#),
    ];
    for (text, expected) in cases {
        let redacted = redact_credentials(text);
        assert_eq!(redacted, expected, "{text}");
        assert!(!redacted.contains("planted"), "{text}");
    }
}

#[test]
fn a_parameter_may_contain_white_space() {
    assert_eq!(redact_parameters("a=1&password=two planted words;b=2"), "a=1&password=[redacted];b=2");
}
