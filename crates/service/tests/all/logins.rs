//! Login by OPAQUE, sessions, delays.

use depesche_domain::{Role, Span};
use depesche_service::login;
use depesche_service::opaque::{KSF_LANES, KSF_MEMORY, KSF_PASSES, Suite};
use depesche_service::random::Random;
use depesche_service::{Caller, Context, Error, accounts};
use opaque_ke::argon2::{Algorithm, Argon2, Params, Version};
use opaque_ke::{ClientLogin, ClientLoginFinishParameters, CredentialResponse, Identifiers};

use crate::house::{HERE, House, PASSWORD, address};

/// What logs in.
pub(crate) const COMMAND_LINE: login::Device<'_> = login::Device {
    label: "command line",
    language: None,
};

/// A login under way.
type Begun = (ClientLogin<Suite>, login::Started);

/// The first half of a login.
async fn begin(ctx: &Context, email: &str, password: &str) -> Result<Begun, Error> {
    let client = ClientLogin::<Suite>::start(&mut Random::System, password.as_bytes()).unwrap();
    let started = login::start(ctx, email, &client.message.serialize(), HERE).await?;
    Ok((client.state, started))
}

/// Logs in as a client does.
pub(crate) async fn log_in(ctx: &Context, email: &str, password: &str) -> Result<Caller, Error> {
    log_in_from(ctx, email, password, COMMAND_LINE).await
}

/// As [`log_in`], from another device.
pub(crate) async fn log_in_from(
    ctx: &Context,
    email: &str,
    password: &str,
    device: login::Device<'_>,
) -> Result<Caller, Error> {
    end(ctx, begin(ctx, email, password).await?, password, device).await
}

