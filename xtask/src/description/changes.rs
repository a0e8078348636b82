//! Compares two JSON documents, and lists the places that differ. If a member of an object or list differs, only this
//! member is listed, and not the whole object or list.

use std::fmt;

use serde_json::Value;

/// One difference between two documents.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// JSON pointer (RFC 6901) to the place.
    pub pointer: String,
    /// The old value. `None` if the place is new.
    pub before: Option<Value>,
    /// The new value. `None` if the place was removed.
    pub after: Option<Value>,
}

/// Compares two documents. The differences are in the order of the members of `before`; in each object, the new members
/// follow the old members.
#[must_use]
pub fn compare(before: &Value, after: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    collect(before, after, String::new(), &mut changes);
    changes
}

fn collect(before: &Value, after: &Value, pointer: String, changes: &mut Vec<Change>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                let at = child(&pointer, key);
                match new.get(key) {
                    Some(now) => collect(value, now, at, changes),
                    None => changes.push(Change { pointer: at, before: Some(value.clone()), after: None }),
                }
            }
            for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                let at = child(&pointer, key);
                changes.push(Change { pointer: at, before: None, after: Some(value.clone()) });
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            for index in 0..old.len().max(new.len()) {
                let at = child(&pointer, &index.to_string());
                match (old.get(index), new.get(index)) {
                    (Some(value), Some(now)) => collect(value, now, at, changes),
                    (value, now) => changes.push(Change { pointer: at, before: value.cloned(), after: now.cloned() }),
                }
            }
        }
        _ if before == after => {}
        _ => changes.push(Change { pointer, before: Some(before.clone()), after: Some(after.clone()) }),
    }
}

fn child(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pointer)?;
        for (sign, value) in [("-", &self.before), ("+", &self.after)] {
            if let Some(value) = value {
                for line in format!("{value:#}").lines() {
                    write!(f, "\n  {sign} {line}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_comparison_names_only_the_places_that_changed() {
        let changes = compare(
            &json!({"same": 1, "gone": [1], "deep": {"a": {"b": 1}}, "list": [1, 2]}),
            &json!({"same": 1, "deep": {"a": {"b": 2}}, "list": [1, 2, 3], "new/key": null}),
        );
        let shown: Vec<String> = changes.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            ["/gone\n  - [\n  -   1\n  - ]", "/deep/a/b\n  - 1\n  + 2", "/list/2\n  + 3", "/new~1key\n  + null",]
        );
    }
}
