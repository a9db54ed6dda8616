//! Forms. One that changes something carries the visitor's token first; there is no way to make one without it.

use maud::{Markup, html};

use crate::web::pages::csrf::CsrfToken;

/// A form that changes something.
pub(in crate::web) fn form(csrf: &CsrfToken, action: &str, content: Markup) -> Markup {
    html! { form.form method="post" action=(or_home(action)) { (csrf) (content) } }
}

/// A form with files. The token comes before them, so that it is checked before a file is read.
pub(in crate::web) fn upload_form(csrf: &CsrfToken, action: &str, content: Markup) -> Markup {
    html! {
        form.form method="post" action=(or_home(action)) enctype="multipart/form-data" { (csrf) (content) }
    }
}

/// A form that only asks, by the query: filters above a table.
pub(in crate::web) fn search_form(action: &str, content: Markup) -> Markup {
    html! { form.filters method="get" action=(or_home(action)) { (content) } }
}

/// A form that asks what something would do, before it is done.
pub(in crate::web) fn question_form(action: &str, content: Markup) -> Markup {
    html! { form.form method="get" action=(or_home(action)) { (content) } }
}

/// A form without an action goes to the page it stands on, whatever the `<base>`.
fn or_home(action: &str) -> &str {
    if action.is_empty() { "./" } else { action }
}
