//! Going on where an earlier run stopped: what is remembered is how many events were read. The range lies in the past,
//! where nothing is added any more, so an offset means the same event in both runs.

use std::error::Error;
use std::fs;

use futures_util::TryStreamExt;
use ionos_activitylog::PageSize;

mod support;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let simulator = support::simulator();
    let client = support::client(&simulator)?;
    let contract = support::contract(&simulator);
    let week = support::last_week()?;
    let folder = tempfile::tempdir()?;
    let bookmark = folder.path().join("events-read");

    // The first run reads one page and is interrupted.
    let mut pages = client.events(contract.clone(), week).pages();
    let first = pages.try_next().await?.ok_or("no first page")?;
    fs::write(&bookmark, first.events.len().to_string())?;
    drop(pages);
    println!("first run: {} events", first.events.len());

    // The second run goes on from there.
    let mut offset: u64 = fs::read_to_string(&bookmark)?.parse()?;
    let mut rest = Vec::new();
    loop {
        let page = client
            .page(&contract, week, offset, PageSize::DEFAULT)
            .await?;
        let total = page.total.ok_or("a page that counts nothing")?;
        let page = page.into_inner();
        offset += page.events.len() as u64;
        fs::write(&bookmark, offset.to_string())?;
        let ended = page.events.is_empty();
        rest.extend(page.events);
        if offset >= total.count {
            break;
        }
        if ended {
            return Err(format!("{offset} of {} events, and no more", total.count).into());
        }
    }
    println!("second run: {} events", rest.len());

    // Both together are what the log holds; the simulator lists it oldest first.
    let read = first.events.iter().chain(&rest).rev();
    let truth: Vec<String> = simulator
        .records(simulator.contracts()[0], week.start(), week.end())
        .collect();
    if !read
        .map(|event| event.raw())
        .eq(truth.iter().map(String::as_str))
    {
        return Err("the two parts are not the log".into());
    }
    println!("together: all {} events, each once", truth.len());
    Ok(())
}
