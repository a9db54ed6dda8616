//! `assay mail`: whether mail can be sent.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;
use time::OffsetDateTime;

use super::serve::flags::MailFlags;
use super::{Failure, Output};
use crate::config::{Config, Settings};
use crate::data_folder::DataFolder;
use crate::domain::email_address::EmailAddress;
use crate::feed::mailing;

#[derive(Debug, Subcommand)]
pub(super) enum Mail {
    /// Send one mail now, with the settings of the server, and show what the mail server answers
    Test {
        /// To which address
        address: EmailAddress,
        #[command(flatten)]
        mail: MailFlags,
        /// The URL by which clients reach the feed
        #[arg(long, env = "ASSAY_PUBLIC_URL", value_name = "URL")]
        public_url: Option<String>,
    },
}

/// What became of the mail, as it is printed.
#[derive(Serialize)]
struct Sent {
    to: String,
    server: String,
    answer: String,
}

impl Mail {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let Self::Test { address, mail, public_url } = self;
        let folder = DataFolder::open(data)?;
        let given = Settings { mail: mail.settings(), public_url, ..Settings::default() };
        let config = Config::new(&Settings::from_file(&folder.settings())?.overridden_by(given))?;
        let mail = config.mail.ok_or("`mail.server` is not set, so there is nothing to send mail with")?;
        let answer = mailing::send_test(&mail, config.public_url.as_ref(), &address, OffsetDateTime::now_utc())?;
        let sent = Sent { to: address.to_string(), server: format!("{}:{}", mail.host, mail.port), answer };
        output.print(&sent, |sent| {
            format!("{} took a message for {} and answered: {}", sent.server, sent.to, sent.answer)
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
