//! Reports the places of a record that do not fit the model, each with the expected type and the value found, so that a
//! user finds these places in the record. The record is kept in any case.

use std::fmt;

use super::members::read_time;
use super::model::ModelType::{self, List, Object, Scalar, Text, Time};
use super::model::{EVENT, ModelMembers};
use crate::json::{self, JsonType};

/// Maximum number of issues per record. A record may have millions; the first few are enough for a person.
const MAX_ISSUES: usize = 100;
/// Maximum characters of a value that an issue quotes.
const MAX_QUOTED_CHARS: usize = 40;
/// Maximum number of members of an object in the model.
const MAX_MEMBERS: usize = 6;

/// A place in a record that does not fit the model of an event. The record is kept in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    pointer: String,
    problem: String,
}

impl Issue {
    /// An issue of the record as a whole.
    pub(super) fn of_record(problem: &str) -> Self {
        Self { pointer: String::new(), problem: problem.to_owned() }
    }

    /// The place in the record as a JSON pointer (RFC 6901), such as `/event/resources/0/id`. Empty for the record as a
    /// whole.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// The problem at that place: the expected type and the value found, such as `expected text, found the number 7`.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => f.write_str(&self.problem),
            pointer => write!(f, "{pointer}: {}", self.problem),
        }
    }
}

/// Compares a record with the model. Allocates nothing if the record fits.
pub(super) fn find_issues(record: &str) -> Vec<Issue> {
    let mut collector = IssueCollector(Vec::new());
    collector.check(&EVENT, Some(record), IssuePath::Record);
    collector.0
}

/// The path to a value. It is converted to the text of a pointer only for an issue, because most records have no issue.
#[derive(Clone, Copy)]
enum IssuePath<'a> {
    Record,
    Member(&'a IssuePath<'a>, &'a str),
    Element(&'a IssuePath<'a>, usize),
}

impl fmt::Display for IssuePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record => Ok(()),
            Self::Member(parent, name) => write!(f, "{parent}/{name}"),
            Self::Element(parent, index) => write!(f, "{parent}/{index}"),
        }
    }
}

struct IssueCollector(Vec<Issue>);

impl IssueCollector {
    fn check(&mut self, model: &ModelType, value: Option<&str>, path: IssuePath<'_>) {
        if self.0.len() >= MAX_ISSUES {
            return;
        }
        let found = value.map_or(JsonType::Null, JsonType::from_text);
        let is_record = matches!(path, IssuePath::Record);
        match (model, value.unwrap_or("null")) {
            (Object(members), object) if found == JsonType::Object => self.check_members(members, object, path),
            (List(element), list) if found == JsonType::List => self.check_elements(element, list, path),
            // A missing `/meta` is reported as a missing time.
            (Object(_), _) if found == JsonType::Null && !is_record => {
                if !model.is_optional() {
                    self.add(IssuePath::Member(&path, "time"), no_time(None));
                }
            }
            (Time, _) if read_time(value).is_none() => self.add(path, no_time(value)),
            (Text | Scalar | Time, text) if found == JsonType::Text => {
                if !json::is_valid_unicode(text) {
                    self.add(path, "the text contains a lone surrogate, which is not a character".to_owned());
                }
            }
            (Scalar, _) if found == JsonType::Number => {}
            (_, _) if found == JsonType::Null && !is_record => {}
            (model, value) => {
                self.add(path, unexpected(model, value));
                if is_record {
                    let meta = IssuePath::Member(&path, "meta");
                    self.add(IssuePath::Member(&meta, "time"), no_time(None));
                }
            }
        }
    }

    fn check_elements(&mut self, model: &ModelType, list: &str, path: IssuePath<'_>) {
        for (index, element) in json::elements(list).enumerate() {
            let path = IssuePath::Element(&path, index);
            // In a list, null does not stand for a missing value.
            match JsonType::from_text(element) {
                JsonType::Null => self.add(path, unexpected(model, element)),
                _ => self.check(model, Some(element), path),
            }
        }
    }

    fn check_members(&mut self, members: &ModelMembers, object: &str, path: IssuePath<'_>) {
        let mut found: [(Option<&str>, usize); MAX_MEMBERS] = [(None, 0); MAX_MEMBERS];
        for (key, value) in json::members(object) {
            let index = members.iter().position(|(name, _)| key.is_named(name));
            if let Some((last, count)) = index.and_then(|index| found.get_mut(index)) {
                *last = Some(value);
                *count += 1;
            }
        }
        for ((name, model), (last, count)) in members.iter().zip(found) {
            let path = IssuePath::Member(&path, name);
            if count > 1 {
                self.add(path, format!("the key occurs {count} times; the last one counts"));
            }
            self.check(model, last, path);
        }
    }

    fn add(&mut self, path: IssuePath<'_>, problem: String) {
        if self.0.len() < MAX_ISSUES {
            self.0.push(Issue { pointer: path.to_string(), problem });
        }
    }
}

fn unexpected(model: &ModelType, value: &str) -> String {
    format!("expected {}, found {}", model.name(), quote(value))
}

fn no_time(value: Option<&str>) -> String {
    let found = value.map_or_else(|| "nothing".to_owned(), quote);
    format!("expected an RFC 3339 time, found {found}")
}

/// The value for a message: its type, and for a string, number or boolean also the beginning of its JSON text.
fn quote(value: &str) -> String {
    let found = match JsonType::from_text(value) {
        JsonType::Null => return "null".to_owned(),
        JsonType::Object => return "an object".to_owned(),
        JsonType::List => return "a list".to_owned(),
        JsonType::Text => "the text",
        JsonType::Number => "the number",
        JsonType::Boolean => "the value",
    };
    let beginning: String = value.chars().take(MAX_QUOTED_CHARS).collect();
    let ellipsis = if beginning.len() < value.len() { "…" } else { "" };
    format!("{found} {beginning}{ellipsis}")
}
