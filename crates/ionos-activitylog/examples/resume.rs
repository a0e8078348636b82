//! Resumes reading where an earlier run stopped. A program processes the events first and saves the checkpoint
//! afterwards.

use std::error::Error;
use std::fs;

use chrono::Utc;
use futures_util::TryStreamExt;
use ionos_activitylog::{Checkpoint, DateRange};

mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = support::simulator();
    let client = support::client(&simulator)?;
    let autumn = DateRange::days("2026-09-01".parse()?, "2026-11-22".parse()?, &Utc)?;
    let folder = tempfile::tempdir()?;
    let checkpoint_file = folder.path().join("checkpoint.json");
    let events = || client.events(support::contract(&simulator), autumn);

    // The first run reads one window and stops.
    let mut windows = events().windows();
    let first = windows.try_next().await?.ok_or("no first window")?;
    first.verdict()?;
    fs::write(&checkpoint_file, serde_json::to_string(&windows.checkpoint())?)?;
    drop(windows);
    println!("first run: {} events, {}", first.events.len(), first.range);

    // The second run resumes from the checkpoint.
    let checkpoint: Checkpoint = serde_json::from_str(&fs::read_to_string(&checkpoint_file)?)?;
    let mut rest = events().resume(checkpoint)?.stream();
    let mut read = first.events.len();
    while let Some(_event) = rest.try_next().await? {
        read += 1;
    }
    println!("second run: {} events", rest.summary().yielded);

    // Both runs together have read all events of the log.
    let truth = simulator.count(simulator.contracts()[0], autumn.start(), autumn.end());
    if read as u64 != truth {
        return Err("the two runs differ from the log".into());
    }
    println!("both runs: {read} events, each exactly once");
    Ok(())
}
