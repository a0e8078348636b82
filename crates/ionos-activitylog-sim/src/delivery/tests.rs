use http_body_util::BodyExt;

use super::*;

fn reply(body: &'static str, delivery: Delivery) -> Reply {
    Reply { delivery, ..Reply::new(Response::new(Bytes::from_static(body.as_bytes()))) }
}

#[test]
fn only_what_ends_as_announced_keeps_the_rules() {
    let ends = |end| Delivery { end, ..Delivery::default() };
    assert!(reply("abc", Delivery::default()).keeps_the_rules());
    assert!(!reply("abc", ends(End::ClosedAfter(3))).keeps_the_rules());
    assert!(!reply("abc", ends(End::ResetAfter(3))).keeps_the_rules());
    let mut misdeclared = reply("abc", Delivery::default());
    misdeclared.misdeclare(1);
    assert!(!misdeclared.keeps_the_rules());
}

#[tokio::test(start_paused = true)]
async fn pieces_have_the_size_of_the_pace_and_a_pause_before_each_but_the_first() {
    let every = Duration::from_secs(1);
    let delivery = Delivery { pace: Some(Pace { bytes: 2, every }), ..Delivery::default() };
    let begin = tokio::time::Instant::now();
    let mut body = reply("abcde", delivery).over_a_connection().into_body();
    let mut pieces = Vec::new();
    while let Some(frame) = body.frame().await {
        let piece = frame.unwrap().into_data().unwrap();
        pieces.push((begin.elapsed().as_secs(), piece));
    }
    assert_eq!(pieces, [(0, "ab".into()), (1, "cd".into()), (2, Bytes::from("e"))]);
}

#[test]
fn segments_are_given_out_as_often_as_they_say() {
    let mut segments = Segments::new([("ab".into(), 2), ("".into(), 9), ("c".into(), 1)]);
    assert_eq!(segments.length(), 5);
    assert_eq!(segments.piece(1).unwrap(), "a");
    assert_eq!(segments.length(), 4);
    let rest: Vec<Bytes> = segments.collect();
    assert_eq!(rest, ["b", "ab", "c"]);
}
