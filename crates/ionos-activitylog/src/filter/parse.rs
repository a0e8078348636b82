//! Filters are typed on a command line, kept in files, and read back from a checkpoint.

use super::FilterKey;
use crate::{Error, ErrorKind};

pub(super) fn refused(detail: String) -> Error {
    Error::new(ErrorKind::Configuration, detail)
}

/// Takes `key=value` or `key!=value` apart: key, whether negated, value.
pub(super) fn pair(text: &str) -> Result<(FilterKey, bool, &str), Error> {
    let Some((key, value)) = text.split_once('=') else {
        return Err(refused(format!("{text:?} is no filter")).with_hint(format!(
            "write key=value to keep events, or key!=value to leave them out; known keys are {}",
            FilterKey::list()
        )));
    };
    match key.strip_suffix('!') {
        Some(key) => Ok((key.parse()?, true, value)),
        None => Ok((key.parse()?, false, value)),
    }
}

/// A value in JSON's quotes where the text of a filter could not be taken apart again without them.
pub(super) fn quoted(value: &str) -> String {
    let plain = |char: char| char != '"' && !char.is_whitespace() && !char.is_control();
    if value.chars().all(plain) {
        return value.to_owned();
    }
    serde_json::Value::from(value).to_string()
}

/// The pairs in the text of a filter, their values without quotes.
pub(super) fn pairs(text: &str) -> Result<Vec<String>, Error> {
    let mut pairs = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (pair, behind) = first_pair(rest)?;
        pairs.push(pair);
        rest = behind.trim_start();
    }
    Ok(pairs)
}

/// The first pair, and what follows it.
fn first_pair(text: &str) -> Result<(String, &str), Error> {
    let (word, behind) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let Some(key) = word.find("=\"").map(|sign| sign + 1) else {
        return Ok((word.to_owned(), behind));
    };
    // Quotes may hold white space, so the word may have ended within them.
    let (key, value) = text.split_at(key);
    if key.matches('=').count() > 1 {
        return Ok((word.to_owned(), behind));
    }
    let mut values = serde_json::Deserializer::from_str(value).into_iter::<String>();
    let Some(Ok(decoded)) = values.next() else {
        return Err(refused(format!(
            "the value in {text:?} begins with a quote and is not closed as JSON's strings are"
        ))
        .with_hint("close it, with \\ before each quote in it"));
    };
    let behind = value.get(values.byte_offset()..).unwrap_or_default();
    Ok((format!("{key}{decoded}"), behind))
}