/// The second half of a login.
async fn end(
    ctx: &Context,
    (client, started): Begun,
    password: &str,
    device: login::Device<'_>,
) -> Result<Caller, Error> {
    let mut random = Random::System;
    let params = Params::new(KSF_MEMORY, KSF_PASSES, KSF_LANES, None).unwrap();
    let ksf = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let identifiers = Identifiers {
        client: Some(started.account.as_bytes()),
        server: Some(started.host.as_bytes()),
    };
    let response = CredentialResponse::deserialize(&started.response).unwrap();
    let finish = ClientLoginFinishParameters::new(None, identifiers, Some(&ksf));
    let done = client.finish(&mut random, password.as_bytes(), response, finish);
    let done = done.map_err(|_| Error::LoginFailed)?;
    let last = done.message.serialize();
    let finished = login::finish(ctx, &started.login, &last, device, HERE);
    let (token, caller) = finished.await?;
    assert_eq!(login::caller(ctx, &token).await?.session, caller.session);
    Ok(caller)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_logs_in_and_out_everywhere() {
    let house = House::new().await;
    let second = log_in(&house.ctx, "ANNA@example.test", PASSWORD)
        .await
        .unwrap();
    assert_eq!(login::list(&house.ctx, &second).await.unwrap().len(), 2);
    login::end(&house.ctx, &house.caller, second.session.id)
        .await
        .unwrap();
    assert!(matches!(
        login::end(&house.ctx, &house.caller, second.session.id).await,
        Err(Error::NotFound)
    ));
    log_in(&house.ctx, "anna@example.test", PASSWORD)
        .await
        .unwrap();
    assert_eq!(login::end_all(&house.ctx, &house.caller).await.unwrap(), 2);
    assert_eq!(login::list(&house.ctx, &house.caller).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_password_and_unknown_address_look_alike() {
    let house = House::new().await;
    for email in ["anna@example.test", "nobody@example.test"] {
        assert!(matches!(
            log_in(&house.ctx, email, "a wrong one, and long").await,
            Err(Error::LoginFailed)
        ));
    }
    let start = |email: &'static str| {
        let ctx = house.ctx.clone();
        async move {
            let client = ClientLogin::<Suite>::start(&mut Random::System, b"x").unwrap();
            login::start(&ctx, email, &client.message.serialize(), HERE)
                .await
                .unwrap()
        }
    };
    let (known, unknown, again) = (
        start("anna@example.test").await,
        start("nobody@example.test").await,
        start("NOBODY@example.test").await,
    );
    assert_eq!(known.response.len(), unknown.response.len());
    assert_eq!(known.account.len(), unknown.account.len());
    assert_eq!(
        unknown.account, again.account,
        "an unknown address always answers under the same id"
    );
    assert_ne!(unknown.account, known.account);
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_from_elsewhere_do_not_lock_the_owner_out() {
    let house = House::new().await;
    let thief = "203.0.113.9".parse().unwrap();
    let mut refused = 0;
    for _ in 0..20 {
        let client = ClientLogin::<Suite>::start(&mut Random::System, b"guess").unwrap();
        let tried = login::start(
            &house.ctx,
            "anna@example.test",
            &client.message.serialize(),
            thief,
        )
        .await;
        refused += u32::from(matches!(tried, Err(Error::TooManyTries { .. })));
    }
    assert_eq!(refused, 15);
    log_in(&house.ctx, "anna@example.test", PASSWORD)
        .await
        .unwrap();
}

/// 10,000 are under way at most: memory does not grow with a flood, and whoever begins anew still gets in.
#[tokio::test(flavor = "multi_thread")]
async fn of_ten_thousand_logins_under_way_the_oldest_goes() {
    let house = House::new().await;
    let ctx = &house.ctx;
    let oldest = begin(ctx, "anna@example.test", PASSWORD).await.unwrap();
    let second = begin(ctx, "anna@example.test", PASSWORD).await.unwrap();
    let request = ClientLogin::<Suite>::start(&mut Random::System, b"x").unwrap();
    let request = request.message.serialize();
    for n in 0..9_999_u32 {
        let from = std::net::Ipv4Addr::from_bits(0x0a00_0000 + n).into();
        let email = format!("n{n}@example.test");
        login::start(ctx, &email, &request, from).await.unwrap();
    }
    let late = end(ctx, oldest, PASSWORD, COMMAND_LINE).await;
    assert!(matches!(late, Err(Error::LoginFailed)));
    end(ctx, second, PASSWORD, COMMAND_LINE).await.unwrap();
    log_in(ctx, "anna@example.test", PASSWORD).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_state_dies_and_a_disabled_account_is_out() {
    let house = House::new().await;
    let client = ClientLogin::<Suite>::start(&mut Random::System, b"x").unwrap();
    let started = login::start(
        &house.ctx,
        "anna@example.test",
        &client.message.serialize(),
        HERE,
    )
    .await
    .unwrap();
    house.pass(Span::minutes(2));
    let finished = login::finish(&house.ctx, &started.login, &[0; 64], COMMAND_LINE, HERE).await;
    assert!(matches!(finished, Err(Error::LoginFailed)));
    accounts::set_disabled(&house.ctx, &address("anna@example.test"), true)
        .await
        .unwrap();
    assert_eq!(login::list(&house.ctx, &house.caller).await.unwrap(), []);
    assert!(matches!(
        log_in(&house.ctx, "anna@example.test", PASSWORD).await,
        Err(Error::LoginFailed)
    ));
    accounts::set_disabled(&house.ctx, &address("anna@example.test"), false)
        .await
        .unwrap();
    log_in(&house.ctx, "anna@example.test", PASSWORD)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unused_session_ends() {
    let house = House::new().await;
    house.pass(Span::days(31));
    house.work().await;
    assert_eq!(login::list(&house.ctx, &house.caller).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_and_passwords_are_checked_when_an_account_is_made() {
    let house = House::new().await;
    let add = |email: &'static str, password: &'static str| {
        let ctx = house.ctx.clone();
        async move { accounts::add(&ctx, address(email), "", Role::Member, password).await }
    };
    assert!(matches!(
        add("Anna@Example.test", PASSWORD).await,
        Err(Error::Conflict)
    ));
    assert!(matches!(
        add("bruno@example.test", "fourteen chars").await,
        Err(Error::Invalid(_))
    ));
    add("bruno@example.test", "fifteen chars ..").await.unwrap();
    assert_eq!(accounts::list(&house.ctx).await.unwrap().len(), 2);
}
