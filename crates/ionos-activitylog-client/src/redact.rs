//! Not part of the API: the redaction shared by the client library, the simulator and the command line.
//!
//! A secret is found in three ways: by the name of its header, parameter or member ([`is_secret_name`]), by its form
//! ([`redact_credentials`], and [`redact_secret_forms`] for messages), and by its value where the value is known
//! ([`redact_known`]). [`redact_value`] hides the value of a setting if the value may be a secret that was typed in the
//! wrong place. All callers use the same names of secrets, and a doubtful text counts as a secret.

mod known;
mod spelling;
mod xml;

pub use known::{authorization_secrets, redact_known};
pub use spelling::is_unsafe_for_terminal;

use xml::{OpenElement, redact_elements};

/// The text shown in place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Parts of names of secrets, in lower case and without separators between words. A name that contains one of these
/// parts is the name of a secret.
const SECRET_NAME_PARTS: [&str; 18] = [
    "auth",
    "bearer",
    "cloudinit",
    "cookie",
    "credential",
    "jwt",
    "kubeconfig",
    "key",
    "pass",
    "privat",
    "psk",
    "pwd",
    "secret",
    "session",
    "signature",
    "ssh",
    "token",
    "userdata",
];

/// Words of names of secrets, in lower case. A name with one of these words is the name of a secret. Only a whole word
/// of the name counts, because a harmless word may contain a secret word: for example, `ping` contains `pin`. The
/// ticket of a remote console and the address of its VNC server open the console without another password.
const SECRET_NAME_WORDS: [&str; 11] =
    ["community", "hash", "mfa", "otp", "pat", "pin", "pw", "sig", "ticket", "totp", "vnc"];

/// The HTTP authentication schemes that are followed by a credential.
const SCHEMES: [&str; 2] = ["basic", "bearer"];

/// The encodings of the space between a scheme and its credential in a URL.
const ENCODED_SPACES: [&str; 2] = ["%20", "+"];

/// The separators between the parameters of a query or form.
const PARAMETER_SEPARATORS: [char; 3] = ['?', '&', ';'];

/// The separators between the members of JSON, a query, a form or a list.
const MEMBER_SEPARATORS: [char; 9] = ['?', '&', '#', ';', ',', '{', '}', '[', ']'];

/// Minimum length in bytes for a word of letters and digits to count as a possible token: the length of 24 random bytes
/// in base64.
const MIN_OPAQUE_BYTES: usize = 32;

/// Minimum length in bytes of a JSON Web Token that directly follows a letter. A shorter text is part of a word, such
/// as `HeyJude`: the header of a token alone has more bytes.
const MIN_WEB_TOKEN_BYTES: usize = 24;

/// Minimum length in bytes of a word that is redacted in a message because it follows an authentication scheme.
const MIN_SCHEME_VALUE_BYTES: usize = 16;

/// Whether a header, parameter or member of this name may hold a secret, such as `Authorization`, `imagePassword` or
/// `api_key`. A name is secret if it contains a secret part, such as `pass`, whatever its case, separators and
/// percent-encoding. A name is also secret if one of its words is a secret word, such as `pw` in `admin_pw`.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let has_part = |name: &str| {
        let joined: String = name.chars().flat_map(char::to_lowercase).filter(|char| char.is_alphanumeric()).collect();
        SECRET_NAME_PARTS.iter().any(|part| joined.contains(part)) || has_secret_word(name)
    };
    has_part(name) || name.contains('%') && has_part(&percent_decoded(name))
}

