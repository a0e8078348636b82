//! Replaces secrets whose value is known, wherever a text repeats them in any spelling.

use base64::Engine;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};

use super::spelling::{can_begin_spelling, is_cut_spelling, is_unsafe_for_terminal, rests_after};
use super::{REDACTED, percent_decoded};

/// Minimum length, in characters, of a known secret that is replaced anywhere in a longer text. CI systems that
/// mask secrets in their logs have the same minimum. A shorter secret occurs in words by chance. Replacing each
/// occurrence would make the text unreadable, and the gaps in known words would reveal the secret.
const MIN_EMBEDDED_CHARS: usize = 8;

/// Minimum length, in characters, of a known secret that is replaced if it is a whole word of a longer text.
const MIN_WORD_CHARS: usize = 4;

/// A text may end within a secret. The cut secret is redacted if the text has at least this many characters of the
/// secret.
const MIN_CUT_CHARS: usize = 4;

/// Maximum number of times that a text is decoded as a part of a URL.
const MAX_URL_LAYERS: usize = 3;

/// Decodes base64 with and without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The secrets in the value of an `Authorization` header: the credential after the name of the scheme, and the password
/// if the scheme is Basic. Empty if the value has no credential.
#[must_use]
pub fn authorization_secrets(value: &str) -> Vec<String> {
    let Some(credential) = value.split_whitespace().last() else {
        return Vec::new();
    };
    let standard = credential.replace('-', "+").replace('_', "/");
    let pair = BASE64.decode(standard).ok().and_then(|pair| String::from_utf8(pair).ok());
    let password = pair.as_deref().and_then(|pair| pair.split_once(':')).map(|(_, password)| password.to_owned());
    let secrets = [Some(credential.to_owned()), password];
    secrets.into_iter().flatten().filter(|secret| !secret.is_empty()).collect()
}

/// Replaces known secrets in all forms in which a service may repeat them: as they are, in other upper and lower case,
/// escaped as in JSON, HTML or a URL, in the URL-safe alphabet of base64, with invisible characters inside, and cut off
/// at the end of the text. An escape may itself be escaped for a URL: for example, `%26quot%3B` is `&quot;`. If a
/// secret is found only after such an escape is decoded, the whole text is returned decoded. If several secrets begin
/// at the same place, the longest is replaced. A secret of less than 8 characters is replaced only if it is a whole
/// word, and a secret of less than 4 characters only if it is the whole text.
#[must_use]
pub fn redact_known(text: &str, secrets: &[&str]) -> String {
    let mut redacted = redact_spellings(text, secrets);
    let mut decoded = redacted.clone();
    for _ in 0..MAX_URL_LAYERS {
        let next = percent_decoded(&decoded);
        if next == decoded {
            break;
        }
        decoded = redact_spellings(&next, secrets);
        if decoded != next {
            // Decoding may produce a line break or an escape sequence, which the text did not have.
            redacted = decoded.replace(is_unsafe_for_terminal, " ");
        }
    }
    redacted
}

/// Replaces the spellings of known secrets in the text as it is, without decoding the text as a part of a URL first.
fn redact_spellings(text: &str, secrets: &[&str]) -> String {
    let is_whole = |secret: &&str| spelled_length(secret, text.trim()) == Some(text.trim().len());
    if secrets.iter().any(is_whole) {
        return REDACTED.to_owned();
    }
    let secrets: Vec<&str> = secrets.iter().copied().filter(|one| one.chars().count() >= MIN_WORD_CHARS).collect();
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let before = &text[..text.len() - rest.len()];
        let length_of = |secret: &&str| {
            let length = spelled_length(secret, rest)?;
            let is_word = ends_word(before) && !rest[length..].starts_with(char::is_alphanumeric);
            (is_word || secret.chars().count() >= MIN_EMBEDDED_CHARS).then_some(length)
        };
        let begins = |secret: &&&str| secret.chars().next().is_some_and(|first| can_begin_spelling(first, next));
        let length = match secrets.iter().filter(begins).filter_map(length_of).max() {
            Some(length) => {
                redacted.push_str(REDACTED);
                length
            }
            None => {
                redacted.push(next);
                next.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    redacted
}

/// Whether a new word may begin after a text. True if the text is empty, ends with an escape such as `%2F`, `\n` or
/// `\u0022`, or does not end with a letter or digit.
fn ends_word(text: &str) -> bool {
    let escape = |length: usize| text.get(text.len().checked_sub(length)?..);
    let is_escape = [(3, "%"), (2, "\\"), (6, "\\u")]
        .into_iter()
        .any(|(length, start)| escape(length).is_some_and(|end| end.starts_with(start)));
    is_escape || !text.ends_with(char::is_alphanumeric)
}

/// Number of bytes at the start of `text` that spell the secret. If `text` ends within the spelling, after at least
/// [`MIN_CUT_CHARS`] characters of the secret, this is the length of `text`. `None` if `text` does not begin with the
/// secret. `text` may lack the padding (`=`) at the end of a secret in base64.
fn spelled_length(secret: &str, text: &str) -> Option<usize> {
    if secret.is_empty() {
        return None;
    }
    let padding = secret.len() - secret.trim_end_matches('=').len();
    // The rest of the text after each possible spelling of the characters so far. There may be several spellings,
    // because a backslash can be literal or begin an escape.
    let mut rests = vec![text];
    for (place, (byte, expected)) in secret.char_indices().enumerate() {
        if place >= MIN_CUT_CHARS && rests.iter().any(|rest| is_cut_spelling(rest)) {
            return Some(text.len());
        }
        let mut next = Vec::new();
        for rest in &rests {
            rests_after(expected, rest, &mut next);
        }
        next.sort_unstable_by_key(|rest| rest.len());
        next.dedup_by_key(|rest| rest.len());
        if next.is_empty() {
            let is_padding = byte > 0 && byte >= secret.len() - padding;
            return is_padding.then(|| longest_spelling(text, &rests)).flatten();
        }
        rests = next;
    }
    longest_spelling(text, &rests)
}

/// The length of the longest spelling at the start of a text. `rests` has the rest of the text after each spelling.
fn longest_spelling(text: &str, rests: &[&str]) -> Option<usize> {
    rests.iter().map(|rest| text.len() - rest.len()).max()
}
