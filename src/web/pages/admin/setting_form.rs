//! One setting on the page of the policy: what it does, what is in force, and the form for its kind.

use maud::{Markup, html};

use super::policy::{PATH, VALUE, anchor};
use crate::config::Config;
use crate::domain::byte_size;
use crate::domain::policy::{Group, Kind, Policy, SETTINGS, Setting};
use crate::web::pages::components::{Badge, Button, ButtonForm, Choices, Field, FieldErrors, form, prose};
use crate::web::pages::csrf::CsrfToken;

/// A value that was sent and can't be, with the reason.
pub(super) struct Sent {
    /// Of which setting.
    pub setting: &'static Setting,
    /// What was sent.
    pub value: String,
    /// What is wrong.
    pub errors: FieldErrors,
}

/// The settings of a group that are set by themselves. `stored` is what the forms begin with, `live` what is in force.
pub(super) fn settings(
    group: Group,
    stored: &Policy,
    live: &Policy,
    config: &Config,
    csrf: &CsrfToken,
    sent: Option<&Sent>,
) -> Markup {
    let own = SETTINGS.iter().filter(|setting| setting.group == group && !setting.tried);
    html! {
        @for setting in own {
            section.setting #(anchor(setting)) {
                div {
                    h3 { (setting.title) }
                    p { (prose(setting.about)) }
                    (in_force(setting, live))
                    @if setting.key == "enforcement" { p { a href="admin/stages" { "See what enforcement would refuse" } } }
                }
                div.setting-form {
                    @match config.lock(setting) {
                        Some(source) => p { (Badge::neutral("Locked")) " by " (prose(&source.to_string())) ". Change it there, and start the server anew." },
                        None => (change(setting, stored, csrf, sent.filter(|sent| sent.setting == setting))),
                    }
                }
            }
        }
    }
}

/// The value in force, the default if it is another, and the name for `assay policy set`.
fn in_force(setting: &Setting, live: &Policy) -> Markup {
    let (now, default) = (setting.value(live), setting.value(&Policy::default()));
    html! {
        p.setting-now {
            "In force: " strong { (in_words(setting, &now)) }
            @if now == default { span.quiet-text { " (the default)" } }
            @else { span.quiet-text { " (by default: " (in_words(setting, &default)) ")" } }
            " " code.quiet-text { (setting.key) }
        }
    }
}

/// A value as people say it.
pub(super) fn in_words(setting: &Setting, value: &str) -> String {
    match &setting.kind {
        Kind::Switch { .. } => if value == "true" { "on" } else { "off" }.to_owned(),
        Kind::Choice { options, .. } => {
            let label = options.iter().find(|(word, _)| *word == value).map(|(_, label)| *label);
            label.unwrap_or(value).to_owned()
        }
        Kind::Size { .. } => value.parse().map_or_else(|_| value.to_owned(), byte_size::shown),
        Kind::Number { unit, .. } => format!("{value} {unit}"),
        Kind::List { .. } | Kind::Address { .. } if value.is_empty() => "none".to_owned(),
        Kind::List { .. } => value.replace(',', ", "),
        Kind::Address { .. } => value.to_owned(),
    }
}

/// The form for the setting's kind.
fn change(setting: &Setting, stored: &Policy, csrf: &CsrfToken, sent: Option<&Sent>) -> Markup {
    let action = format!("{PATH}/{}", setting.key);
    let value = sent.map_or_else(|| setting.value(stored), |sent| sent.value.clone());
    let none = FieldErrors::of_form(setting.key);
    let errors = sent.map_or(&none, |sent| &sent.errors);
    let control = match &setting.kind {
        Kind::Switch { get, .. } => return switch(setting, get(stored), &action, csrf, errors),
        Kind::Choice { legend, options, .. } => choice(legend, options, &value, errors),
        Kind::Number { least, most, unit, .. } => number(*least, *most, unit, &value, errors),
        Kind::Size { most, .. } => size(*most, &value, errors),
        Kind::List { example, .. } => list(example, &value, errors),
        Kind::Address { .. } => html! { (Field::text(VALUE, "Address").value(value).errors(errors)) },
    };
    form(
        csrf,
        &action,
        html! {
            (control)
            (Button::quiet("Save").small().about(setting.title))
        },
    )
}

