//! Going on where an earlier run stopped: what is kept is a checkpoint, written after the events that it speaks of.

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
    let bookmark = folder.path().join("checkpoint.json");
    let events = || client.events(support::contract(&simulator), autumn);

    // The first run reads one window and is interrupted.
    let mut windows = events().windows();
    let first = windows.try_next().await?.ok_or("no first window")?;
    first.verdict()?;
    fs::write(&bookmark, serde_json::to_string(&windows.checkpoint())?)?;
    drop(windows);
    println!("first run: {} events, {}", first.events.len(), first.range);

    // The second run goes on from there.
    let checkpoint: Checkpoint = serde_json::from_str(&fs::read_to_string(&bookmark)?)?;
    let mut rest = events().resume(checkpoint)?.stream();
    let mut read = first.events.len();
    while let Some(_event) = rest.try_next().await? {
        read += 1;
    }
    println!("second run: {} events", rest.summary().yielded);

    // Both together are what the log holds.
    let truth = simulator.count(simulator.contracts()[0], autumn.start(), autumn.end());
    if read as u64 != truth {
        return Err("the two parts are not the log".into());
    }
    println!("together: all {read} events, each once");
    Ok(())
}
