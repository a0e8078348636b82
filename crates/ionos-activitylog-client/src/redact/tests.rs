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
    assert_eq!(redact_known("abcd abcdef", &["", "abcd", "abcdef"]), "[redacted] [redacted]");
    assert_eq!(redact_known("", &["", "abcd"]), "");
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