fn switch(setting: &Setting, on: bool, action: &str, csrf: &CsrfToken, errors: &FieldErrors) -> Markup {
    let (text, value) = if on { ("Switch off", "false") } else { ("Switch on", "true") };
    html! {
        @if let Some(error) = errors.of(VALUE) { p.error { (error) } }
        (ButtonForm::new(csrf, action, Button::quiet(text).about(setting.title)).hidden(VALUE, value))
    }
}

fn choice(legend: &str, options: &[(&str, &str)], value: &str, errors: &FieldErrors) -> Markup {
    let choices =
        options.iter().fold(Choices::one(VALUE, legend), |choices, (word, label)| choices.option(*word, *label));
    html! { (choices.chosen(value).errors(errors)) }
}

fn number(least: u64, most: u64, unit: &str, value: &str, errors: &FieldErrors) -> Markup {
    let label = format!("How many {unit}");
    let hint = format!("From {least} to {most}.");
    html! { (Field::number(VALUE, label).value(value).hint(hint).required().errors(errors)) }
}

fn size(most: u64, value: &str, errors: &FieldErrors) -> Markup {
    let hint =
        format!("A number of bytes, or one with a unit, such as 250 MiB or 1 GiB; at most {}.", byte_size::shown(most));
    // What was sent and is none stays as it was typed.
    let value = value.parse().map_or_else(|_| value.to_owned(), byte_size::exact);
    html! { (Field::text(VALUE, "How large").value(value).hint(hint).max_length(40).required().errors(errors)) }
}

fn list(example: &str, value: &str, errors: &FieldErrors) -> Markup {
    let rows = u32::try_from(value.split(',').count()).unwrap_or(u32::MAX).clamp(3, 12);
    let lines = value.replace(',', "\n");
    html! { (Field::lines(VALUE, "One a line", rows).value(lines).placeholder(example).errors(errors)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::setting;
    use crate::web::pages::proofreader::complaints;

    fn words(key: &str, value: &str) -> String {
        in_words(setting(key).unwrap(), value)
    }

    #[test]
    fn values_are_said_as_people_say_them() {
        assert_eq!(words("anonymous_read", "true"), "on");
        assert_eq!(words("enforcement", "enforce"), "is refused");
        assert_eq!(words("second_factor_minutes", "60"), "60 minutes");
        assert_eq!(words("package_size_limit", "262144000"), "250 MiB");
        assert_eq!(words("package_size_limit", "1000"), "1000 bytes");
        assert_eq!(words("foreign_ids", "A.*,B"), "A.*, B");
        assert_eq!(words("foreign_ids", ""), "none");
    }

    #[test]
    fn every_setting_has_a_form_unless_it_is_locked_and_no_id_twice() {
        let toml = "[policy]\nanonymous_read = true\nsession_hours = 5";
        let config = Config::new(&toml::from_str(toml).unwrap()).unwrap();
        let (stored, csrf) = (Policy::default(), CsrfToken::of("a test's cookie"));
        let live = config.effective(stored.clone());
        let all: String =
            Group::ALL.map(|group| settings(group, &stored, &live, &config, &csrf, None).into_string()).concat();
        for setting in SETTINGS.iter().filter(|setting| !setting.tried) {
            let action = format!("action=\"admin/policy/{}\"", setting.key);
            assert_eq!(all.contains(&action), config.lock(setting).is_none(), "{setting}");
        }
        assert!(all.contains("In force: <strong>5 hours</strong>") && all.contains("Locked"), "{all}");
        assert_eq!(complaints(&all), Vec::<String>::new());
    }

    #[test]
    fn what_was_sent_stands_in_its_form_with_what_is_wrong() {
        let (setting, csrf) = (setting("foreign_ids").unwrap(), CsrfToken::of("a test's cookie"));
        let mut errors = FieldErrors::of_form(setting.key);
        errors.add(VALUE, "That is no pattern.");
        let sent = Sent { setting, value: "A.*,b c".to_owned(), errors };
        let html = change(setting, &Policy::default(), &csrf, Some(&sent)).into_string();
        assert!(html.contains("A.*\nb c</textarea>") && html.contains("That is no pattern."), "{html}");
        assert!(html.contains("aria-invalid=\"true\""), "{html}");
    }
}