/// Whether one of the words of a name is a secret word. A word ends at a separator, at a digit, and before a capital
/// letter that follows a small one.
fn has_secret_word(name: &str) -> bool {
    let mut words = String::with_capacity(name.len());
    let mut follows_small = false;
    for char in name.chars() {
        if follows_small && char.is_uppercase() {
            words.push(' ');
        }
        words.push(char);
        follows_small = char.is_lowercase();
    }
    let is_secret = |word: &str| SECRET_NAME_WORDS.iter().any(|secret| word.eq_ignore_ascii_case(secret));
    words.split(|char: char| !char.is_alphabetic()).any(is_secret)
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *first == b'%');
        let decoded = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(decoded.unwrap_or(*first));
        rest = after.get(if decoded.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Replaces text that looks like a credential: private keys, JSON Web Tokens, user and password of URLs, the values of
/// secret parameters, members and XML elements, and the word after an authentication scheme or after a secret name with
/// `:` or `=`.
#[must_use]
pub fn redact_credentials(text: &str) -> String {
    if text.contains("PRIVATE KEY-----") {
        return REDACTED.to_owned();
    }
    let text = redact_elements(text, OpenElement::Redact);
    if !may_contain_credential(&text) {
        return text.into_owned();
    }
    let text = redact_users(&redact_web_tokens(&text));
    let mut redacted = String::with_capacity(text.len());
    let mut secret_follows = false;
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        if !word.is_empty() {
            if secret_follows {
                redacted.push_str(REDACTED);
            } else {
                redacted.push_str(&redact_members(&redact_parameters(&redact_encoded_scheme(word))));
            }
            secret_follows = announces_secret(word);
        }
        redacted.push_str(&piece[word.len()..]);
    }
    redacted
}

/// Redacts text whose form alone shows that it is a secret: private keys, JSON Web Tokens, credentials of an HTTP
/// authentication scheme, secret XML elements that end in the text, and user and password of addresses, with or without
/// `https://`. Meant for messages: the words of a message, such as "the token: ...", do not count as names of secrets.
#[must_use]
pub fn redact_secret_forms(text: &str) -> String {
    if text.contains("PRIVATE KEY-----") {
        return REDACTED.to_owned();
    }
    let text = redact_elements(text, OpenElement::Keep);
    redact_passwords(&redact_users(&redact_web_tokens(&redact_scheme_values(&text))))
}

/// Replaces the word after an authentication scheme if the word is long enough for a credential. In "basic
/// authentication", the second word is too short.
fn redact_scheme_values(text: &str) -> String {
    let is_quote = |c: char| "\"'`".contains(c);
    let mut redacted = String::with_capacity(text.len());
    let mut follows_scheme = false;
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end().trim_matches(is_quote);
        match follows_scheme && word.len() >= MIN_SCHEME_VALUE_BYTES {
            true => redacted.push_str(&piece.replace(word, REDACTED)),
            false => redacted.push_str(piece),
        }
        follows_scheme = announces_secret(word) && !word.ends_with([':', '=']);
    }
    redacted
}

/// Replaces user and password of each word like `user:password@host`, which is an address without `https://`.
fn redact_passwords(text: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || "/?#\"'`<>()".contains(c);
    let words = text.split_inclusive(is_end).map(|piece| {
        let word = piece.trim_end_matches(is_end);
        match word.rsplit_once('@') {
            Some((before, host)) if before.trim_start_matches(':').contains(':') => {
                format!("{REDACTED}@{host}{}", &piece[word.len()..])
            }
            _ => piece.to_owned(),
        }
    });
    words.collect()
}

/// The value of a setting or an argument, for use in a message. [`REDACTED`] if the value may be a secret that was
/// typed in the wrong place: see [`is_secret_value`].
#[must_use]
pub fn redact_value(value: &str) -> &str {
    if is_secret_value(value) { REDACTED } else { value }
}

/// Whether a value may be a secret: it contains a credential (see [`redact_credentials`]) or a password between `:` and
/// `@`, or is a long word of letters and digits, as many tokens are.
#[must_use]
pub fn is_secret_value(value: &str) -> bool {
    let value = value.trim();
    let has_password = value.split_once(':').is_some_and(|(_, rest)| rest.contains('@'));
    has_password || is_opaque_token(value) || redact_credentials(value) != value
}

fn is_opaque_token(value: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_-".contains(&byte);
    value.len() >= MIN_OPAQUE_BYTES
        && value.bytes().all(is_allowed)
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !value.starts_with('/')
}

/// Whether any rule of [`redact_credentials`] may apply. Most texts, such as header values, need no further work.
fn may_contain_credential(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    text.contains('=')
        || text.contains(':')
        || text.contains("eyJ")
        || SCHEMES.iter().any(|scheme| lower.contains(scheme))
}

