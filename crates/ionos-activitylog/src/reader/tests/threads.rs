//! With a spawner, windows are read on the threads of the program, and the result is the same.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spawner_does_not_change_the_events_or_their_order() {
    let week = range("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z");
    let rate = Trigger::any().rate(Share::new(0.2).unwrap());
    let faults = Faults::new().add_rule(rate, Answer::new(503)).unwrap();
    let builder = Simulator::builder().events_per_day(5_000).faults(faults);
    let simulator = simulated(builder);
    let spawned = Arc::new(AtomicU32::new(0));
    let count = spawned.clone();
    let client = Client::builder()
        .token(simulator.token())
        .transport(simulator.transport())
        .clock(Arc::new(VirtualClock::starting_at(parse_time("2026-12-01T00:00:00Z"))))
        .spawner(move |task| {
            count.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(task);
        })
        .build()
        .unwrap();
    let events = client.events(simulator.contracts()[0].into(), week);
    let filter = Filter::parse(["mutations=true"]).unwrap();
    let (records, summary, error) = read(events.filter(filter.clone())).await;
    assert!(error.is_none(), "{error:?}");
    let mut kept = ordered(truth(&simulator, week));
    kept.retain(|record| filter.matches(&Event::from_json(record.clone()).unwrap()));
    assert!(records == kept && summary.filtered > 0, "{summary:?}");
    assert!(u64::from(spawned.load(Ordering::Relaxed)) > summary.windows);
}
