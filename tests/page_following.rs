//! The stream reads on until nothing can be missing, whatever page size and count the service answers with.

use futures_util::{StreamExt, TryStreamExt};
use ionos_activitylog::{DateRange, ErrorKind, PageSize};

use crate::scripted::{Scripted, answer};

/// A page of numbered records with a total written as given.
fn page(total: &str, numbers: std::ops::Range<u32>) -> http::Response<Vec<u8>> {
    let hits: Vec<String> = numbers
        .map(|n| format!(r#"{{"_source":{{"n":{n}}}}}"#))
        .collect();
    answer(
        200,
        format!(
            r#"{{"hits":{{"total":{total},"hits":[{}]}}}}"#,
            hits.join(",")
        ),
    )
}

/// Reads everything with pages of 3 and returns how many events came and at which offsets they were asked for.
async fn read(answers: Vec<http::Response<Vec<u8>>>) -> (usize, Vec<u64>) {
    let (scripted, client) = Scripted::client(answers);
    let range = DateRange::day("2026-11-20".parse().unwrap()).unwrap();
    let events = client
        .events("1".parse().unwrap(), range)
        .page_size(PageSize::new(3).unwrap())
        .stream();
    let events: Vec<String> = events
        .map_ok(|event| event.raw().to_owned())
        .try_collect()
        .await
        .unwrap();
    let expected: Vec<String> = (0..events.len())
        .map(|n| format!(r#"{{"n":{n}}}"#))
        .collect();
    assert_eq!(events, expected, "every event once and in order");
    let offset = |request: &reqwest::Request| {
        let (_, offset) = request
            .url()
            .query_pairs()
            .find(|(name, _)| name == "offset")
            .unwrap();
        offset.parse().unwrap()
    };
    (
        events.len(),
        scripted.requests().iter().map(offset).collect(),
    )
}

#[tokio::test]
async fn pages_are_followed_by_the_number_of_hits_received() {
    let cases: Vec<(&str, Vec<_>, usize, Vec<u64>)> = vec![
        ("an empty range", vec![page("0", 0..0)], 0, vec![0]),
        ("one page", vec![page("2", 0..2)], 2, vec![0]),
        (
            "several pages",
            vec![page("5", 0..3), page("5", 3..5)],
            5,
            vec![0, 3],
        ),
        (
            "a full last page is asked past, for a count may be capped",
            vec![page("3", 0..3), page("3", 0..0)],
            3,
            vec![0, 3],
        ),
        (
            "a capped count",
            vec![page("3", 0..3), page("3", 3..5)],
            5,
            vec![0, 3],
        ),
        (
            "a service that caps the page size",
            vec![page("5", 0..2), page("5", 2..4), page("5", 4..5)],
            5,
            vec![0, 2, 4],
        ),
        (
            "a service that caps page size and count",
            vec![page("4", 0..2), page("4", 2..4), page("4", 4..5)],
            5,
            vec![0, 2, 4],
        ),
        (
            "a count that is a lower bound",
            vec![
                page(r#"{"value":1,"relation":"gte"}"#, 0..3),
                page(r#"{"value":1,"relation":"gte"}"#, 3..4),
                page("1", 0..0),
            ],
            4,
            vec![0, 3, 4],
        ),
        (
            "no count",
            vec![page("null", 0..2), page("null", 2..3), page("null", 0..0)],
            3,
            vec![0, 2, 3],
        ),
        (
            "a count as a string",
            vec![page(r#""4""#, 0..3), page(r#""4""#, 3..4)],
            4,
            vec![0, 3],
        ),
        (
            "a short page in the middle",
            vec![page("5", 0..3), page("5", 3..4), page("5", 4..5)],
            5,
            vec![0, 3, 4],
        ),
        (
            "a count that grows",
            vec![page("4", 0..3), page("5", 3..4), page("5", 4..5)],
            5,
            vec![0, 3, 4],
        ),
    ];
    for (name, answers, events, offsets) in cases {
        assert_eq!(read(answers).await, (events, offsets), "{name}");
    }
}

#[tokio::test]
async fn an_end_that_cannot_be_the_end_is_an_error() {
    let least =
        |count: u32, numbers| page(&format!(r#"{{"value":{count},"relation":"gte"}}"#), numbers);
    let cases = [
        ("fewer than counted", vec![page("5", 0..3), page("5", 0..0)]),
        (
            "the count is gone",
            vec![page("5000", 0..3), page("null", 0..0)],
        ),
        (
            "the count shrank to nothing",
            vec![page("5000", 0..3), page("0", 0..0)],
        ),
        (
            "the count shrank to what was read",
            vec![page("5000", 0..3), page("4", 3..4), page("4", 0..0)],
        ),
        (
            "neither count nor list",
            vec![page("5000", 0..3), answer(200, r#"{"hits":{}}"#)],
        ),
        (
            "neither count nor list, nor a count before",
            vec![page("null", 0..3), answer(200, r#"{"hits":{"hits":null}}"#)],
        ),
        ("no hits", vec![page("5000", 0..3), answer(200, "{}")]),
        (
            "a lower bound, and not one more",
            vec![least(3, 0..3), least(3, 0..0)],
        ),
        (
            "a lower bound that is not reached",
            vec![least(5, 0..3), least(5, 0..0)],
        ),
        (
            "the same page again",
            vec![page("9", 0..3), page("9", 0..3)],
        ),
    ];
    for (name, answers) in cases {
        let (_, client) = Scripted::client(answers);
        let range = DateRange::day("2026-11-20".parse().unwrap()).unwrap();
        let events = client
            .events("1".parse().unwrap(), range)
            .page_size(PageSize::new(3).unwrap())
            .stream();
        let error = events.try_collect::<Vec<_>>().await.expect_err(name);
        assert!(
            matches!(error.kind(), ErrorKind::Incomplete | ErrorKind::Decode),
            "{name}: {error}"
        );
    }
}

#[tokio::test]
async fn after_an_error_the_stream_is_at_its_end() {
    let (_, client) = Scripted::client([page("5", 0..3), answer(503, "")]);
    let range = DateRange::day("2026-11-20".parse().unwrap()).unwrap();
    let events = client.events("1".parse().unwrap(), range).stream();
    let events: Vec<bool> = events.map(|event| event.is_ok()).collect().await;
    assert_eq!(events, [true, true, true, false]);
}