/// Whether a secret follows `word`: `word` ends with an authentication scheme, or is a secret name with `:` or `=`.
fn announces_secret(word: &str) -> bool {
    if word.strip_suffix([':', '=']).is_some_and(is_secret_name) {
        return true;
    }
    let mut word = word;
    while let Some(rest) = ENCODED_SPACES.iter().find_map(|space| word.strip_suffix(space)) {
        word = rest;
    }
    SCHEMES.iter().any(|scheme| {
        let start = word.len().checked_sub(scheme.len());
        start.and_then(|start| word.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(scheme))
    })
}

/// Replaces JSON Web Tokens. Each begins with `eyJ`, which is `{"` in base64.
fn redact_web_tokens(text: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || "?&;,#\"'`<>(){}[]".contains(c);
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("eyJ") {
        let (before, token) = rest.split_at(start);
        let (token, after) = token.split_at(token.find(is_end).unwrap_or(token.len()));
        let is_word = before.ends_with(|c: char| c.is_alphabetic()) && token.len() < MIN_WEB_TOKEN_BYTES;
        redacted.push_str(before);
        redacted.push_str(if is_word { token } else { REDACTED });
        rest = after;
    }
    redacted + rest
}

/// Replaces the credential after an authentication scheme and an encoded space, such as `abc` in `x=Bearer%20abc`.
fn redact_encoded_scheme(word: &str) -> String {
    if !ENCODED_SPACES.iter().any(|space| word.contains(space)) {
        return word.to_owned();
    }
    let is_end = |c: char| matches!(c, ',' | ';' | '&' | '"' | '\'');
    let lower = word.to_ascii_lowercase();
    let mut redacted = String::with_capacity(word.len());
    let mut place = 0;
    while let Some(start) = SCHEMES
        .iter()
        .flat_map(|scheme| ENCODED_SPACES.map(|space| format!("{scheme}{space}")))
        .filter_map(|start| Some(place + lower[place..].find(&start)? + start.len()))
        .min()
    {
        let length = word[start..].find(is_end).unwrap_or(word.len() - start);
        redacted.push_str(&word[place..start]);
        if length > 0 {
            redacted.push_str(REDACTED);
        }
        place = start + length;
    }
    redacted + &word[place..]
}

/// Replaces user and password before the host of each URL.
fn redact_users(text: &str) -> String {
    let is_end = |c: char| c.is_whitespace() || "/?#\"'`<>".contains(c);
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let (authority, path) = after.split_at(after.find(is_end).unwrap_or(after.len()));
        let host = authority.rsplit_once('@').map(|(_, host)| host);
        redacted.extend([before, "://"]);
        redacted.extend(host.iter().flat_map(|_| [REDACTED, "@"]));
        redacted.push_str(host.unwrap_or(authority));
        rest = path;
    }
    redacted + rest
}

/// Replaces the values of secret parameters of a query or form: everything from `=` to the next `?`, `&` or `;`.
#[must_use]
pub fn redact_parameters(text: &str) -> String {
    redact_values(text, &PARAMETER_SEPARATORS, &['='])
}

/// Replaces the values of secret members of a URL, a form or a piece of JSON.
fn redact_members(word: &str) -> String {
    redact_values(word, &MEMBER_SEPARATORS, &['=', ':'])
}

fn redact_values(text: &str, separators: &[char], signs: &[char]) -> String {
    if !signs.iter().any(|sign| text.contains(*sign)) {
        return text.to_owned();
    }
    let pieces = text.split_inclusive(separators).map(|piece| {
        let member = piece.trim_end_matches(separators);
        let Some((sign, _)) = member.char_indices().find(|(_, c)| signs.contains(c)) else {
            return piece.to_owned();
        };
        let (name, value) = member.split_at(sign);
        if value.len() == 1 || !is_secret_name(name) {
            return piece.to_owned();
        }
        format!("{name}{}{REDACTED}{}", &value[..1], &piece[member.len()..])
    });
    pieces.collect()
}

#[cfg(test)]
mod tests;
