//! The text of a record: a text of its own, or a part of the page that contained the record. The events of a page share
//! one copy of the page, so that reading does not copy each record.

use std::fmt;
use std::sync::Arc;

/// The text of a record. If the record is a part of a longer text, such as a page, the whole text stays in memory.
#[derive(Clone)]
pub(super) struct RecordText {
    text: Arc<String>,
    start: usize,
    end: usize,
}

impl RecordText {
    /// A record with a text of its own.
    pub(super) fn owned(record: String) -> Self {
        Self { start: 0, end: record.len(), text: Arc::new(record) }
    }

    /// A record that is a part of the shared `text`. If `record` is not a slice of `text`, it is copied.
    pub(super) fn part(text: &Arc<String>, record: &str) -> Self {
        let start = record.as_ptr().addr().wrapping_sub(text.as_ptr().addr());
        match start.checked_add(record.len()) {
            Some(end) if end <= text.len() => Self { text: Arc::clone(text), start, end },
            _ => Self::owned(record.to_owned()),
        }
    }

    /// The record with a text of its own. Copies the record only if it is a part of a longer text.
    pub(super) fn detach(self) -> Self {
        if self.get().len() == self.text.len() { self } else { Self::owned(self.get().to_owned()) }
    }

    #[inline]
    pub(super) fn get(&self) -> &str {
        self.text.get(self.start..self.end).unwrap_or_default()
    }
}

impl fmt::Debug for RecordText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_of_a_page_shares_the_text_and_any_other_record_is_copied() {
        let page = Arc::new("[1,{}]".to_owned());
        let part = RecordText::part(&page, &page[3..5]);
        assert_eq!((part.get(), format!("{part:?}").as_str(), Arc::strong_count(&page)), ("{}", "\"{}\"", 2));
        let detached = part.detach();
        assert_eq!((detached.get(), Arc::strong_count(&page)), ("{}", 1));
        let text = Arc::clone(&detached.text);
        assert!(Arc::ptr_eq(&text, &detached.detach().text), "a text of its own is not copied");
        let other = RecordText::part(&page, "elsewhere");
        assert_eq!((other.get(), Arc::strong_count(&page)), ("elsewhere", 1));
    }
}
