//! Parses the filters of a command line, and the text of a filter in a file or a checkpoint.

use super::key::{FilterKey, invalid_filter};
use crate::error::Error;
use crate::redact::redact_value;

/// Parses `key=value` or `key!=value`. Returns the key, whether the pair is negated, and the value.
pub(super) fn parse_pair(text: &str) -> Result<(FilterKey, bool, &str), Error> {
    let Some((key, value)) = text.split_once('=') else {
        return Err(invalid_filter(format!("{:?} is not a filter", redact_value(text))).with_hint(format!(
            "use key=value to keep events or key!=value to exclude them, such as user=jane*; the keys are {}",
            FilterKey::list()
        )));
    };
    match key.strip_suffix('!') {
        Some(key) => Ok((key.parse()?, true, value)),
        None => Ok((key.parse()?, false, value)),
    }
}

/// Writes a value for the text of a filter: as a JSON string if the value has whitespace, quotes or control characters,
/// and unchanged otherwise.
pub(super) fn quote_value(value: &str) -> String {
    let is_plain = |char: char| char != '"' && !char.is_whitespace() && !char.is_control();
    if value.chars().all(is_plain) {
        return value.to_owned();
    }
    serde_json::Value::from(value).to_string()
}

/// Splits the text of a filter into pairs and decodes quoted values.
pub(super) fn split_pairs(text: &str) -> Result<Vec<String>, Error> {
    let mut pairs = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (pair, remaining) = split_first_pair(rest)?;
        pairs.push(pair);
        rest = remaining.trim_start();
    }
    Ok(pairs)
}

/// Splits a text after its first pair. Returns the pair, with a quoted value decoded, and the text after the pair.
fn split_first_pair(text: &str) -> Result<(String, &str), Error> {
    let (word, remaining) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let Some(key) = word.find("=\"").map(|sign| sign + 1) else {
        return Ok((word.to_owned(), remaining));
    };
    // A quoted value may contain whitespace and extend beyond the word.
    let (key, value) = text.split_at(key);
    if key.matches('=').count() > 1 {
        return Ok((word.to_owned(), remaining));
    }
    let mut values = serde_json::Deserializer::from_str(value).into_iter::<String>();
    let Some(Ok(decoded)) = values.next() else {
        return Err(invalid_filter(format!("the quoted value in {text:?} is not a valid JSON string"))
            .with_hint("close the quotes, and escape quotes in the value with \\"));
    };
    let remaining = value.get(values.byte_offset()..).unwrap_or_default();
    Ok((format!("{key}{decoded}"), remaining))
}
