//! The log of a simulator, read through ranges and pages.

mod arrival;
mod bursts;
mod data;
mod pages;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

use super::*;
use crate::{Simulator, SimulatorBuilder};

fn at(value: &str) -> DateTime<Utc> {
    value.parse().unwrap()
}

/// A time after all ranges of these tests.
fn later() -> DateTime<Utc> {
    at("2027-01-01T00:00:00Z")
}

fn usual() -> SimulatorBuilder {
    Simulator::builder().clock(later)
}

/// The records of the first contract.
fn read(simulator: &Simulator, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<String> {
    simulator.records(simulator.contracts()[0], start, end).collect()
}

fn records(start: &str, end: &str) -> Vec<String> {
    read(&usual().build(), at(start), at(end))
}

/// A page of the first contract: the total, and the records in the order of the page.
fn page(
    simulator: &Simulator,
    range: (Option<&str>, Option<&str>),
    offset: u64,
    limit: u64,
    request: u64,
) -> (u64, Vec<String>) {
    let now = simulator.0.now();
    let (start, end) = (range.0.map(at), range.1.map(at));
    let view = simulator.0.log.view(simulator.contracts()[0], start, end, now);
    let page = view.page(offset, limit, request);
    let records = page.hits().map(|(_, write)| {
        let mut record = Vec::new();
        write(&mut record);
        String::from_utf8(record).unwrap()
    });
    (page.total, records.collect())
}

/// The records of all pages, and the total, which must be the same on every page.
fn pages(simulator: &Simulator, range: (&str, &str), limit: u64) -> (u64, Vec<String>) {
    let range = (Some(range.0), Some(range.1));
    let (mut joined, mut totals) = (Vec::new(), BTreeSet::new());
    loop {
        let (total, records) = page(simulator, range, joined.len() as u64, limit, joined.len() as u64);
        totals.insert(total);
        if records.is_empty() {
            assert_eq!(totals.len(), 1);
            return (total, joined);
        }
        assert!(records.len() as u64 <= limit);
        joined.extend(records);
    }
}

/// The records of 60 days, parsed.
fn sixty_days() -> &'static [Value] {
    static RECORDS: LazyLock<Vec<Value>> = LazyLock::new(|| {
        records("2026-09-01T00:00:00Z", "2026-10-31T00:00:00Z")
            .iter()
            .map(|record| serde_json::from_str(record).unwrap())
            .collect()
    });
    &RECORDS
}

fn text<'a>(record: &'a Value, pointer: &str) -> &'a str {
    record.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

/// The text of `meta.time`.
fn time_of(record: &str) -> &str {
    record.split_once("\"time\":\"").unwrap().1.split_once('"').unwrap().0
}
