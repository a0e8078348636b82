//! Tests of the settings that concern pages: their envelope, their hits and the order of the hits.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{ReceivedAnswer, ServedSimulator};
use crate::behavior::{Behavior, DeepOffset, Order, OverLimit, TOTAL_CAP, TotalShape, TotalValue};

#[tokio::test]
async fn a_limit_above_the_maximum_is_clamped_or_refused() {
    for (over_limit, status, hits) in [(OverLimit::Clamp, 200, 50), (OverLimit::Refuse, 400, 0)] {
        let behavior = Behavior { max_limit: 50, over_limit, ..Behavior::default() };
        let service = ServedSimulator::with(behavior).await;
        assert_eq!(service.log("limit=50").await.hits().len(), 50);
        let over = service.log("limit=51").await;
        assert_eq!(over.status, status, "{over_limit}");
        assert_eq!(over.json()["hits"]["hits"].as_array().map_or(0, Vec::len), hits);
    }
}

#[tokio::test]
async fn a_page_beyond_the_window_cap_is_served_refused_failed_or_empty() {
    for (deep_offset, status, hits) in [
        (DeepOffset::Allow, 200, Some(20)),
        (DeepOffset::Refuse, 400, None),
        (DeepOffset::Fail, 500, None),
        (DeepOffset::Empty, 200, Some(0)),
    ] {
        let behavior = Behavior { deep_offset, window_cap: 100, ..Behavior::default() };
        let service = ServedSimulator::with(behavior).await;
        assert_eq!(service.log("offset=80&limit=20").await.hits().len(), 20);
        let deep = service.log("offset=81&limit=20").await;
        assert_eq!(deep.status, status, "{deep_offset}");
        let found = deep.json()["hits"]["hits"].as_array().map(Vec::len);
        assert_eq!(found, hits, "{deep_offset}");
    }
}

#[tokio::test]
async fn hits_have_the_configured_order() {
    for order in Order::ALL {
        let behavior = Behavior { order: *order, ..Behavior::default() };
        let service = ServedSimulator::with(behavior).await;
        let times = |page: ReceivedAnswer| -> Vec<String> {
            let hits = page.hits().into_iter();
            hits.map(|hit| hit["meta"]["time"].to_string()).collect()
        };
        let query = "dateStart=2026-11-20&limit=1000";
        let (first, second) = (times(service.log(query).await), times(service.log(query).await));
        let (up, down) = (first.is_sorted(), first.is_sorted_by(|a, b| a >= b));
        let expected = match order {
            Order::NewestFirst | Order::UnstableTies => (false, true, true),
            Order::OldestFirst => (true, false, true),
            Order::Shuffled => (false, false, false),
        };
        assert_eq!((up, down, first == second), expected, "{order}");
    }
}

#[tokio::test]
async fn a_total_has_the_configured_shape_and_value() {
    let all = ServedSimulator::with(Behavior::default()).await.log("limit=1").await;
    let exact = all.total().as_u64().unwrap();
    assert!(exact > TOTAL_CAP);
    for (total, value, expected) in [
        (TotalShape::Text, TotalValue::Exact, serde_json::json!(exact.to_string())),
        (TotalShape::Object, TotalValue::Exact, serde_json::json!({"value": exact, "relation": "eq"})),
        (TotalShape::Object, TotalValue::Capped, serde_json::json!({"value": TOTAL_CAP, "relation": "gte"})),
        (TotalShape::Number, TotalValue::Capped, serde_json::json!(TOTAL_CAP)),
        (TotalShape::Absent, TotalValue::Exact, Value::Null),
    ] {
        let behavior = Behavior { total, total_value: value, ..Behavior::default() };
        let service = ServedSimulator::with(behavior).await;
        assert_eq!(service.log("limit=1").await.total(), expected);
    }
    let behavior = Behavior { total_value: TotalValue::Drifting, ..Behavior::default() };
    let service = ServedSimulator::with(behavior).await;
    let mut totals = BTreeSet::new();
    for _ in 0..20 {
        totals.insert(service.log("limit=1").await.total().as_u64().unwrap());
    }
    assert!(totals.len() > 1 && totals.iter().all(|total| total.abs_diff(exact) <= 3));
}
