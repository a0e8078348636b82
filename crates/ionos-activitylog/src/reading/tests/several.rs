//! Several windows and contracts at the same time, on threads of the program or taking turns.

use super::*;

/// Whoever lends threads gets the same, sooner.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_threads_of_the_program_the_same_comes_in_the_same_order() {
    let week = range("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z");
    let rate = When::any().rate(Share::new(0.2).unwrap());
    let faults = Faults::new().on(rate, Answer::new(503)).unwrap();
    let builder = Simulator::builder().events_per_day(5_000).faults(faults);
    let simulator = simulated(builder);
    let lent = Arc::new(AtomicU32::new(0));
    let count = lent.clone();
    let client = Client::builder()
        .token(simulator.token())
        .transport(simulator.transport())
        .clock(Arc::new(VirtualClock::at(at("2026-12-01T00:00:00Z"))))
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
    assert!(u64::from(lent.load(Ordering::Relaxed)) > summary.windows);
}

/// Answers only after others had some turns.
struct Waiting(Arc<dyn Transport>);

impl Transport for Waiting {
    fn send<'a>(&'a self, operation: &'static str, request: reqwest::Request) -> Exchange<'a> {
        Box::pin(async move {
            for _ in 0..3 {
                tokio::task::yield_now().await;
            }
            self.0.send(operation, request).await
        })
    }
}

#[tokio::test]
async fn contracts_take_turns_and_fail_alone() {
    use futures_util::StreamExt;
    let week = range("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z");
    let simulator = Simulator::builder().contracts(6).events_per_day(4_000);
    let bad = Simulator::builder().contracts(6).build().contracts()[2];
    let faults = Faults::new()
        .on(When::any().contract(bad), Answer::new(403))
        .unwrap();
    let simulator = simulated(simulator.faults(faults));
    let numbers = simulator
        .contracts()
        .iter()
        .map(|number| ContractNumber::from(*number));
    // Every request waits for its turn, and for some others of the same task.
    let client = Client::builder()
        .token(simulator.token())
        .transport(Arc::new(Waiting(simulator.transport())))
        .max_in_flight(2)
        .build()
        .unwrap();
    let mut stream = client.events_of(numbers, week);
    let mut found: std::collections::BTreeMap<String, Result<Vec<String>, ErrorKind>> =
        Default::default();
    while let Some(ContractWindow { contract, result }) = stream.next().await {
        let of = found
            .entry(contract.to_string())
            .or_insert_with(|| Ok(Vec::new()));
        match result {
            Ok(window) => of
                .as_mut()
                .unwrap()
                .extend(window.events.iter().map(|e| e.raw().to_owned())),
            Err(error) => *of = Err(error.kind()),
        }
    }
    assert_eq!(found.len(), 6);
    for number in simulator.contracts() {
        let expected = match *number == bad {
            true => Err(ErrorKind::Forbidden),
            false => Ok(ordered(
                simulator
                    .records(*number, week.start(), week.end())
                    .collect(),
            )),
        };
        assert!(found[&number.to_string()] == expected, "{number}");
    }
    assert_eq!(stream.summaries().len(), 6);
}
