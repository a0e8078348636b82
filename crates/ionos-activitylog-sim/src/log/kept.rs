//! A log is drawn and never kept. Where a client is measured, the same records would be drawn and written in every round,
//! which costs as much as what is measured. So the slices that were opened last can be kept, with those of their records
//! that were written, up to a bound.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::world::slice::Slice;

/// Slices that were opened, by their contracts and numbers.
pub(crate) struct Kept {
    /// About how many bytes at the most. Then all are given up, and those that are asked for again are drawn again.
    most: usize,
    slices: Mutex<HashMap<(u64, u64), Arc<Opened>>>,
    bytes: AtomicUsize,
}

/// A slice, and those of its records that were written.
pub(crate) struct Opened {
    pub(crate) slice: Slice,
    /// As they were at first, and not amended; in the order of the slots. None where nothing is kept.
    records: Vec<OnceLock<Box<[u8]>>>,
}

impl Kept {
    /// Keeps about so many bytes at the most; 0 for nothing.
    pub(crate) fn up_to(most: usize) -> Self {
        Self { most, slices: Mutex::default(), bytes: AtomicUsize::new(0) }
    }

    /// A slice, which `sketch` draws where it is not kept.
    pub(crate) fn slice(&self, contract: u64, number: u64, sketch: impl FnOnce() -> Slice) -> Arc<Opened> {
        if self.most == 0 {
            return Arc::new(Opened { slice: sketch(), records: Vec::new() });
        }
        let place = (contract, number);
        let kept = || self.slices.lock().unwrap_or_else(PoisonError::into_inner);
        let given_up = {
            let mut slices = kept();
            if self.bytes.load(Ordering::Relaxed) > self.most {
                self.bytes.store(0, Ordering::Relaxed);
                std::mem::take(&mut *slices)
            } else if let Some(opened) = slices.get(&place) {
                return opened.clone();
            } else {
                HashMap::new()
            }
        };
        // Nobody waits for that.
        drop(given_up);
        // Not while others wait: of two who draw the same slice, one draws it in vain.
        let slice = sketch();
        let mut records = Vec::new();
        records.resize_with(slice.slots.len(), OnceLock::new);
        let opened = Arc::new(Opened { slice, records });
        self.bytes.fetch_add(opened.size(), Ordering::Relaxed);
        kept().entry(place).or_insert(opened).clone()
    }

    /// A record of a slice, which `write` writes where that was not done yet; none where it is not kept.
    pub(crate) fn record<'a>(
        &self,
        opened: &'a Opened,
        index: usize,
        write: impl FnOnce() -> Vec<u8>,
    ) -> Option<&'a [u8]> {
        let record = opened.records.get(index)?.get_or_init(|| {
            let record = write().into_boxed_slice();
            self.bytes.fetch_add(record.len(), Ordering::Relaxed);
            record
        });
        Some(record)
    }
}

impl Opened {
    /// About how many bytes it has without the contents of its records.
    fn size(&self) -> usize {
        size_of_val(&*self.slice.slots) + size_of_val(&*self.slice.operations) + size_of_val(&*self.records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::switches::FractionDigits;
    use crate::world::random::Key;
    use crate::world::rhythm::Rhythm;

    const MOST: usize = 1 << 20;

    fn sketch(part: u64) -> Slice {
        let key = Key { seed: 1, contract: 7, part };
        Slice::sketch(key, &Rhythm::new(1, 5_000, 0), FractionDigits::Three)
    }

    #[test]
    fn what_is_kept_is_neither_drawn_nor_written_again() {
        let kept = Kept::up_to(MOST);
        let first = kept.slice(7, 500_000, || sketch(500_000));
        let again = kept.slice(7, 500_000, || panic!("it is kept"));
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!(kept.record(&first, 0, || b"record".to_vec()), Some(&b"record"[..]));
        assert_eq!(kept.record(&again, 0, || panic!("it is kept")), Some(&b"record"[..]));
        assert!(!Arc::ptr_eq(&first, &kept.slice(8, 500_000, || sketch(500_000))));
    }

    #[test]
    fn nothing_is_kept_unless_it_is_wanted() {
        let kept = Kept::up_to(0);
        let first = kept.slice(7, 500_000, || sketch(500_000));
        assert_eq!(kept.record(&first, 0, || panic!("it is not kept")), None);
        let again = kept.slice(7, 500_000, || sketch(500_000));
        assert!(!Arc::ptr_eq(&first, &again));
    }

    #[test]
    fn no_more_is_kept_than_the_bound_says() {
        let kept = Kept::up_to(MOST);
        let first = kept.slice(7, 500_000, || sketch(500_000));
        let slots = first.slice.slots.len();
        let record = MOST / slots + 1;
        let mut unwritten = 0..slots;
        while kept.bytes.load(Ordering::Relaxed) <= MOST {
            kept.slice(7, 500_000, || panic!("it is kept"));
            let index = unwritten.next().unwrap();
            kept.record(&first, index, || vec![0; record]);
        }
        // Also where no other slice is opened.
        let again = kept.slice(7, 500_000, || sketch(500_000));
        assert_eq!(first.slice.slots, again.slice.slots);
        assert!(!Arc::ptr_eq(&first, &again));
        assert_eq!(kept.slices.lock().unwrap().len(), 1);
        assert_eq!(kept.bytes.load(Ordering::Relaxed), again.size());
    }
}
