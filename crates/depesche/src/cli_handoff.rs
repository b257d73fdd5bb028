//! What can be typed about handoffs and settings.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use depesche_client::settings::bundle::weight::PARTS;

use crate::check_mail::CheckMail;

/// Programs whose settings are read from this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Program {
    /// Thunderbird for desktop
    Thunderbird,
}

/// How a profile's secrets come along.
#[derive(Debug, Args)]
pub(crate) struct SecretArgs {
    /// Passwords, private keys and certificates with their keys come along; without it none does
    #[arg(long)]
    pub(crate) with_passwords: bool,
    /// Read the profile's primary password from the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(crate) primary_password_file: Option<PathBuf>,
}

fn parts() -> clap::builder::PossibleValuesParser {
    PARTS.map(|(name, _)| name).into()
}

/// `handoff`.
#[derive(Debug, Args)]
#[command(
    after_help = "A primary password comes from DEPESCHE_PRIMARY_PASSWORD, --primary-password-file or a prompt.\n\n\
    Example:\n  depesche handoff --from thunderbird --with-passwords --wait\n  depesche handoff report.pdf"
)]
pub(crate) struct HandoffArgs {
    /// A file; with --from the profile: its folder or its name, without it the one the program opens
    #[arg(value_name = "FILE")]
    pub(crate) what: Option<PathBuf>,
    /// Hand the settings of this program over
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) from: Option<Program>,
    #[command(flatten)]
    pub(crate) secrets: SecretArgs,
    /// Leave this out of settings that are too large; may be given several times
    #[arg(long, value_name = "PART", value_parser = parts())]
    pub(crate) without: Vec<String>,
    /// How long it waits, at most 30m
    #[arg(long, value_name = "SPAN")]
    pub(crate) ttl: Option<String>,
    /// Stay until it was taken
    #[arg(long)]
    pub(crate) wait: bool,
    /// Write the code to this file too: .svg or .png
    #[arg(long, value_name = "FILE")]
    pub(crate) qr_file: Option<PathBuf>,
    /// Put it into the code of a device that asks (the address ends in #2.…)
    #[arg(long, value_name = "URL")]
    pub(crate) into: Option<String>,
    /// Take a handoff back that was begun here
    #[arg(long, value_name = "ID", allow_hyphen_values = true, conflicts_with_all = ["what", "from", "into"])]
    pub(crate) cancel: Option<String>,
    /// Show the codes that Thunderbird for Android reads instead; no server is involved
    #[arg(long, value_name = "FORMAT", value_parser = ["thunderbird-qr"])]
    pub(crate) r#as: Option<String>,
}

/// `import`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  depesche import 'https://depesche.example.org/h/…#1.…' --to k9s --out settings\n  \
    depesche import --words 'abacus …' --server https://depesche.example.org"
)]
pub(crate) struct ImportArgs {
    /// The address that the other device shows
    #[arg(value_name = "URL")]
    pub(crate) url: Option<String>,
    /// The six words that the other device shows
    #[arg(long, value_name = "WORDS", conflicts_with = "url")]
    pub(crate) words: Option<String>,
    /// Ask: show a code that the other device scans to put something in
    #[arg(long, conflicts_with_all = ["url", "words"])]
    pub(crate) ask: bool,
    /// Folder to write to; nothing in it is replaced
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
}

/// What settings are written as.
#[derive(Debug, Args)]
pub(crate) struct TargetArgs {
    /// bundle, k9s, mobileconfig, vcard, sieve, thunderbird, thunderbird-qr, quicktext, eml or keys
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Option<String>,
    /// Sign a .mobileconfig with this certificate of the bundle
    #[arg(long, value_name = "CERTIFICATE")]
    pub(crate) sign_profile: Option<String>,
    /// Signatures in .k9s as HTML: for apps of 2026-09 and later
    #[arg(long)]
    pub(crate) html_signatures: bool,
}

/// `settings`.
#[derive(Debug, Args)]
pub(crate) struct SettingsArgs {
    #[command(subcommand)]
    pub(crate) what: SettingsWhat,
}

/// What to do with settings.
#[derive(Debug, Subcommand)]
pub(crate) enum SettingsWhat {
    /// Read one settings format and write another; no server is involved
    #[command(
        after_help = "Example:\n  depesche settings convert export.k9s mail.mobileconfig\n  \
        depesche settings convert ~/.thunderbird/abcd.default settings.depesche-settings.json --with-passwords"
    )]
    Convert {
        /// A file, or the folder of a Thunderbird profile
        input: PathBuf,
        /// A file, or with --to a folder
        output: PathBuf,
        #[command(flatten)]
        target: TargetArgs,
        #[command(flatten)]
        secrets: SecretArgs,
    },
}

/// `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(subcommand)]
    pub(crate) what: CheckWhat,
}

/// What is checked.
#[derive(Debug, Subcommand)]
pub(crate) enum CheckWhat {
    /// Whether handoffs lie in the running server's memory alone; on its machine, or with DEPESCHE_METRICS_TOKEN
    #[command(after_help = "Example:\n  depesche check handoff --data /var/lib/depesche")]
    Handoff {
        /// Look through the server's files in this folder too
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
    },
    /// Whether mail can leave and come in, and what would become of one; on the server's machine
    Mail(CheckMail),
}
