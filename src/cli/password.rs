//! Passwords on the command line: typed twice without echo, or one line of standard input, and hashed as the server would.

use std::io;

use url::Url;
use zeroize::Zeroizing;

use super::Failure;
use crate::config::{Config, Settings};
use crate::data_folder::DataFolder;
use crate::domain::account::AccountName;
use crate::feed::documents;
use crate::password::NewPassword;
use crate::store::Store;

/// Asks for a new password of `account`, and hashes it with the work that the settings of this folder say.
pub(super) fn new_password(
    from_stdin: bool,
    account: &AccountName,
    folder: &DataFolder,
    store: &Store,
) -> Result<NewPassword, Failure> {
    let config = Config::new(&Settings::from_file(&folder.settings())?)?;
    let host = host(&config, store)?;
    Ok(NewPassword::hashed(&ask(from_stdin)?, account, host.as_deref(), &config.passwords)?)
}

/// The host of the public URL: as the settings have it, or else as the server had it when it ran last.
fn host(config: &Config, store: &Store) -> Result<Option<String>, Failure> {
    let last = store.read(documents::last_home)?.and_then(|home| Url::parse(&home).ok());
    let url = config.public_url.as_ref().or(last.as_ref());
    Ok(url.and_then(Url::host_str).map(str::to_owned))
}

fn ask(from_stdin: bool) -> Result<Zeroizing<String>, Failure> {
    if from_stdin {
        let mut line = Zeroizing::new(String::new());
        io::stdin().read_line(&mut line)?;
        let length = line.trim_end_matches(['\r', '\n']).len();
        line.truncate(length);
        return Ok(line);
    }
    let password = Zeroizing::new(rpassword::prompt_password("Password: ").map_err(no_terminal)?);
    let again = Zeroizing::new(rpassword::prompt_password("Once more: ").map_err(no_terminal)?);
    if *password == *again { Ok(password) } else { Err("the two passwords differ".into()) }
}

fn no_terminal(error: io::Error) -> Failure {
    format!("there is no terminal to ask for a password ({error}); use --password-stdin").into()
}
