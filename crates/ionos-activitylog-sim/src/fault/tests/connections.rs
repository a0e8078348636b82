//! Faults that change the way an answer arrives.

use tokio::time::Instant;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_delayed_answer_is_correct_and_arrives_after_a_pause() {
    let delay = Duration::from_secs(100);
    for path in [page().as_str(), CONTRACTS] {
        let begin = Instant::now();
        let received = over_loopback(&always(Fault::Delay(delay)), path).await;
        assert_eq!((received.text(), received.error), (&*correct_answer(path), None));
        assert!(begin.elapsed() >= delay);

        let begin = Instant::now();
        let (_, body, _) = in_process(&always(Fault::Delay(delay)), path).await.unwrap();
        assert_eq!(body, correct_answer(path).as_bytes());
        assert!(begin.elapsed() >= delay);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dripping_answer_is_correct_and_arrives_in_pieces() {
    let every = Duration::from_secs(60);
    let correct = correct_answer(CONTRACTS);
    let pauses = (correct.len() as u32 - 1) / 50;
    assert!(pauses > 1);
    let drip = || always(Fault::Drip { bytes: 50, every });
    let begin = Instant::now();
    let received = over_loopback(&drip(), CONTRACTS).await;
    assert_eq!((received.text(), received.error), (&*correct, None));
    assert!(received.declares(correct.len()));
    assert!(begin.elapsed() >= every * pauses);

    let begin = Instant::now();
    let (_, body, _) = in_process(&drip(), CONTRACTS).await.unwrap();
    assert_eq!(body, correct.as_bytes());
    assert!(begin.elapsed() >= every * pauses);
}

#[tokio::test]
async fn a_connection_is_cut_or_reset_after_the_configured_bytes() {
    use ErrorKind::{ConnectionReset, UnexpectedEof};
    let path = page();
    let correct = correct_answer(&path);
    let all = correct.len();
    for (fault, bytes, over_socket, in_a_client) in [
        (Fault::ResetAfterHeaders, 0, Some(ConnectionReset), Some(ConnectionReset)),
        (Fault::ResetAfter { bytes: 100 }, 100, Some(ConnectionReset), Some(ConnectionReset)),
        // A client that stops at the announced length does not notice the reset.
        (Fault::ResetAfter { bytes: 1 << 40 }, all, Some(ConnectionReset), None),
        (Fault::CutAt { bytes: 0 }, 0, None, Some(UnexpectedEof)),
        (Fault::CutAt { bytes: 100 }, 100, None, Some(UnexpectedEof)),
        (Fault::CutAt { bytes: 1 << 40 }, all, None, None),
    ] {
        let received = over_loopback(&always(fault.clone()), &path).await;
        assert!(received.head.starts_with("HTTP/1.1 200 OK\r\n"), "{fault:?}");
        assert!(received.declares(all), "{received:?}");
        assert_eq!(received.text(), &correct[..bytes], "{fault:?}");
        assert_eq!(received.error, over_socket, "{fault:?}");

        let (response, body, end) = in_process(&always(fault.clone()), &path).await.unwrap();
        assert_eq!(response.headers()["content-length"], all.to_string());
        assert_eq!(body, &correct.as_bytes()[..bytes], "{fault:?}");
        assert_eq!(end, in_a_client, "{fault:?}");
    }
}

#[tokio::test]
async fn a_connection_may_be_reset_before_the_answer_begins() {
    let received = over_loopback(&always(Fault::ResetBeforeHeaders), &page()).await;
    assert_eq!((&*received.head, received.text()), ("", ""));
    assert_eq!(received.error, Some(ErrorKind::ConnectionReset));

    let error = in_process(&always(Fault::ResetBeforeHeaders), &page()).await;
    let error = error.unwrap_err();
    assert_eq!(io_error_kind(&error), Some(ErrorKind::ConnectionReset));
    assert_eq!(error.url().unwrap().path(), page().split('?').next().unwrap());
    assert!(!error.is_connect() && !error.is_timeout());
}

#[tokio::test]
async fn a_wrong_length_is_announced_and_the_whole_body_is_sent() {
    let correct = correct_answer(CONTRACTS);
    let all = correct.len();
    for (by, declared, in_a_client, end) in
        [(3, all + 3, all, Some(ErrorKind::UnexpectedEof)), (-3, all - 3, all - 3, None), (i64::MIN, 0, 0, None)]
    {
        let fault = || always(Fault::WrongContentLength { by });
        let received = over_loopback(&fault(), CONTRACTS).await;
        assert!(received.declares(declared), "{received:?}");
        assert_eq!((received.text(), received.error), (&*correct, None));

        let (_, body, fault) = in_process(&fault(), CONTRACTS).await.unwrap();
        assert_eq!(body, &correct.as_bytes()[..in_a_client]);
        assert_eq!(fault, end);
    }
}

#[tokio::test]
async fn a_fault_looks_the_same_in_process_and_through_an_http_client() {
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
        let outcomes = [in_process(&simulators(), &page()).await, over_http_client(&simulators(), &page()).await];
        let [here, there] = outcomes.map(|outcome| {
            let (response, body, end) = outcome.ok()?;
            let head = (response.status(), response.headers().clone());
            Some((head, body, end.is_some()))
        });
        assert_eq!(here, there, "{fault:?}");
    }
}
