//! The reply link of a protected mail, and what it opens.

use depesche_seal::key::ReplyToken;
use depesche_seal::reply::{ReplyError, ReplyLink, ReplySecret};

use super::{Input, Outcome};

fn code(error: ReplyError) -> String {
    error.code().into()
}

pub(super) fn run_link(vector: &Input) -> Outcome {
    let link = ReplyLink::parse(vector.text("text")).map_err(code)?;
    assert_eq!(link.base, vector.text("base"));
    assert_eq!(link.token.as_bytes(), &vector.array("token"));
    assert_eq!(link.secret.expose(), &vector.array("secret"));
    assert_eq!(ReplyLink::parse(&link.to_text()), Ok(link));
    Ok(())
}

pub(super) fn run_quote(vector: &Input) -> Outcome {
    let mut sealed = vector.bytes("sealed");
    vector.edit(&mut sealed);
    let secret = ReplySecret::from_bytes(&vector.opened("secret"));
    let token = ReplyToken::from_bytes(vector.opened("token"));
    let auth = ReplySecret::from_bytes(&vector.array("secret"))
        .reply_auth(&ReplyToken::from_bytes(vector.array("token")));
    assert_eq!(auth.expose(), &vector.array("auth"));
    assert_eq!(auth.hash().as_bytes(), &vector.array("auth_sha256"));
    let quote = secret.open_quote(&token, &sealed).map_err(code)?;
    quote.gateway().map_err(code)?;
    let json: serde_json::Value = serde_json::from_str(vector.text("json")).expect("JSON");
    assert_eq!(serde_json::to_value(&quote).expect("JSON"), json);
    Ok(())
}
