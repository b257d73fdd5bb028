//! Guests, invitations, keyrings, resets; and that nobody puts anything on somebody else's address.

use depesche_domain::effect::{Arrival, Language, Mail};
use depesche_domain::keyring::{Lock, RESET_DELAY};
use depesche_domain::{Level, Role, Span};
use depesche_seal::key::{AccountId as SealAccountId, ClaimSeed, KemSeed, SignatureSeed};
use depesche_seal::keyring::{Fresh, Keyring};
use depesche_seal::primitives::sha256;
use depesche_seal::record::{SignedRecord, WordList};
use depesche_service::login::Device;
use depesche_service::opaque::{KSF_LANES, KSF_MEMORY, KSF_PASSES, Suite};
use depesche_service::random::Random;
use depesche_service::resets::{self, Outcome};
use depesche_service::{Caller, Context, Error, accounts, invitations, keyrings, login, sealed};
use opaque_ke::argon2::{Algorithm, Argon2, Params, Version};
use opaque_ke::{
    ClientRegistration, ClientRegistrationFinishParameters, Identifiers, RegistrationResponse,
};

use crate::house::{HERE, House, PASSWORD, Want, address};
use crate::logins::{COMMAND_LINE, log_in, log_in_from};
use crate::releases::Post;

/// Makes the account of an invitation, as a client does.
pub(crate) async fn register(ctx: &Context, token: &str, password: &str) -> Result<(), Error> {
    let mut random = Random::System;
    let client = ClientRegistration::<Suite>::start(&mut random, password.as_bytes()).unwrap();
    let started = invitations::start(ctx, token, &client.message.serialize()).await?;
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
        .finish(&mut random, password.as_bytes(), response, finish)
        .unwrap();
    invitations::finish(ctx, token, "Ben", &done.message.serialize()).await
}

