//! A cache for benchmarks of clients. Without the cache, each round of a benchmark would generate and serialize the
//! same records again, which takes as long as the work of the client. The cache stores the slices of the log that were
//! generated, with their serialized records. It drops all slices when their size exceeds a limit. The cache is off by
//! default.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::data::outline::SliceOutline;

/// Generated slices, by contract and slice number.
pub(crate) struct RecordCache {
    /// Approximate maximum size in bytes; 0 turns the cache off. If the cache becomes larger, all slices are dropped.
    max_bytes: usize,
    slices: Mutex<HashMap<(u64, u64), Arc<CachedSlice>>>,
    bytes: AtomicUsize,
}

/// A slice of the log, and those records of the slice that were serialized.
pub(crate) struct CachedSlice {
    pub(crate) outline: SliceOutline,
    /// One cell per event for its first (not amended) record. Empty if the cache is off.
    records: Vec<OnceLock<Box<[u8]>>>,
}

impl RecordCache {
    /// A cache of about `max_bytes` bytes; 0 turns it off.
    pub(crate) fn with_max_bytes(max_bytes: usize) -> Self {
        Self { max_bytes, slices: Mutex::default(), bytes: AtomicUsize::new(0) }
    }

    /// Returns a slice from the cache, or generates it.
    pub(crate) fn slice(
        &self,
        contract: u64,
        number: u64,
        generate: impl FnOnce() -> SliceOutline,
    ) -> Arc<CachedSlice> {
        if self.max_bytes == 0 {
            return Arc::new(CachedSlice { outline: generate(), records: Vec::new() });
        }
        let key = (contract, number);
        let lock = || self.slices.lock().unwrap_or_else(PoisonError::into_inner);
        let dropped = {
            let mut slices = lock();
            if self.bytes.load(Ordering::Relaxed) > self.max_bytes {
                self.bytes.store(0, Ordering::Relaxed);
                std::mem::take(&mut *slices)
            } else if let Some(slice) = slices.get(&key) {
                return slice.clone();
            } else {
                HashMap::new()
            }
        };
        // Freeing the memory and generating the slice happen without the lock. Two threads may generate the same slice;
        // one result is discarded.
        drop(dropped);
        let outline = generate();
        let mut records = Vec::new();
        records.resize_with(outline.events.len(), OnceLock::new);
        let slice = Arc::new(CachedSlice { outline, records });
        self.bytes.fetch_add(slice.size_without_records(), Ordering::Relaxed);
        lock().entry(key).or_insert(slice).clone()
    }

    /// Returns the record of an event, and serializes it if it is not stored yet. `None` if the cache is off.
    pub(crate) fn record<'a>(
        &self,
        slice: &'a CachedSlice,
        index: usize,
        serialize: impl FnOnce() -> Vec<u8>,
    ) -> Option<&'a [u8]> {
        let record = slice.records.get(index)?.get_or_init(|| {
            let record = serialize().into_boxed_slice();
            self.bytes.fetch_add(record.len(), Ordering::Relaxed);
            record
        });
        Some(record)
    }
}

impl CachedSlice {
    /// The approximate size in bytes, without the content of the records.
    fn size_without_records(&self) -> usize {
        size_of_val(&*self.outline.events) + size_of_val(&*self.outline.operations) + size_of_val(&*self.records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::behavior::FractionDigits;
    use crate::data::activity_profile::ActivityProfile;
    use crate::data::random::RandomKey;

    const MAX_BYTES: usize = 1 << 20;

    fn generate(part: u64) -> SliceOutline {
        let key = RandomKey { seed: 1, contract: 7, part };
        SliceOutline::generate(key, &ActivityProfile::new(1, 5_000, 0), FractionDigits::Three)
    }

    #[test]
    fn a_cached_slice_is_not_generated_or_serialized_again() {
        let cache = RecordCache::with_max_bytes(MAX_BYTES);
        let first = cache.slice(7, 500_000, || generate(500_000));
        let again = cache.slice(7, 500_000, || panic!("the slice is cached"));
        assert!(Arc::ptr_eq(&first, &again));
        assert_eq!(cache.record(&first, 0, || b"record".to_vec()), Some(&b"record"[..]));
        assert_eq!(cache.record(&again, 0, || panic!("the record is cached")), Some(&b"record"[..]));
        assert!(!Arc::ptr_eq(&first, &cache.slice(8, 500_000, || generate(500_000))));
    }

    #[test]
    fn a_cache_of_0_bytes_stores_nothing() {
        let cache = RecordCache::with_max_bytes(0);
        let first = cache.slice(7, 500_000, || generate(500_000));
        assert_eq!(cache.record(&first, 0, || panic!("the cache is off")), None);
        let again = cache.slice(7, 500_000, || generate(500_000));
        assert!(!Arc::ptr_eq(&first, &again));
    }

    #[test]
    fn all_slices_are_dropped_when_the_cache_exceeds_its_maximum_size() {
        let cache = RecordCache::with_max_bytes(MAX_BYTES);
        let first = cache.slice(7, 500_000, || generate(500_000));
        let events = first.outline.events.len();
        let record = MAX_BYTES / events + 1;
        let mut unwritten = 0..events;
        while cache.bytes.load(Ordering::Relaxed) <= MAX_BYTES {
            cache.slice(7, 500_000, || panic!("the slice is cached"));
            let index = unwritten.next().unwrap();
            cache.record(&first, index, || vec![0; record]);
        }
        // The limit also applies if the cache holds only one slice.
        let again = cache.slice(7, 500_000, || generate(500_000));
        assert_eq!(first.outline.events, again.outline.events);
        assert!(!Arc::ptr_eq(&first, &again));
        assert_eq!(cache.slices.lock().unwrap().len(), 1);
        assert_eq!(cache.bytes.load(Ordering::Relaxed), again.size_without_records());
    }
}
