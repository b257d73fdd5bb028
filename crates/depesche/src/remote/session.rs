//! `login`, `logout`, `whoami`.

use depesche_client::api::Account;
use depesche_client::fault::Fault;
use depesche_client::keyed::KeyedError;
use depesche_client::keyring::Closed;
use depesche_client::login;
use depesche_client::seal::words;
use serde_json::{Value, json};

use super::desk::Desk;
use super::letter::ask_line;
use crate::cli::{Login, Logout};
use crate::exit::Failure;
use crate::secret;

fn shown(account: &Account) -> Value {
    json!({"email": account.email, "role": account.role, "sealpass": account.sealpass})
}

pub(crate) async fn login(desk: &Desk, args: &Login) -> Result<(), Failure> {
    let server = desk.server()?;
    let email = match &args.email {
        Some(email) => email.clone(),
        None => ask_line("E-mail address")
            .ok_or_else(|| Failure::usage("email_missing", "whose account? give the address"))?,
    };
    let file = args.password_file.as_deref();
    let password = secret::password("DEPESCHE_PASSWORD", file, "Login password")?;
    let session = login::login(&server, &email, &password, "command line", desk.world).await?;
    desk.profile.save_session(&session)?;
    let line = format!(
        "Logged in to {} as {}.",
        session.server, session.account.email
    );
    desk.say(&shown(&session.account), &line);
    Ok(())
}

pub(crate) async fn logout(desk: &Desk, args: &Logout) -> Result<(), Failure> {
    let (server, _) = desk.member()?;
    let ended = if args.everywhere {
        server.logout_everywhere().await.map(|ended| ended.ended)
    } else {
        server.logout().await.map(|()| 1)
    };
    let ended = match ended {
        // A session that is no more has ended.
        Err(error) if error.code() == "not_logged_in" => 0,
        ended => ended?,
    };
    desk.profile.forget_session()?;
    desk.say(&json!({"ended": ended}), "Logged out.");
    Ok(())
}

pub(crate) async fn whoami(desk: &Desk) -> Result<(), Failure> {
    let (server, session) = desk.member()?;
    let account = server.me().await.map_err(|error| {
        if error.fault() == Fault::Refused {
            return Failure::new(
                Fault::Refused,
                error.code(),
                "the login has ended; log in again",
            );
        }
        error.into()
    })?;
    let mut json = shown(&account);
    json["server"] = json!(session.server);
    let mut line = format!("{} ({}) at {}", account.email, account.role, session.server);
    if account.sealpass {
        let closed = Closed::load(desk.own(&server, session)).await?;
        let record = closed.chain().current().record();
        let (fingerprint, list) = (record.fingerprint(), record.word_list());
        let words = tokio::task::block_in_place(|| words::of_key(&fingerprint, list));
        let words = words.map_err(KeyedError::from)?.join(" ");
        line.push_str(&format!("\nThe six words of your key: {words}"));
        json["fingerprint"] = json!(fingerprint.to_string());
        json["words"] = json!(words);
    }
    desk.say(&json, &line);
    Ok(())
}
