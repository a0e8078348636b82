use super::*;
use crate::clock::VirtualClock;
use futures_util::FutureExt;
use futures_util::future::join_all;

fn clock() -> VirtualClock {
    VirtualClock::at("2026-11-20T12:00:00Z".parse().unwrap())
}

/// A call that comes last, at a time at which nothing is held back.
async fn come(in_flight: &Arc<InFlight>) -> Place {
    in_flight.enter(in_flight.ticket(), &clock()).await
}

fn enter(in_flight: &Arc<InFlight>) -> Place {
    come(in_flight).now_or_never().unwrap()
}

/// As many at once as there may be, all with the same outcome.
fn burst(in_flight: &Arc<InFlight>, outcome: Outcome) {
    let places: Vec<Place> = (0..in_flight.limit()).map(|_| enter(in_flight)).collect();
    places.into_iter().for_each(|place| place.came_back(outcome));
}

#[test]
fn trouble_halves_the_limit_once_a_burst() {
    let in_flight = InFlight::new(16);
    assert_eq!(in_flight.limit(), 4);
    burst(&in_flight, Outcome::Overloaded);
    assert_eq!(in_flight.limit(), 2);
    burst(&in_flight, Outcome::Overloaded);
    burst(&in_flight, Outcome::Overloaded);
    assert_eq!(in_flight.limit(), 1);
}

#[test]
fn success_raises_the_limit_slowly_and_only_where_it_binds() {
    let in_flight = InFlight::new(6);
    (0..1_000).for_each(|_| enter(&in_flight).came_back(Outcome::Fine));
    assert_eq!(in_flight.limit(), 4, "one at a time never needed more");
    burst(&in_flight, Outcome::Overloaded);
    burst(&in_flight, Outcome::Overloaded);
    (0..49).for_each(|_| enter(&in_flight).came_back(Outcome::Fine));
    enter(&in_flight).came_back(Outcome::Other);
    assert_eq!(in_flight.limit(), 1);
    enter(&in_flight).came_back(Outcome::Fine);
    assert_eq!(in_flight.limit(), 2);
    (0..1_000).for_each(|_| burst(&in_flight, Outcome::Fine));
    assert_eq!(in_flight.limit(), 6);
}

#[tokio::test]
async fn a_place_can_be_given_free_before_it_is_known_what_came_back() {
    let in_flight = InFlight::new(1);
    for _ in 0..3 {
        let place = come(&in_flight).await;
        let mut next = Box::pin(come(&in_flight));
        assert!(next.as_mut().now_or_never().is_none());
        let exit = place.exit();
        exit.leave();
        exit.leave();
        let next = next.now_or_never().unwrap();
        assert!(come(&in_flight).now_or_never().is_none());
        place.came_back(Outcome::Fine);
        assert!(come(&in_flight).now_or_never().is_none(), "free once");
        drop(next);
    }
    assert_eq!(in_flight.state().under_way, 0);
}

#[tokio::test]
async fn no_more_than_the_limit_are_on_their_way_and_all_get_there() {
    let in_flight = InFlight::new(3);
    let most = Mutex::new((0, 0));
    join_all((0..100).map(|_| async {
        let place = come(&in_flight).await;
        {
            let mut most = most.lock().unwrap();
            most.0 += 1;
            most.1 = most.1.max(most.0);
        }
        tokio::task::yield_now().await;
        most.lock().unwrap().0 -= 1;
        place.came_back(Outcome::Fine);
    }))
    .await;
    assert_eq!(*most.lock().unwrap(), (0, 3));
}

#[tokio::test]
async fn whoever_gives_up_waiting_holds_nobody_up() {
    let in_flight = InFlight::new(1);
    let place = come(&in_flight).await;
    let mut gives_up = Box::pin(come(&in_flight));
    assert!(gives_up.as_mut().now_or_never().is_none());
    let waits = come(&in_flight);
    drop(gives_up);
    drop(place);
    waits.await.came_back(Outcome::Fine);
}

#[tokio::test]
async fn whoever_is_next_is_woken_when_another_gives_up_its_turn() {
    let in_flight = InFlight::new(2);
    let (one, two) = (come(&in_flight).await, come(&in_flight).await);
    let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(come(&in_flight))).collect();
    for turn in &mut waiting {
        assert!(turn.as_mut().now_or_never().is_none());
    }
    let gives_up = waiting.remove(0);
    let both = tokio::time::timeout(std::time::Duration::from_secs(10), join_all(waiting));
    let (places, ()) = tokio::join!(both, async {
        drop((one, two));
        // The first was woken and leaves without looking.
        drop(gives_up);
    });
    assert_eq!(places.unwrap().len(), 2);
}

#[tokio::test]
async fn all_wait_as_long_as_one_was_told_and_only_the_first_of_them_by_the_clock() {
    let (in_flight, clock) = (InFlight::new(4), clock());
    enter(&in_flight).came_back(Outcome::Held(Duration::from_secs(3)));
    let call = async || {
        let ticket = in_flight.ticket();
        let place = in_flight.enter(ticket, &clock).await;
        place.came_back(Outcome::Fine);
        clock.elapsed()
    };
    let gone = join_all((0..5).map(|_| call())).await;
    assert_eq!(gone, [Duration::from_secs(3); 5]);
    assert_eq!(clock.waits(), [Duration::from_secs(3)]);
    assert!(!in_flight.is_held(clock.elapsed()));
}

#[tokio::test]
async fn whoever_came_first_is_not_behind_those_that_came_later() {
    let (in_flight, clock) = (InFlight::new(1), clock());
    let order = Mutex::new(Vec::new());
    let call = async |ticket: Ticket| {
        let place = in_flight.enter(ticket, &clock).await;
        order.lock().unwrap().push(ticket);
        tokio::task::yield_now().await;
        place.came_back(Outcome::Fine);
    };
    let tickets: Vec<Ticket> = (0..3).map(|_| in_flight.ticket()).collect();
    let busy = enter(&in_flight);
    tokio::join!(call(tickets[2]), call(tickets[1]), call(tickets[0]), async {
        busy.came_back(Outcome::Held(Duration::from_secs(3)));
    });
    assert_eq!(*order.lock().unwrap(), tickets);
}

#[tokio::test]
async fn the_longest_of_several_waits_holds() {
    let (in_flight, clock) = (InFlight::new(4), clock());
    let seconds = Duration::from_secs;
    let places = [enter(&in_flight), enter(&in_flight)];
    for (place, until) in places.into_iter().zip([5, 2]) {
        place.came_back(Outcome::Held(seconds(until)));
    }
    drop(in_flight.enter(in_flight.ticket(), &clock).await);
    assert_eq!(clock.waits(), [seconds(5)]);
    assert_eq!(in_flight.limit(), 2, "one trouble, and halved once");
}

#[tokio::test]
async fn whoever_is_next_waits_on_when_the_first_gives_up() {
    let (in_flight, clock) = (InFlight::new(4), clock());
    enter(&in_flight).came_back(Outcome::Held(Duration::from_secs(3)));
    let mut gives_up = Box::pin(in_flight.enter(in_flight.ticket(), &clock));
    assert!(gives_up.as_mut().now_or_never().is_none());
    let waits = in_flight.enter(in_flight.ticket(), &clock);
    let (place, ()) = tokio::join!(waits, async { drop(gives_up) });
    place.came_back(Outcome::Fine);
    assert_eq!(clock.waits(), [Duration::from_secs(3)]);
}
