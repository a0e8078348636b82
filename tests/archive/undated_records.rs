//! If a record has no readable time, the archive knows only the exported range for which the service returned the
//! record. A command that reads a part of this range returns the record, and says that the record may be outside of
//! the requested range.
#![cfg(unix)]

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::seam::{Exchange, Transport};

use crate::support::exports::scratch_folder;
use crate::support::in_process::run_with_account;
use crate::support::program::{Printed, ialog, run};
use crate::support::scripted::{TOKEN, answer};

/// A service that finds each record by its true time, which is the first value of the pair. The `meta.time` of the
/// record may be missing or unreadable.
struct LogService(Vec<(DateTime<Utc>, String)>);

impl Transport for LogService {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let query = |name: &str| request.url().query_pairs().find(|(key, _)| key == name).map(|(_, value)| value);
        let time = |name: &str| query(name).map_or(DateTime::UNIX_EPOCH, |text| text.parse().unwrap());
        let number = |name: &str| query(name).map_or(0, |text| text.parse::<usize>().unwrap());
        let (from, to): (DateTime<Utc>, DateTime<Utc>) = (time("dateStart"), time("dateEnd"));
        let found: Vec<&String> =
            self.0.iter().filter(|(time, _)| (from..to).contains(time)).map(|(_, record)| record).collect();
        let page = found.iter().skip(number("offset")).take(number("limit"));
        let hits: Vec<String> = page.map(|record| format!(r#"{{"_source":{record}}}"#)).collect();
        let body = format!(r#"{{"hits":{{"total":{},"hits":[{}]}}}}"#, found.len(), hits.join(","));
        Box::pin(async move { Ok(answer(200, body).into()) })
    }
}

/// The record of an event. `time`: the value of `meta.time` in JSON, if the record has one.
fn record(name: &str, time: Option<&str>) -> String {
    let time = time.map_or_else(String::new, |time| format!(r#""time":{time}"#));
    format!(
        r#"{{"@uuid":"{name}","meta":{{{time}}},"principal":{{"identity":{{"username":"{name}@example.com"}}}},"event":{{}}}}"#
    )
}

/// Exports 2026-11-10 with one event per hour, and with three records without a readable time, whose true times are
/// 05:00, 07:00 and 08:00. For each of `ends`, runs one export up to this end.
fn exported(folder: &Path, ends: &[&str]) {
    let start: DateTime<Utc> = "2026-11-10T00:00:00Z".parse().unwrap();
    let mut log: Vec<_> = (0..24)
        .map(|hour| {
            let time = start + TimeDelta::hours(hour);
            (time, record(&format!("hour{hour}"), Some(&format!("{:?}", time.to_rfc3339()))))
        })
        .collect();
    for (hour, name, time) in
        [(5, "none", None), (7, "number", Some("1794294000000")), (8, "zoneless", Some(r#""2026-11-10T08:00:01""#))]
    {
        log.push((start + TimeDelta::hours(hour), record(name, time)));
    }
    let out = folder.join("audit");
    for end in ends {
        let arguments =
            ["export", "--contract", "7", "--from", "2026-11-10", "--to", end, "--out", out.to_str().unwrap()];
        let account = (Arc::new(LogService(log.clone())) as Arc<dyn Transport>, TOKEN.to_owned());
        let clock = Arc::new(VirtualClock::starting_at("2026-11-20T12:00:00Z".parse().unwrap()));
        let printed = run_with_account(&arguments, account, clock, |_, _| {});
        assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    }
}

/// The names of the printed records that have no readable time.
fn undated(printed: &Printed) -> Vec<&str> {
    ["none", "number", "zoneless"].into_iter().filter(|name| printed.stdout.contains(&format!("\"{name}\""))).collect()
}

#[test]
fn each_part_of_an_exported_range_returns_all_undated_records_of_the_range() {
    let note = |records: &str, are: &str, range: &str| {
        format!(
            "note: {records} without a readable time may be outside of the time range: {are} archived for {range}\n"
        )
    };
    let whole = note("3 records", "they are", "2026-11-10T00:00:00Z .. 2026-11-11T00:00:00Z");
    let morning = note("1 record", "it is", "2026-11-10T00:00:00Z .. 2026-11-10T06:00:00Z");
    let forenoon = note("2 records", "they are", "2026-11-10T06:00:00Z .. 2026-11-10T12:00:00Z");
    let all: &[&str] = &["none", "number", "zoneless"];
    type Case<'a> = (&'a str, &'a str, usize, &'a [&'a str], &'a str);
    let cases: [(&[&str], &[Case<'_>]); 2] = [
        (
            &["2026-11-10"],
            &[
                ("00:00", "24:00", 27, all, ""),
                ("00:00", "01:00", 4, all, &whole),
                ("08:00", "09:00", 4, all, &whole),
                ("01:00", "24:00", 26, all, &whole),
            ],
        ),
        // The exports have read the day in three ranges.
        (
            &["2026-11-10T06:00Z", "2026-11-10T12:00Z", "2026-11-10"],
            &[
                ("00:00", "12:00", 15, all, ""),
                ("05:00", "06:00", 2, &["none"], &morning),
                ("08:00", "09:00", 3, &["number", "zoneless"], &forenoon),
                ("12:00", "24:00", 12, &[], ""),
            ],
        ),
    ];
    for (ends, ranges) in cases {
        let folder = scratch_folder();
        exported(folder.path(), ends);
        for (from, to, count, names, said) in ranges {
            let (from, to) = (format!("2026-11-10T{from}Z"), format!("2026-11-10T{to}Z"));
            let to = to.replace("10T24:00", "11T00:00");
            let printed = run(ialog(folder.path(), &["cat", "audit", "--from", &from, "--to", &to]));
            let when = format!("{ends:?}, {from} .. {to}: {}", printed.stderr);
            assert_eq!((printed.code, printed.stdout.lines().count()), (Some(0), *count), "{when}");
            assert_eq!(undated(&printed), *names, "{when}");
            assert!(printed.stderr.ends_with(*said) && printed.stderr.contains("note: ") != said.is_empty(), "{when}");
        }
    }
}

#[test]
fn each_command_that_reads_an_archive_finds_a_record_without_a_readable_time() {
    let folder = scratch_folder();
    exported(folder.path(), &["2026-11-10"]);
    let hour = ["--from", "2026-11-10T20:00Z", "--to", "2026-11-10T21:00Z"];
    // The day in New York starts at 05:00 UTC, in the middle of the exported range.
    let other_zone = ["--tz", "America/New_York", "--from", "2026-11-10", "--to", "2026-11-10T18:00"];
    let user = "user=none@example.com";
    for range in [&hour[..], &other_zone] {
        for arguments in [
            &["query", "--archive", "audit", "--count", user][..],
            &["query", "--archive", "audit", "--count", "--no-fold", user],
            &["cat", "audit", user],
            &["stats", "--archive", "audit", user],
            &["convert", "audit", "--out", "a.csv", "--overwrite", user],
        ] {
            let printed = run(ialog(folder.path(), &[arguments, range].concat()));
            assert_eq!(printed.code, Some(0), "{arguments:?}: {}", printed.stderr);
            // The other records without a readable time do not match the filter.
            let expected =
                "note: 1 record without a readable time may be outside of the time range: it is archived for ";
            assert_eq!(printed.stderr.matches(expected).count(), 1, "{arguments:?}: {}", printed.stderr);
            if arguments[0] == "query" {
                assert_eq!(printed.stdout, "1\n", "{arguments:?}: {}", printed.stderr);
            }
        }
    }
}
