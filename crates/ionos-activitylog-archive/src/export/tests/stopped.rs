//! Exports that are stopped, as by Ctrl-C, while they look for late events.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_channel::oneshot;
use ionos_activitylog::seam::{Exchange, Transport};

use super::*;

/// A log with one event per 10 minutes. Every seventh event arrives late.
#[derive(Default)]
struct LateLog {
    all_arrived: AtomicBool,
    requests: AtomicU64,
    /// Number of the request that stops the export, and a sender. Dropping the sender stops the export.
    stop: Mutex<Option<(u64, oneshot::Sender<()>)>>,
}

impl LateLog {
    fn minutes(&self) -> impl Iterator<Item = i64> {
        let all_arrived = self.all_arrived.load(Ordering::Relaxed);
        (0..432).filter(move |index| all_arrived || index % 7 > 0).map(|index| index * 10)
    }
}

impl Transport for LateLog {
    fn send<'a>(&'a self, _: &'static str, request: reqwest::Request) -> Exchange<'a> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let mut stop = self.stop.lock().unwrap();
        if stop.as_ref().is_some_and(|(at, _)| *at == number) {
            drop(stop.take());
        }
        let query = PageRequest::of(&request);
        let (from, to) = (query.from, query.to);
        let times = self.minutes().map(|minute| days().start() + TimeDelta::minutes(minute));
        let times: Vec<_> = times.filter(|time| (from..to).contains(time)).collect();
        query.answer(&times, 100)
    }
}

#[tokio::test]
async fn a_stop_while_late_events_are_read_leaves_no_gap() {
    for (reread, stop_at) in (1..24).flat_map(|at| [(false, at), (true, at)]) {
        let root = tempfile::tempdir().unwrap();
        let service = Arc::new(LateLog::default());
        let clock = Arc::new(VirtualClock::starting_at(parse_time(NOW)));
        let client = Client::builder().token("a.b.c").transport(service.clone()).clock(clock.clone()).build().unwrap();
        let exporter = || Exporter::new(client.clone(), Archive::new(root.path())).clock(clock.clone());
        let first = exporter().run(&[7.into()], days(), std::future::pending()).await.pop().unwrap().1.unwrap();
        assert_eq!(first.gaps, []);
        service.all_arrived.store(true, Ordering::Relaxed);
        let recount = || exporter().recount(!reread).reread(reread);
        let (stop, stopped) = oneshot::channel::<()>();
        let at = service.requests.load(Ordering::Relaxed) + stop_at;
        *service.stop.lock().unwrap() = Some((at, stop));
        let stopped = async move { stopped.await.unwrap_or(()) };
        let done = recount().run(&[7.into()], days(), stopped).await.pop().unwrap().1.unwrap();
        assert_eq!(done.gaps, [], "reread {reread}, stop at {stop_at}");
        *service.stop.lock().unwrap() = None;
        let done = recount().run(&[7.into()], days(), std::future::pending()).await.pop().unwrap().1.unwrap();
        assert!(done.gaps.is_empty() && done.warnings.is_empty(), "reread {reread}, stop at {stop_at}: {done:?}");
        let report = verify_archive(&Archive::new(root.path()), None).unwrap();
        assert_eq!((report.findings.as_slice(), report.events), (&[][..], 432), "reread {reread}, stop at {stop_at}");
    }
}
