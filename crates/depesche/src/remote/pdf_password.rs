//! `pdf-password`.

use depesche_client::http::Server;
use depesche_client::protected;
use serde_json::json;

use super::desk::Desk;
use crate::cli::PdfPassword;
use crate::exit::Failure;
use crate::secret;

pub(crate) async fn pdf_password(desk: &Desk, args: &PdfPassword) -> Result<(), Failure> {
    let (base, token) = protected::read_link(&args.link)?;
    let server = Server::new(desk.named_server().unwrap_or(&base))?;
    let file = args.password_file.as_deref();
    let what = "New password for protected mail";
    let password = secret::new_password("DEPESCHE_PDF_PASSWORD", file, what)?;
    let set = protected::set(&server, &token, &password, desk.world).await?;
    let old = if set.changed {
        " PDFs you already have still open with the old one."
    } else {
        ""
    };
    let held = match set.held {
        0 => "From now on messages come at once.".to_owned(),
        1 => "A message is on its way.".to_owned(),
        n => format!("{n} messages are on their way."),
    };
    desk.say(
        &json!({"email": set.email, "held": set.held, "changed": set.changed}),
        &format!("Done. {held} What comes opens with your password.{old}"),
    );
    Ok(())
}
