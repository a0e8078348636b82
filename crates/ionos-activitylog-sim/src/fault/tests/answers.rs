//! Faults that change the content of an answer.

use std::io::Read;

use super::*;

#[tokio::test]
async fn an_answer_of_the_script_replaces_the_correct_one() {
    let envelope = Body::Envelope { code: "429".into(), message: "Slow down".into() };
    let json = r#"{"httpStatus":429,"messages":[{"errorCode":"429","message":"Slow down"}]}"#;
    for (answer, status_line, header, body) in [
        (
            Answer::new(429).body(envelope).retry_after(RetryAfter::Date(60)),
            "HTTP/1.1 429 Too Many Requests\r\n",
            "\r\nretry-after: Fri, 20 Nov 2026 12:01:00 GMT\r\n",
            json,
        ),
        (
            Answer::new(502).body(Body::Html("<p>".into())).retry_after(RetryAfter::Fraction(0.5)),
            "HTTP/1.1 502 Bad Gateway\r\n",
            "\r\nretry-after: 0.5\r\n",
            "<p>",
        ),
        (Answer::new(204).header("x-a", "b"), "HTTP/1.1 204 No Content\r\n", "\r\nx-a: b\r\n", ""),
        (Answer::new(999).body(Body::Text("?".into())), "HTTP/1.1 999 ", "\r\ncontent-type: text/plain\r\n", "?"),
    ] {
        let received = over_loopback(&always(answer.clone()), &page()).await;
        assert!(received.head.starts_with(status_line), "{received:?}");
        assert!(received.head.contains(header), "{received:?}");
        assert!(received.head.contains("\r\nx-request-id: "), "{received:?}");
        assert_eq!((received.text(), received.error), (body, None));

        let (response, in_process, fault) = in_process(&always(answer), &page()).await.unwrap();
        assert!(status_line.contains(response.status().as_str()));
        assert_eq!((in_process, fault), (body.as_bytes().to_vec(), None));
    }
}

#[tokio::test]
async fn an_html_page_and_a_redirect_replace_the_correct_answer() {
    let received = over_loopback(&always(Fault::Html200), &page()).await;
    assert!(received.head.starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(received.head.contains("\r\ncontent-type: text/html"));
    assert!(received.text().starts_with("<!DOCTYPE html>"));

    let location = "https://portal.example.com/login".to_owned();
    let redirect = always(Fault::Redirect { location });
    let received = over_loopback(&redirect, &page()).await;
    assert!(received.head.starts_with("HTTP/1.1 302 Found\r\n"));
    let header = "\r\nlocation: https://portal.example.com/login\r\n";
    assert!(received.head.contains(header), "{received:?}");
    assert!(received.declares(0), "{received:?}");
}

#[tokio::test]
async fn damage_changes_one_place_of_the_correct_answer() {
    let path = page();
    let correct = correct_answer(&path);
    let damaged = async |fault: Fault, path: &str| {
        let received = over_loopback(&always(fault.clone()), path).await;
        assert!(received.declares(received.body.len()), "{received:?}");
        assert!(received.head.contains("application/json"));
        let (_, body, _) = in_process(&always(fault), path).await.unwrap();
        assert_eq!(received.body, body);
        received.text().to_owned()
    };

    let malformed = damaged(Fault::MalformedJson, &path).await;
    assert_eq!(malformed, format!("{}]", &correct[..correct.len() - 1]));

    let begin = correct.split_inclusive("\"hits\":").take(2).collect::<String>();
    let null = damaged(Fault::NullForArray, &path).await;
    assert_eq!(null, format!("{begin}null}}}}"));
    assert_eq!(damaged(Fault::NullForArray, CONTRACTS).await, "null");

    let wrong = damaged(Fault::WrongType, &path).await;
    let hits = |text: &str| {
        let mut page: serde_json::Value = serde_json::from_str(text).unwrap();
        let hits = page["hits"]["hits"].take();
        hits.as_array().unwrap().clone()
    };
    let pairs = hits(&correct).into_iter().zip(hits(&wrong));
    let different: Vec<_> = pairs.filter(|(right, wrong)| right != wrong).collect();
    let [(right_hit, wrong_hit)] = &different[..] else {
        panic!("{different:?}");
    };
    let right_members = right_hit["_source"].as_object().unwrap();
    let changed: Vec<_> =
        right_members.iter().filter(|(name, value)| wrong_hit["_source"][name.as_str()] != **value).collect();
    let [(name, value)] = &changed[..] else {
        panic!("{changed:?}");
    };
    let wrong_value = &wrong_hit["_source"][name.as_str()];
    assert_ne!(value.is_object(), wrong_value.is_object());
}

#[tokio::test]
async fn a_decompression_bomb_is_small_on_the_wire_and_large_after_decompression() {
    let correct = correct_answer(CONTRACTS);
    let spaces = 50 << 20;
    let bomb = || always(Fault::DecompressionBomb { bytes: spaces });
    let received = over_loopback(&bomb(), CONTRACTS).await;
    assert!(received.head.contains("\r\ncontent-encoding: gzip\r\n"));
    assert!(received.declares(received.body.len()));
    assert!(received.body.len() < 100_000, "{}", received.body.len());
    let mut unpacked = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(&received.body[..]);
    decoder.read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked.len() as u64, spaces + correct.len() as u64);
    assert!(unpacked.ends_with(correct.as_bytes()));

    let (response, body, fault) = in_process(&bomb(), CONTRACTS).await.unwrap();
    assert!(!response.headers().contains_key("content-encoding"));
    assert!(!response.headers().contains_key("content-length"));
    assert!(body == unpacked);
    assert_eq!(fault, None);
}

#[tokio::test]
async fn a_client_that_stops_reading_early_is_not_harmed_by_a_bomb() {
    let bytes = MAX_BOMB_BYTES;
    let url = format!("https://api.ionos.com{CONTRACTS}").parse().unwrap();
    let request = reqwest::Request::new(http::Method::GET, url);
    let transport = always(Fault::DecompressionBomb { bytes }).transport();
    let mut response = transport.send("", request).await.unwrap();
    let mut read = 0;
    while read < 10 << 20 {
        read += response.chunk().await.unwrap().unwrap().len();
    }
    assert!(read < 20 << 20);
}

#[test]
fn a_script_can_set_the_request_id_of_its_answers() {
    let named = Answer::new(503).header("X-Request-Id", "of the script");
    let script = Faults::new()
        .add_rule(Trigger::any().requests([1]), named)
        .and_then(|script| script.add_rule(Trigger::any().requests([2]), Answer::new(503)))
        .unwrap();
    let simulator = simulator(script);
    let request = http::Request::get("/").body(()).unwrap();
    let name = || simulator.answer(&request).headers()["x-request-id"].clone();
    assert_eq!(name(), "of the script");
    assert_eq!(name().len(), 36);
}
