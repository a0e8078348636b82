//! A token never appears where it can be read. (That errors do not show it, even when a service repeats it, is
//! checked with each error.)

use std::fs;

use ionos_activitylog::Client;
use ionos_activitylog_sim::Simulator;
use xtask::workspace;

use crate::scripted::TOKEN;

#[test]
fn what_holds_a_token_does_not_show_it() {
    let builder = Client::builder()
        .token(TOKEN)
        .base_url(format!("https://me:{TOKEN}@example.com"));
    assert!(!format!("{builder:?}").contains(TOKEN));
    let client = Client::builder().token(TOKEN).build().unwrap();
    let range = ionos_activitylog::DateRange::day("2026-11-20".parse().unwrap()).unwrap();
    let events = client.events("1".parse().unwrap(), range);
    for shown in [
        format!("{client:?}"),
        format!("{events:?}"),
        format!("{events:#?}"),
    ] {
        assert!(
            shown.contains("[redacted]") && !shown.contains(TOKEN),
            "{shown}"
        );
    }
    let simulator = Simulator::builder().token(TOKEN).build();
    assert!(!format!("{simulator:?}").contains(TOKEN));
}

#[test]
fn no_snapshot_holds_a_token() {
    for entry in fs::read_dir(workspace::root().join("tests/snapshots")).unwrap() {
        let path = entry.unwrap().path();
        assert!(
            !fs::read_to_string(&path).unwrap().contains(TOKEN),
            "{}",
            path.display()
        );
    }
}
