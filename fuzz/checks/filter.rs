//! Checks how filters are read, and which records they match. An input has one line for each pair `key=value`, then an
//! empty line, then a record.

use ionos_activitylog::{Event, Filter};

/// Reads bytes as a filter, prints it, and matches a record.
pub fn check(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    // Reads the whole input as the text of a filter, in the form that a checkpoint contains.
    if let Ok(filter) = text.parse::<Filter>() {
        check_display(&filter);
    }
    let (pairs, record) = text.split_once("\n\n").unwrap_or((text, "{}"));
    let Ok(filter) = Filter::parse(pairs.lines()) else { return };
    check_display(&filter);
    let Ok(event) = Event::from_json(record) else { return };
    let matches = filter.matches(&event);
    let again: Filter = filter.to_string().parse().unwrap();
    assert_eq!(again.matches(&event), matches, "{filter}");
    // A filter of one pair matches a record exactly if the negated pair does not.
    if let [pair] = pairs.lines().collect::<Vec<_>>()[..]
        && let Some((key, value)) = pair.split_once('=')
    {
        let opposite = match key.strip_suffix('!') {
            Some(key) => format!("{key}={value}"),
            None => format!("{key}!={value}"),
        };
        let opposite = Filter::parse([opposite]).unwrap();
        assert_ne!(opposite.matches(&event), matches, "{filter}");
    }
}

/// Checks that the text of a filter is parsed to the same filter.
fn check_display(filter: &Filter) {
    let shown = filter.to_string();
    let read = shown.parse::<Filter>();
    assert_eq!(read.as_ref().ok(), Some(filter), "{shown:?}: {read:?}");
    assert_eq!(read.unwrap().to_string(), shown);
}