/// The token of the one invitation among these mails.
pub(crate) fn token(mails: &[Mail]) -> String {
    let tokens: Vec<_> = mails
        .iter()
        .filter_map(|mail| match mail {
            Mail::Invitation { token, .. }
            | Mail::Delivery {
                arrival: Arrival::New { token },
                ..
            } => Some(token.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(tokens.len(), 1);
    tokens[0].clone()
}

/// A login of somebody invited by a delivery.
pub(crate) async fn guest(house: &House, email: &str) -> Caller {
    house
        .post(&house.caller, &Post::waiting(Level::KeyedAll, email))
        .await
        .unwrap();
    house.work().await;
    let token = token(&house.courier.take());
    register(&house.ctx, &token, PASSWORD).await.unwrap();
    log_in(&house.ctx, email, PASSWORD).await.unwrap()
}

pub(crate) fn lock(kind: u8, filling: u8) -> Lock {
    let mut bytes = vec![filling; 150];
    bytes[0] = kind;
    sealed::lock(bytes)
}

/// Of the keyrings that [`set_up`] makes.
pub(crate) fn signature_seed(caller: &Caller, epoch: u32) -> SignatureSeed {
    let what = [&caller.account.id.as_bytes()[..], &epoch.to_be_bytes()].concat();
    SignatureSeed::from_bytes(&sha256(&what))
}

/// Sets up a SealPass; gives the record.
pub(crate) async fn set_up(
    house: &House,
    caller: &Caller,
    before: Option<&SignedRecord>,
) -> SignedRecord {
    let random = &house.ctx.random;
    let epoch = before.map_or(1, |before| before.record().epoch() + 1);
    let fresh = Fresh {
        signature_seed: signature_seed(caller, epoch),
        kem_seed: KemSeed::from_bytes(&random.bytes()),
        claim_seed: ClaimSeed::from_bytes(&random.bytes()),
    };
    let owner = SealAccountId::from_bytes(*caller.account.id.as_bytes());
    let made = match before {
        None => Keyring::make(&fresh, owner, 1, WordList::En),
        Some(before) => Keyring::make_after_reset(&fresh, before, 1, WordList::En),
    };
    let (_, record) = made.unwrap();
    let body = (u64::from(record.record().epoch()) << 32, vec![1; 200]);
    let body = if before.is_none() { (1, body.1) } else { body };
    keyrings::create(
        &house.ctx,
        caller,
        record.to_bytes(),
        vec![lock(1, 7)],
        body,
    )
    .await
    .unwrap();
    record
}

fn code(error: Result<impl Sized, Error>) -> &'static str {
    error.err().expect("refused").code()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_makes_a_guest_once() {
    let house = House::up_to(Level::KeyedAll).await;
    set_up(&house, &house.caller, None).await;
    house
        .post(
            &house.caller,
            &Post::waiting(Level::KeyedAll, "Ben@Example.test"),
        )
        .await
        .unwrap();
    house.work().await;
    let token = token(&house.courier.take());
    let look = invitations::look(&house.ctx, &token).await.unwrap();
    assert_eq!(look.sender.unwrap().id, house.caller.account.id);
    register(&house.ctx, &token, PASSWORD).await.unwrap();
    let ben = log_in(&house.ctx, "ben@example.test", PASSWORD)
        .await
        .unwrap();
    assert_eq!(
        (ben.account.role, ben.account.name.as_str()),
        (Role::Guest, "Ben")
    );
    assert!(ben.account.proven.is_some());
    assert_eq!(
        code(invitations::look(&house.ctx, &token).await),
        "invitation_over"
    );
    assert_eq!(
        code(register(&house.ctx, &token, PASSWORD).await),
        "invitation_over"
    );
    for bad in ["", "x", "AAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(
            code(invitations::look(&house.ctx, bad).await),
            "invitation_over"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_good_for_a_week() {
    let house = House::up_to(Level::KeyedAll).await;
    invitations::invite(&house.ctx, address("ben@example.test"), Role::Member)
        .await
        .unwrap();
    house.work().await;
    let token = token(&house.courier.take());
    house.pass(Span::days(7));
    assert_eq!(
        code(register(&house.ctx, &token, PASSWORD).await),
        "invitation_over"
    );
    house.work().await;
}

/// Published variants of account pre-hijacking, as far as there is such a way in at all, and the attacker who registers
/// first: whoever proves the address is alone with it.
mod nobody_is_there_before_the_owner {
    use super::*;

    /// Unexpired session, and the attacker who registers first: the account was made with a password the attacker knows.
    #[tokio::test(flavor = "multi_thread")]
    async fn sessions_keys_and_password_of_an_attacker_end() {
        let house = House::up_to(Level::KeyedAll).await;
        set_up(&house, &house.caller, None).await;
        house
            .post(
                &house.caller,
                &Post::waiting(Level::KeyedAll, "ben@example.test"),
            )
            .await
            .unwrap();
        house.work().await;
        let token = token(&house.courier.take());
        let known = "the attacker knows this one";
        accounts::add(
            &house.ctx,
            address("BEN@example.test"),
            "",
            Role::Member,
            known,
        )
        .await
        .unwrap();
        let attacker = log_in(&house.ctx, "ben@example.test", known).await.unwrap();
        set_up(&house, &attacker, None).await;
        register(&house.ctx, &token, PASSWORD).await.unwrap();
        let sessions = login::list(&house.ctx, &attacker).await.unwrap();
        assert_eq!(sessions, [], "the session is dead");
        assert_eq!(
            code(log_in(&house.ctx, "ben@example.test", known).await),
            "login_failed"
        );
        let ben = log_in(&house.ctx, "ben@example.test", PASSWORD)
            .await
            .unwrap();
        assert_eq!(code(keyrings::load(&house.ctx, &ben).await), "no_sealpass");
        let record = set_up(&house, &ben, None).await;
        assert_eq!(
            record.record().epoch(),
            1,
            "no key of the attacker is in the chain"
        );
    }

    /// Trojan identifier: a second way in that the attacker put beside the owner's.
    #[tokio::test(flavor = "multi_thread")]
    async fn other_invitations_of_the_address_end() {
        let house = House::up_to(Level::KeyedAll).await;
        let ben = address("ben@example.test");
        let mut tokens = Vec::new();
        for _ in 0..2 {
            invitations::invite(&house.ctx, ben.clone(), Role::Member)
                .await
                .unwrap();
            house.work().await;
            tokens.push(token(&house.courier.take()));
        }
        register(&house.ctx, &tokens[1], PASSWORD).await.unwrap();
        assert_eq!(
            code(register(&house.ctx, &tokens[0], "another one, and long").await),
            "invitation_over"
        );
        log_in(&house.ctx, "ben@example.test", PASSWORD)
            .await
            .unwrap();
    }

    /// Unexpired change: something begun before the proof and finished after it, here a login and a reset.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_was_begun_before_is_not_finished_after() {
        use opaque_ke::{ClientLogin, ClientLoginFinishParameters, CredentialResponse};
        let house = House::up_to(Level::KeyedAll).await;
        let known = "the attacker knows this one";
        invitations::invite(&house.ctx, address("ben@example.test"), Role::Admin)
            .await
            .unwrap();
        house.work().await;
        let token = token(&house.courier.take());
        accounts::add(
            &house.ctx,
            address("ben@example.test"),
            "",
            Role::Member,
            known,
        )
        .await
        .unwrap();
        let mut random = Random::System;
        let client = ClientLogin::<Suite>::start(&mut random, known.as_bytes()).unwrap();
        let message = client.message.serialize();
        let started = login::start(&house.ctx, "ben@example.test", &message, HERE)
            .await
            .unwrap();
        register(&house.ctx, &token, PASSWORD).await.unwrap();
        let params = Params::new(KSF_MEMORY, KSF_PASSES, KSF_LANES, None).unwrap();
        let ksf = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let identifiers = Identifiers {
            client: Some(started.account.as_bytes()),
            server: Some(started.host.as_bytes()),
        };
        let response = CredentialResponse::deserialize(&started.response).unwrap();
        let finish = ClientLoginFinishParameters::new(None, identifiers, Some(&ksf));
        let done = client
            .state
            .finish(&mut random, known.as_bytes(), response, finish)
            .unwrap();
        let last = done.message.serialize();
        let late = login::finish(&house.ctx, &started.login, &last, COMMAND_LINE, HERE).await;
        assert_eq!(code(late), "login_failed");
        let ben = log_in(&house.ctx, "ben@example.test", PASSWORD)
            .await
            .unwrap();
        assert_eq!(ben.account.role, Role::Admin);
    }

    /// Classic merge, and a provider that verifies nothing: there is no other identity to merge with, and without the
    /// mail there is no account at all.
    #[tokio::test(flavor = "multi_thread")]
    async fn without_the_mail_there_is_no_account() {
        let house = House::up_to(Level::KeyedAll).await;
        let sent = house.send(&["ben@example.test"], Want::default()).await;
        let link = &sent.links[0];
        house.work().await;
        house.courier.take();
        for email in ["ben@example.test", "eve@example.test"] {
            invitations::ask(
                &house.ctx,
                link.id,
                &link.proof(),
                email,
                Language::En,
                HERE,
            )
            .await
            .unwrap();
        }
        house.work().await;
        assert!(house.courier.take().is_empty(), "level 1 invites nobody");
        let made_up = invitations::start(&house.ctx, "AAAAAAAAAAAAAAAAAAAAAA", &[0; 32]).await;
        assert_eq!(code(made_up.map(|_| ())), "invitation_over");
    }

    /// A later proof, of somebody who forgot the password, keeps the keys: they have their own lock.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_second_proof_ends_sessions_and_keeps_the_keyring() {
        let house = House::up_to(Level::KeyedAll).await;
        set_up(&house, &house.caller, None).await;
        let ben = guest(&house, "ben@example.test").await;
        set_up(&house, &ben, None).await;
        invitations::invite(&house.ctx, address("ben@example.test"), Role::Member)
            .await
            .unwrap();
        house.work().await;
        let mails: Vec<_> = house.courier.take();
        let invited: Vec<_> = mails
            .into_iter()
            .filter(|mail| matches!(mail, Mail::Invitation { .. }))
            .collect();
        register(&house.ctx, &token(&invited), "another one, and long")
            .await
            .unwrap();
        assert_eq!(login::list(&house.ctx, &ben).await.unwrap(), []);
        let again = log_in(&house.ctx, "ben@example.test", "another one, and long")
            .await
            .unwrap();
        assert_eq!(again.account.role, Role::Member);
        keyrings::load(&house.ctx, &again).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_lock_stays_and_two_devices_lose_nothing() {
    let house = House::up_to(Level::KeyedAll).await;
    let (ctx, caller) = (&house.ctx, &house.caller);
    assert_eq!(code(keyrings::load(ctx, caller).await), "no_sealpass");
    let record = set_up(&house, caller, None).await;
    let again = keyrings::create(
        ctx,
        caller,
        record.to_bytes(),
        vec![lock(1, 1)],
        (1, vec![]),
    );
    assert_eq!(code(again.await), "sealpass_exists");
    let old = lock(1, 7).id;
    assert_eq!(
        code(keyrings::delete_lock(ctx, caller, &old).await),
        "last_lock"
    );
    // Two devices change the SealPass at once: each adds its own, then takes the old one away.
    let (one, two) = (lock(1, 8), lock(1, 9));
    keyrings::add_lock(ctx, caller, one.clone()).await.unwrap();
    let id = keyrings::add_lock(ctx, caller, two.clone()).await.unwrap();
    assert_eq!(
        keyrings::add_lock(ctx, caller, two.clone()).await.unwrap(),
        id
    );
    keyrings::delete_lock(ctx, caller, &old).await.unwrap();
    assert_eq!(
        code(keyrings::delete_lock(ctx, caller, &old).await),
        "not_found"
    );
    let stored = keyrings::load(ctx, caller).await.unwrap().stored;
    assert!(stored.locks.len() == 2 && [one, two].iter().all(|l| stored.locks.contains(l)));

    keyrings::add_body(ctx, caller, (2, vec![2]), None)
        .await
        .unwrap();
    assert_eq!(
        code(keyrings::add_body(ctx, caller, (2, vec![3]), None).await),
        "stale"
    );
    assert_eq!(
        code(keyrings::add_body(ctx, caller, (4, vec![3]), None).await),
        "stale"
    );
    let new = vec![lock(1, 3), lock(2, 4)];
    keyrings::add_body(ctx, caller, (3, vec![3]), Some(new.clone()))
        .await
        .unwrap();
    let stored = keyrings::load(ctx, caller).await.unwrap().stored;
    assert_eq!(
        (stored.generation, stored.body, stored.locks.len()),
        (3, vec![3], 2)
    );
    let kit_alone = keyrings::add_body(ctx, caller, (4, vec![4]), Some(vec![lock(2, 4)]));
    assert_eq!(code(kit_alone.await), "keyring_malformed");
    let foreign = keyrings::add_record(ctx, caller, record.to_bytes(), (4, vec![4])).await;
    assert_eq!(code(foreign), "record_not_next");
}

/// To whom it was told that a reset has happened, and in which language.
fn told(mails: Vec<Mail>) -> Vec<(String, Language)> {
    let told = mails.into_iter().filter_map(|mail| match mail {
        Mail::Reset {
            due: None,
            to,
            language,
            ..
        } => Some((to.to_string(), language)),
        _ => None,
    });
    let mut told: Vec<_> = told.collect();
    told.sort_by(|a, b| a.0.cmp(&b.0));
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_takes_two_administrators_or_a_day() {
    let house = House::up_to(Level::KeyedAll).await;
    set_up(&house, &house.caller, None).await;
    let ben = guest(&house, "ben@example.test").await;
    let record = set_up(&house, &ben, None).await;
    house.release_all(&house.caller, "words").await;
    let (ctx, of) = (&house.ctx, address("ben@example.test"));
    for admin in ["one@example.test", "two@example.test"] {
        accounts::add(ctx, address(admin), "", Role::Admin, PASSWORD)
            .await
            .unwrap();
    }
    let (one, two) = (address("one@example.test"), address("two@example.test"));
    let anna = house.caller.account.address.clone();
    assert_eq!(code(resets::ask(ctx, &of, &anna).await), "not_allowed");
    assert_eq!(resets::count(ctx, &of).await.unwrap().0.received, 1);
    let waits = resets::ask(ctx, &of, &one).await.unwrap();
    assert_eq!(waits, Outcome::Waits(ctx.now() + RESET_DELAY));
    assert_eq!(
        resets::ask(ctx, &of, &one).await.unwrap(),
        waits,
        "one is not two"
    );
    assert!(keyrings::load(ctx, &ben).await.unwrap().reset_due.is_some());
    resets::stop(ctx, ben.account.id).await.unwrap();
    house.pass(Span::hours(25));
    house.work().await;
    keyrings::load(ctx, &ben).await.unwrap();

    let german = Device {
        language: Some(Language::De),
        ..COMMAND_LINE
    };
    log_in_from(ctx, "anna@example.test", PASSWORD, german)
        .await
        .unwrap();
    resets::ask(ctx, &of, &one).await.unwrap();
    house.pass(Span::hours(23));
    house.work().await;
    keyrings::load(ctx, &ben).await.unwrap();
    house.courier.take();
    house.pass(Span::hours(1));
    house.work().await;
    house.work().await;
    assert_eq!(code(keyrings::load(ctx, &ben).await), "no_sealpass");
    // Each in the language of the last login that said one, else in the house's.
    assert_eq!(
        told(house.courier.take()),
        [
            ("anna@example.test".to_owned(), Language::De),
            ("ben@example.test".to_owned(), Language::En)
        ]
    );

    let next = set_up(&house, &ben, Some(&record)).await;
    assert!(next.record().reset() && next.record().epoch() == 2);
    resets::ask(ctx, &of, &two).await.unwrap();
    assert_eq!(resets::ask(ctx, &of, &one).await.unwrap(), Outcome::Done);
    assert_eq!(code(keyrings::load(ctx, &ben).await), "no_sealpass");
}
