//! Flags that decide who may read the simulated log and how long a token is valid.

use std::path::Path;

use ionos_activitylog_sim::TestToken;
use serde_json::Value;
use xtask::simulator_process::SimulatorProcess;

use super::{client, contract, get, start};
use crate::support::program::start_simulator;

#[tokio::test]
async fn access_follows_the_flags() {
    let status = async |sim: &SimulatorProcess, path: &str| get(sim, path).await.status().as_u16();
    let own = format!("/activitylog/v1/contracts/{}", contract());
    let lacking = start(&["--jwt", "--no-privilege", "--forbidden-code", "paas-auth-1"]);
    let refused: Value = get(&lacking, &own).await.json().await.unwrap();
    assert_eq!(refused["messages"][0]["errorCode"], "paas-auth-1");
    let bound = start(&["--jwt", "--contracts", "2"]);
    let contracts: Value = get(&bound, "/activitylog/v1/contracts").await.json().await.unwrap();
    assert_eq!(contracts.as_array().unwrap().len(), 1);
    let reseller = start(&["--jwt", "--contracts", "2", "--reseller"]);
    let contracts: Value = get(&reseller, "/activitylog/v1/contracts").await.json().await.unwrap();
    assert_eq!(contracts.as_array().unwrap().len(), 2);
    let revoked = start(&["--token", "mine", "--revoke-after", "1"]);
    assert_eq!(revoked.token, "mine");
    assert_eq!((status(&revoked, &own).await, status(&revoked, &own).await), (200, 401));
    let hidden = start(&["--foreign-contract", "404", "--info-needs-token", "--basic", "me:s3cret"]);
    assert_eq!(status(&hidden, "/activitylog/v1/contracts/7").await, 404);
    let info = format!("{}/activitylog/v1", hidden.url);
    assert_eq!(client().get(&info).send().await.unwrap().status(), 401);
    let basic = client().get(&info).basic_auth("me", Some("s3cret"));
    assert_eq!(basic.send().await.unwrap().status(), 200);
    let second = start(&["--two-factor", "--basic", "me:s3cret"]);
    let basic = client().get(format!("{}{own}", second.url)).basic_auth("me", Some("s3cret"));
    assert_eq!(basic.send().await.unwrap().status(), 401);
    // A token that the test builds itself is accepted until it expires.
    for (end, status) in [("2026-11-20T12:00:01Z", 200), ("2026-11-20T12:00:00Z", 401)] {
        let token = TestToken::new(contract()).expires_at(end.parse().unwrap());
        let request = client().get(format!("{}{own}", second.url)).bearer_auth(token.build());
        assert_eq!(request.send().await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn a_token_is_issued_and_expires_on_the_simulated_clock() {
    for time in [&[][..], &["--now", "2026-02-03"], &["--now", "2150-01-01"]] {
        for (lifetime, status) in [("1d", 200), ("0s", 401)] {
            let arguments = ["--jwt", "--token-lifetime", lifetime];
            let sim = start_simulator(Path::new("/"), &[time, &arguments].concat());
            let answer = get(&sim, "/activitylog/v1/contracts").await;
            assert_eq!(answer.status(), status, "flags {time:?}, lifetime {lifetime}");
        }
    }
}

#[tokio::test]
async fn the_printed_settings_can_be_pasted_into_a_shell() {
    let token = "it's $HOME & \"more\"";
    let sim = start(&["--token", token]);
    assert_eq!(sim.token, token);
    let answer = get(&sim, "/activitylog/v1/contracts").await;
    assert_eq!(answer.status(), 200);
}
