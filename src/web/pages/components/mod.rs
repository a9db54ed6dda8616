//! The parts that pages are made of: data in, markup out. They know no application, no store and no request; what they are
//! given is text and is escaped.
//!
//! All links are relative to the `<base>` of the page: `packages/Contoso.Core`, and `./` for the start page.

mod badge;
mod breadcrumbs;
mod button;
mod callout;
mod card;
mod choices;
mod code_block;
mod confirm;
mod copyable;
mod count;
mod facts;
mod field;
mod field_errors;
mod fingerprint;
mod form;
mod hallmark;
mod link;
mod moment;
mod page_header;
mod pagination;
mod progress;
mod prose;
mod steps;
mod table;
mod tabs;

pub(in crate::web) use badge::Badge;
pub(in crate::web) use breadcrumbs::breadcrumbs;
pub(in crate::web) use button::{Button, ButtonForm};
pub(in crate::web) use callout::Callout;
pub(in crate::web) use card::card;
pub(in crate::web) use choices::Choices;
pub(in crate::web) use code_block::code_block;
pub(in crate::web) use confirm::Confirm;
pub(in crate::web) use copyable::{copyable, copyable_lines};
pub(in crate::web) use count::{count, counted, counted_as};
pub(in crate::web) use facts::Facts;
pub(in crate::web) use field::Field;
pub(in crate::web) use field_errors::FieldErrors;
pub(in crate::web) use fingerprint::{fingerprint, fingerprint_in_full, fingerprint_in_link, thumbprint};
pub(in crate::web) use form::{form, question_form, search_form, upload_form};
pub(in crate::web) use hallmark::hallmark;
pub(in crate::web) use link::{account_link, breakable, package_link, segment, version_link};
pub(in crate::web) use moment::{ago, day, moment, until};
pub(in crate::web) use page_header::PageHeader;
pub(in crate::web) use pagination::{newer_and_older, pagination};
pub(in crate::web) use progress::progress;
pub(in crate::web) use prose::prose;
pub(in crate::web) use steps::{steps, steps_left};
pub(in crate::web) use table::Table;
pub(in crate::web) use tabs::tabs;

#[cfg(test)]
mod tests;
