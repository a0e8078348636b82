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
        "psk",
        "wifiPskValue",
        "jwt",
        "cloud-init",
        "otp",
        "smsOtp",
        "admin_pw",
        "card.pin",
        "snmpCommunity",
        "community",
        "password_hash",
        "hash",
        "pin2",
        "sig",
        "ticket",
        "consoleTicket",
        "vnc",
        "vnc_url",
    ] {
        assert!(is_secret_name(name), "{name}");
    }
    for name in [
        "name",
        "cores",
        "x-contract-number",
        "content-type",
        "accept",
        "url",
        "dateStart",
        "100%",
        "%zz",
        "ping",
        "pinned",
        "mappings",
        "path",
        "design",
        "hotplug",
        "hashtag",
        "communities",
        "option",
        "ticketing",
    ] {
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
fn a_secret_is_found_in_html_and_in_nested_escapes() {
    let secret = r#"p@ss "w0rd/ü<&>'+x\y"#;
    for text in [
        r#"p@ss &quot;w0rd/ü&lt;&amp;&gt;&#39;+x\y"#,
        r#"p@ss &#34;w0rd/&uuml;&#x3C;&#x26;&gt;&apos;+x\y"#,
        r#"p@ss &amp;quot;w0rd/ü&amp;lt;&amp;amp;&amp;gt;&amp;#39;+x\y"#,
        r#"p@ss \u0026quot;w0rd/\u00fc\u0026lt;\u0026amp;\u0026gt;\u0026#39;+x\\y"#,
        r#"p@ss \\\"w0rd/\\u00fc<&>'+x\\\\y"#,
        "p%2540ss%2520%2522w0rd%252F%25C3%25BC%253C%2526%253E%2527%252Bx%255Cy",
        r#"P@SS "W0RD/Ü<&>'+X\Y"#,
        "p@ss \"w0rd/\u{c3}\u{bc}<&>'+x\\y",
        "p@ss \"w0rd/\u{fffd}<&>'+x\\y",
        "p@ss &quo",
        "p@ss \"w0rd/ü&#6",
    ] {
        assert_eq!(redact_known(&format!("you sent {text}"), &[secret]), "you sent [redacted]", "{text}");
    }
    for text in ["p@ss &quot w0rd", "p@ss &;w0rd", "p@ss &unknown reference;", "p@ss &#xffffffff;", "p%25%25"] {
        assert_eq!(redact_known(text, &[secret]), text);
    }
}

#[test]
fn a_secret_with_html_json_or_url_escapes_is_found_after_percent_encoding() {
    let secret = r#"p@ss "w0rd/ü<&>'"#;
    for text in [
        "id=p%40ss%20%26quot%3Bw0rd/%C3%BC%26lt%3B%26amp%3B%26gt%3B%26%23x27%3B",
        "id=p%40ss%20%5C%22w0rd/%5Cu00fc%3C%26%3E%27",
        "id=p%2540ss%2B%2522w0rd%252F%25C3%25BC%253C%2526%253E%2527",
        "id=p%252540ss%252520%252522w0rd%25252F%2525C3%2525BC%25253C%252526%25253E%252527",
    ] {
        assert_eq!(redact_known(text, &[secret]), "id=[redacted]", "{text}");
    }
    let with_break = "x%0A%1Bp%40ss%20%26quot%3Bw0rd/%C3%BC%26lt%3B%26amp%3B%26gt%3B%26%2339%3B";
    assert_eq!(redact_known(with_break, &[secret]), "x  [redacted]");
    // A text without the secret is not decoded.
    for text in ["id=p%40ss%20%26quot%3Bword", "a%20b%2520c%", "%"] {
        assert_eq!(redact_known(text, &[secret]), text);
    }
}

#[test]
fn a_secret_is_found_even_if_the_text_has_hidden_characters_inside_it() {
    for hidden in ["\0", "\u{200b}", "\u{1b}", "\r\n", r"\u0000", r"\n", "%00", "%E2%80%8B", "&#8203;", "&amp;#0;"] {
        for text in
            [format!("pla{hidden}nted-1"), format!("p{hidden}{hidden}lanted-{hidden}1"), format!("pl{hidden}ante")]
        {
            assert_eq!(redact_known(&format!("a {text}"), &["planted-1"]), "a [redacted]", "{text:?}");
        }
        let short = format!("hun{hidden}ter2 x");
        assert_eq!(redact_known(&short, &["hunter2"]), "[redacted] x", "{short:?}");
    }
    assert_eq!(redact_known("pla nted-1", &["planted-1"]), "pla nted-1");
}

#[test]
fn a_credential_in_base64_is_found_in_both_alphabets_and_without_padding() {
    let secret = "bWU6cD9+Pz4/cGxhbnRlZA==";
    for text in [
        "bWU6cD9+Pz4/cGxhbnRlZA==",
        "bWU6cD9-Pz4_cGxhbnRlZA==",
        "bWU6cD9-Pz4_cGxhbnRlZA",
        "bWU6cD9%2BPz4%2FcGxhbnRlZA%3D%3D",
        "bWU6cD9&#43;Pz4&#x2f;cGxhbnRlZA=",
    ] {
        assert_eq!(redact_known(&format!("x {text}, y"), &[secret]), "x [redacted], y", "{text}");
    }
    assert_eq!(redact_known("x bWU6cD9-Pz4_cGxhbnRlZX y", &[secret]), "x bWU6cD9-Pz4_cGxhbnRlZX y");
}

#[test]
fn the_secrets_of_a_header_are_its_credential_and_its_password() {
    for (value, secrets) in [
        ("Bearer planted", &["planted"][..]),
        ("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", &["QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "open sesame"]),
        ("basic QWxhZGRpbjpvcGVuIHNlc2FtZQ", &["QWxhZGRpbjpvcGVuIHNlc2FtZQ", "open sesame"]),
        ("Basic bWU6Pj4-Pz8_", &["bWU6Pj4-Pz8_", ">>>???"]),
        ("Basic bWU6", &["bWU6"]),
        ("", &[]),
    ] {
        assert_eq!(authorization_secrets(value), secrets, "{value}");
    }
}

#[test]
fn a_text_of_many_escapes_is_redacted_fast() {
    // If the search for the end of an escape were unbounded, each of these texts would take minutes.
    for unit in ["&", "%25", r"\", "&amp;", "a\0", "%"] {
        let text = unit.repeat(60_000);
        assert_eq!(redact_known(&text, &["planted-1"]), text);
    }
}

#[test]
fn the_longest_of_several_matching_secrets_is_replaced_and_an_empty_secret_is_ignored() {
    assert_eq!(redact_known("abcdefgh abcdefghij", &["", "abcdefgh", "abcdefghij"]), "[redacted] [redacted]");
    assert_eq!(redact_known("", &["", "abcd"]), "");
}

#[test]
fn a_short_secret_is_replaced_only_as_a_whole_word_and_a_very_short_one_only_as_the_whole_text() {
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
fn only_secrets_with_a_known_form_are_replaced_in_a_message() {
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
        // Words after `Bearer` or `Basic` in a URL, and a password in a URL.
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

#[test]
fn the_ticket_of_a_remote_console_is_redacted_in_a_url() {
    for (text, expected) in [
        (
            "GET https://console.example/?ticket=planted&port=5900",
            "GET https://console.example/?ticket=[redacted]&port=5900",
        ),
        ("https://console.example/vm#ticket=planted", "https://console.example/vm#ticket=[redacted]"),
    ] {
        assert_eq!(redact_parameters(text), expected);
    }
}
