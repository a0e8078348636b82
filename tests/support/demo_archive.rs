//! Uses the library to write archives of a simulated account.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use ionos_activitylog::clock::VirtualClock;
use ionos_activitylog::{Client, DateRange};
use ionos_activitylog_archive::{Archive, Exporter};
use ionos_activitylog_sim::Simulator;

pub const NOW: &str = "2026-11-21T00:00:00Z";

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn simulator() -> Simulator {
    Simulator::builder().clock(|| at(NOW)).build()
}

/// Writes an archive of the days `from` to `to` (both inclusive).
pub async fn archive(simulator: &Simulator, root: &Path, from: &str, to: &str) -> Archive {
    let client = Client::builder().token(simulator.token()).transport(simulator.transport()).build().unwrap();
    let archive = Archive::new(root);
    let exporter = Exporter::new(client, archive.clone()).clock(Arc::new(VirtualClock::starting_at(at(NOW))));
    let day = |day: &str| DateRange::day(day.parse().unwrap(), &Utc).unwrap();
    let range = DateRange::new(day(from).start(), day(to).end()).unwrap();
    let contracts = [simulator.contracts()[0].into()];
    for (_, done) in exporter.run(&contracts, range, std::future::pending()).await {
        drop(done.unwrap());
    }
    archive
}
