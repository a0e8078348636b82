//! A record that does not fit the model is kept and still counts, so somebody has to be told, exactly enough to find
//! the place in it: which field, what it should be, and what was found.

use std::fmt;

use super::model::EVENT;
use super::model::Shape::{self, List, Object, Scalar, Text, Time};
use super::read_time;
use crate::json::{self, Kind};

/// The most issues that are listed of one record. A record may have a million; a person needs the first few.
const MOST: usize = 100;
/// The most characters of a value that are repeated.
const SHOWN: usize = 40;

/// Something about a record that does not fit the model of an event. The record itself is kept all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    pointer: String,
    problem: String,
}

impl Issue {
    pub(super) fn whole(problem: &str) -> Self {
        Self { pointer: String::new(), problem: problem.to_owned() }
    }

    /// The place in the record as a JSON pointer (RFC 6901), such as `/event/resources/0/id`; empty for the record as a
    /// whole.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// What is wrong there: what should be, and what was found.
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

/// What of a record does not fit the model.
pub(super) fn of(record: &str) -> Vec<Issue> {
    let mut issues = Issues(Vec::new());
    issues.check(&EVENT, Some(record), Place::Record);
    issues.0
}

/// A place in the record. Written out as a pointer only where there is an issue: most records have none.
#[derive(Clone, Copy)]
enum Place<'a> {
    Record,
    Member(&'a Place<'a>, &'a str),
    Element(&'a Place<'a>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record => Ok(()),
            Self::Member(above, name) => write!(f, "{above}/{name}"),
            Self::Element(above, place) => write!(f, "{above}/{place}"),
        }
    }
}

struct Issues(Vec<Issue>);

impl Issues {
    fn check(&mut self, shape: &Shape, value: Option<&str>, place: Place<'_>) {
        if self.0.len() >= MOST {
            return;
        }
        let kind = value.map_or(Kind::Null, Kind::of);
        let may_be_missing = !matches!(place, Place::Record);
        match (shape, value.unwrap_or("null")) {
            (Object(members), object) if kind == Kind::Object => {
                self.check_members(members, object, place);
            }
            (List(of), list) if kind == Kind::List => self.check_elements(of, list, place),
            // Without its surroundings, and so without a time.
            (Object(_), _) if kind == Kind::Null && may_be_missing => {
                if !shape.may_be_missing() {
                    self.add(Place::Member(&place, "time"), no_time(None));
                }
            }
            (Time, _) if read_time(value).is_none() => self.add(place, no_time(value)),
            (Text | Scalar | Time, text) if kind == Kind::Text => {
                if !json::is_whole(text) {
                    let half = "the text holds half of a surrogate pair, which stands for no character";
                    self.add(place, half.to_owned());
                }
            }
            (Scalar, _) if kind == Kind::Number => {}
            (_, _) if kind == Kind::Null && may_be_missing => {}
            (shape, value) => {
                self.add(place, expected(shape, value));
                if matches!(place, Place::Record) {
                    let meta = Place::Member(&place, "meta");
                    self.add(Place::Member(&meta, "time"), no_time(None));
                }
            }
        }
    }

    fn check_elements(&mut self, shape: &Shape, list: &str, place: Place<'_>) {
        for (index, element) in json::elements(list).enumerate() {
            let place = Place::Element(&place, index);
            // In a list, null does not stand for what is missing.
            match Kind::of(element) {
                Kind::Null => self.add(place, expected(shape, element)),
                _ => self.check(shape, Some(element), place),
            }
        }
    }

    fn check_members(&mut self, members: &[(&str, Shape)], object: &str, place: Place<'_>) {
        let mut found: Vec<(Option<&str>, usize)> = vec![(None, 0); members.len()];
        for (key, value) in json::members(object) {
            let place = members.iter().position(|(name, _)| key.is(name));
            if let Some((last, count)) = place.and_then(|place| found.get_mut(place)) {
                *last = Some(value);
                *count += 1;
            }
        }
        for ((name, shape), (last, count)) in members.iter().zip(found) {
            let place = Place::Member(&place, name);
            if count > 1 {
                let twice = format!("the key occurs {count} times, and the last one counts");
                self.add(place, twice);
            }
            self.check(shape, last, place);
        }
    }

    fn add(&mut self, place: Place<'_>, problem: String) {
        if self.0.len() < MOST {
            let pointer = place.to_string();
            self.0.push(Issue { pointer, problem });
        }
    }
}

fn expected(shape: &Shape, value: &str) -> String {
    format!("expected {}, found {}", shape.name(), shown(value))
}

fn no_time(value: Option<&str>) -> String {
    let found = value.map_or_else(|| "nothing".to_owned(), shown);
    format!("expected a time as RFC 3339 has it, found {found}")
}

/// What was found, in few characters.
fn shown(value: &str) -> String {
    let kind = match Kind::of(value) {
        Kind::Null => return "null".to_owned(),
        Kind::Object => return "an object".to_owned(),
        Kind::List => return "a list".to_owned(),
        Kind::Text => "the text",
        Kind::Number => "the number",
        Kind::Boolean => "the value",
    };
    let beginning: String = value.chars().take(SHOWN).collect();
    let more = if beginning.len() < value.len() { "…" } else { "" };
    format!("{kind} {beginning}{more}")
}
