//! Faults of how an answer arrives.

use tokio::time::Instant;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_delayed_answer_is_the_right_one_later() {
    let delay = Duration::from_secs(100);
    for path in [page().as_str(), CONTRACTS] {
        let begin = Instant::now();
        let received = over_loopback(&always(Fault::Delay(delay)), path).await;
        assert_eq!((received.text(), received.fault), (&*right(path), None));
        assert!(begin.elapsed() >= delay);

        let begin = Instant::now();
        let (_, body, _) = in_process(&always(Fault::Delay(delay)), path).await.unwrap();
        assert_eq!(body, right(path).as_bytes());
        assert!(begin.elapsed() >= delay);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dripping_answer_is_the_right_one_in_pieces() {
    let every = Duration::from_secs(60);
    let right = right(CONTRACTS);
    let pauses = (right.len() as u32 - 1) / 50;
    assert!(pauses > 1);
    let drip = || always(Fault::Drip { bytes: 50, every });
    let begin = Instant::now();
    let received = over_loopback(&drip(), CONTRACTS).await;
    assert_eq!((received.text(), received.fault), (&*right, None));
    assert!(received.declares(right.len()));
    assert!(begin.elapsed() >= every * pauses);

    let begin = Instant::now();
    let (_, body, _) = in_process(&drip(), CONTRACTS).await.unwrap();
    assert_eq!(body, right.as_bytes());
    assert!(begin.elapsed() >= every * pauses);
}

#[tokio::test]
async fn a_connection_ends_where_the_script_says_and_as_it_says() {
    use ErrorKind::{ConnectionReset, UnexpectedEof};
    let path = page();
    let right = right(&path);
    let all = right.len();
    for (fault, bytes, over_socket, in_a_client) in [
        (Fault::ResetAfterHeaders, 0, Some(ConnectionReset), Some(ConnectionReset)),
        (Fault::ResetAfter { bytes: 100 }, 100, Some(ConnectionReset), Some(ConnectionReset)),
        // Nobody who stops at the announced length notices.
        (Fault::ResetAfter { bytes: 1 << 40 }, all, Some(ConnectionReset), None),
        (Fault::CutAt { bytes: 0 }, 0, None, Some(UnexpectedEof)),
        (Fault::CutAt { bytes: 100 }, 100, None, Some(UnexpectedEof)),
        (Fault::CutAt { bytes: 1 << 40 }, all, None, None),
    ] {
        let received = over_loopback(&always(fault.clone()), &path).await;
        assert!(received.head.starts_with("HTTP/1.1 200 OK\r\n"), "{fault:?}");
        assert!(received.declares(all), "{received:?}");
        assert_eq!(received.text(), &right[..bytes], "{fault:?}");
        assert_eq!(received.fault, over_socket, "{fault:?}");

        let (response, body, end) = in_process(&always(fault.clone()), &path).await.unwrap();
        assert_eq!(response.headers()["content-length"], all.to_string());
        assert_eq!(body, &right.as_bytes()[..bytes], "{fault:?}");
        assert_eq!(end, in_a_client, "{fault:?}");
    }
}

#[tokio::test]
async fn a_connection_may_be_reset_before_the_answer_begins() {
    let received = over_loopback(&always(Fault::ResetBeforeHeaders), &page()).await;
    assert_eq!((&*received.head, received.text()), ("", ""));
    assert_eq!(received.fault, Some(ErrorKind::ConnectionReset));

    let error = in_process(&always(Fault::ResetBeforeHeaders), &page()).await;
    let error = error.unwrap_err();
    assert_eq!(cause(&error), Some(ErrorKind::ConnectionReset));
    assert_eq!(error.url().unwrap().path(), page().split('?').next().unwrap());
    assert!(!error.is_connect() && !error.is_timeout());
}

#[tokio::test]
async fn a_wrong_length_is_announced_and_all_is_sent() {
    let right = right(CONTRACTS);
    let all = right.len();
    for (by, declared, in_a_client, end) in
        [(3, all + 3, all, Some(ErrorKind::UnexpectedEof)), (-3, all - 3, all - 3, None), (i64::MIN, 0, 0, None)]
    {
        let fault = || always(Fault::WrongContentLength { by });
        let received = over_loopback(&fault(), CONTRACTS).await;
        assert!(received.declares(declared), "{received:?}");
        assert_eq!((received.text(), received.fault), (&*right, None));

        let (_, body, fault) = in_process(&fault(), CONTRACTS).await.unwrap();
        assert_eq!(body, &right.as_bytes()[..in_a_client]);
        assert_eq!(fault, end);
    }
}

#[tokio::test]
async fn in_process_a_fault_looks_as_it_does_behind_an_http_client() {
    let every = Duration::from_millis(1);
    for fault in [
        Fault::from(Answer::new(503).body(Body::Html("<p>".into()))),
        Fault::from(Answer::new(204)),
        Fault::Delay(every),
        Fault::Drip { bytes: 500, every },
        Fault::ResetBeforeHeaders,
        Fault::ResetAfterHeaders,
        Fault::ResetAfter { bytes: 100 },
        Fault::ResetAfter { bytes: 1 << 40 },
        Fault::CutAt { bytes: 0 },
        Fault::CutAt { bytes: 100 },
        Fault::CutAt { bytes: 1 << 40 },
        Fault::WrongContentLength { by: 3 },
        Fault::WrongContentLength { by: -3 },
        Fault::WrongContentLength { by: i64::MIN },
        Fault::MalformedJson,
        Fault::NullForArray,
        Fault::WrongType,
        Fault::Html200,
        Fault::Redirect { location: "https://example.com/".into() },
    ] {
        let simulators = || always(fault.clone());
        let outcomes = [in_process(&simulators(), &page()).await, behind_a_client(&simulators(), &page()).await];
        let [here, there] = outcomes.map(|outcome| {
            let (response, body, end) = outcome.ok()?;
            let head = (response.status(), response.headers().clone());
            Some((head, body, end.is_some()))
        });
        assert_eq!(here, there, "{fault:?}");
    }
}
