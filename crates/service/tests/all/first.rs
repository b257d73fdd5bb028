//! The first account, made with the code from the console.

use depesche_service::opaque::{KSF_LANES, KSF_MEMORY, KSF_PASSES, Suite};
use depesche_service::random::Random;
use depesche_service::{Clock, Error, first};
use opaque_ke::argon2::{Algorithm, Argon2, Params, Version};
use opaque_ke::{
    ClientRegistration, ClientRegistrationFinishParameters, Identifiers, RegistrationResponse,
};

use crate::house::{HERE, House, NOW, PASSWORD, open};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_account_is_made_once_and_with_the_code_alone() {
    let folder = tempfile::tempdir().unwrap();
    let ctx = open(folder.path(), Clock::fixed(NOW), 1).await;
    let code = first::open(&ctx).await.unwrap().unwrap();
    assert!(first::is_open(&ctx));
    let mut random = Random::System;
    let client = ClientRegistration::<Suite>::start(&mut random, PASSWORD.as_bytes()).unwrap();
    let request = client.message.serialize();
    let start = |code: String| {
        let (ctx, request) = (ctx.clone(), request);
        async move { first::start(&ctx, &code, "anna@example.test", "Anna", &request, HERE).await }
    };
    let wrong = code.replace(['1', '2'], "3").replace('4', "5");
    assert!(matches!(
        start(format!("{wrong}9")).await,
        Err(Error::WrongCode { left: 4 })
    ));
    let unbegun = first::finish(&ctx, &code, &[0; 192], HERE).await;
    assert!(matches!(unbegun, Err(Error::Invalid(_))));
    let started = start(code.clone()).await.unwrap();
    let params = Params::new(KSF_MEMORY, KSF_PASSES, KSF_LANES, None).unwrap();
    let ksf = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let identifiers = Identifiers {
        client: Some(started.account.as_bytes()),
        server: Some(started.host.as_bytes()),
    };
    let finish = ClientRegistrationFinishParameters::new(identifiers, Some(&ksf));
    let response = RegistrationResponse::deserialize(&started.response).unwrap();
    let done = client
        .state
        .finish(&mut random, PASSWORD.as_bytes(), response, finish)
        .unwrap();
    first::finish(&ctx, &code, &done.message.serialize(), HERE)
        .await
        .unwrap();
    assert!(!first::is_open(&ctx));
    assert!(matches!(start(code).await, Err(Error::SetUp)));
    crate::logins::log_in(&ctx, "anna@example.test", PASSWORD)
        .await
        .unwrap();
    let again = open(folder.path(), Clock::fixed(NOW), 2).await;
    assert_eq!(first::open(&again).await.unwrap(), None, "closed for good");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_made_on_the_console_closes_the_door() {
    let house = House::new().await;
    assert_eq!(first::open(&house.ctx).await.unwrap(), None);
    assert!(!first::is_open(&house.ctx));
}
