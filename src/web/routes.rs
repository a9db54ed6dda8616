//! Every route, grouped by who calls it.

use actix_web::middleware::from_fn;
use actix_web::web::{ServiceConfig, delete, get, head, post, put, resource, scope, to};
use actix_web::{FromRequest, Handler, Resource, Responder, Route};

use super::api::{
    autocomplete, certificates as api_certificates, file, flat_container, health, original, publish, registration,
    repository_signatures, search, service_index, unknown, verdicts,
};
use super::caller::{reading, reading_files, with_key, writing};
use super::pages::admission::{administering, browsing, signed_in, visiting};
use super::pages::{
    account, admin, assets, certificates as certificate_pages, confirm, email, forgotten, invitations, jobs,
    keys as key_pages, manage, members, my_packages, next_steps, organizations, package, packages, prefixes, profile,
    reset, second_factor, security, sessions, sign_in, trust, unknown as no_page, upload, verdicts as verdict_pages,
    welcome,
};
use super::turns::in_turn;

/// The routes below the path of the public URL.
pub(super) fn routes(config: &mut ServiceConfig) {
    open_to_all(config);
    files(config);
    push(config);
    verdicts(config);
    read(config);
    config.service(scope("/api").default_service(to(unknown)));
    way_in(config);
    own_account(config);
    keys(config);
    organizations(config);
    certificates(config);
    owners(config);
    packages(config);
    withdrawals(config);
    verdict_pages(config);
    administration(config);
    trust_and_jobs(config);
    signers_and_stages(config);
    revocation(config);
    uploads(config);
    config.service(scope("").wrap(from_fn(visiting)).default_service(to(no_page)));
}

/// Nobody needs credentials: machines that watch, clients that check signatures, and what pages are drawn with.
fn open_to_all(config: &mut ServiceConfig) {
    config.service(read_only("/assets/{name}", assets::asset));
    config.service(read_only("/healthz", health::alive)).service(read_only("/readyz", health::ready)).service(
        scope("/v3/repository-signatures")
            .service(read_only("/certificates/{fingerprint}.crt", repository_signatures::certificate))
            .service(read_only("/{version}/index.json", repository_signatures::index))
            .default_service(to(unknown)),
    );
}

/// A token in the URL will do: Visual Studio fetches these without credentials.
fn files(config: &mut ServiceConfig) {
    let files = [
        read_only("/v3/flatcontainer/{id}/{version}/icon", file::icon),
        read_only("/v3/flatcontainer/{id}/{version}/readme", file::readme),
        read_only("/v3/flatcontainer/{id}/{version}/license", file::license),
    ];
    for file in files {
        config.service(file.wrap(from_fn(reading_files)));
    }
}

/// Needs a key. Clients append a slash to the push URL; a redirect between the two would lose packages.
fn push(config: &mut ServiceConfig) {
    for path in ["/api/v2/package", "/api/v2/package/"] {
        let pushed = resource(path).route(put().to(publish::push)).route(post().to(publish::push));
        config.service(pushed.wrap(from_fn(writing)));
    }
    let listing = resource("/api/v2/package/{id}/{version}");
    let listing = listing.route(delete().to(publish::unlist)).route(post().to(publish::relist));
    config.service(listing.wrap(from_fn(writing)));
}

/// What a push would be told. Needs a key that may push; registered before the scope of what is only read.
fn verdicts(config: &mut ServiceConfig) {
    config.service(resource("/api/v1/verdicts").route(post().to(verdicts::dry_run)).wrap(from_fn(writing)));
    config.service(resource("/api/v1/verdicts/{number}").route(get().to(verdicts::verdict)).wrap(from_fn(writing)));
}

/// Needs the right to read.
fn read(config: &mut ServiceConfig) {
    config.service(
        scope("/v3")
            .wrap(from_fn(reading))
            .service(
                read_only("/index.json", service_index::service_index)
                    .route(put().to(service_index::not_a_place_to_push)),
            )
            .service(read_only("/flatcontainer/{id}/index.json", flat_container::versions))
            .service(read_only("/flatcontainer/{id}/{version}/{file}", flat_container::file))
            .service(read_only("/search", search::search).wrap(from_fn(in_turn)))
            .service(read_only("/autocomplete", autocomplete::autocomplete).wrap(from_fn(in_turn)))
            // paket appends a slash to the address of completion.
            .service(read_only("/autocomplete/", autocomplete::autocomplete).wrap(from_fn(in_turn)))
            .service(read_only("/{hive}/{id}/index.json", registration::index))
            .service(read_only("/{hive}/{id}/page/{lower}/{upper}.json", registration::page))
            .service(read_only("/{hive}/{id}/{version}.json", registration::leaf))
            .default_service(to(unknown)),
    );
    let certificates = resource("/api/v1/accounts/{name}/certificates").route(get().to(api_certificates::list));
    config.service(certificates.wrap(from_fn(in_turn)).wrap(from_fn(with_key)));
    config.service(
        scope("/api/v1")
            .wrap(from_fn(reading))
            .service(read_only("/packages/{id}/{version}/original", original::original))
            .default_service(to(unknown)),
    );
}

/// Pages that everybody may see: the way in.
fn way_in(config: &mut ServiceConfig) {
    let pages = [
        page("/sign-in", get().to(sign_in::show), post().to(sign_in::sign_in)),
        page("/sign-in/forgotten", get().to(forgotten::show), post().to(forgotten::ask)),
        page("/sign-in/code", get().to(sign_in::show_code), post().to(sign_in::give_code)),
        resource("/sign-out").route(post().to(sign_in::sign_out)),
        page("/welcome/{token}", get().to(welcome::show), post().to(welcome::choose)),
        page("/reset/{token}", get().to(reset::show), post().to(reset::reset)),
        page("/account/email/{token}", get().to(email::show), post().to(email::confirm)),
    ];
    for page in pages {
        config.service(page.wrap(from_fn(visiting)));
    }
}

/// What belongs to whoever is signed in.
fn own_account(config: &mut ServiceConfig) {
    let pages = [
        resource("/account/confirm").route(post().to(confirm::confirm)),
        resource("/welcome").route(get().to(next_steps::show)),
        resource("/account").route(get().to(account::show)),
        resource("/account/email").route(post().to(account::set_email)),
        resource("/account/confirmation").route(post().to(email::send)),
        resource("/account/notices/read").route(post().to(account::read_notices)),
        resource("/account/security").route(get().to(security::show)),
        resource("/account/security/password").route(post().to(security::change_password)),
        page("/account/security/second-factor", get().to(second_factor::show), post().to(second_factor::begin)),
        resource("/account/security/second-factor/finish").route(post().to(second_factor::finish)),
        resource("/account/security/second-factor/remove").route(post().to(second_factor::remove)),
        page(
            "/account/security/recovery-codes",
            get().to(second_factor::show_codes),
            post().to(second_factor::new_codes),
        ),
        resource("/account/security/sessions/end").route(post().to(sessions::end)),
        resource("/account/security/sessions/end-others").route(post().to(sessions::end_others)),
    ];
    for page in pages {
        config.service(page.wrap(from_fn(signed_in)));
    }
}

/// API keys.
fn keys(config: &mut ServiceConfig) {
    let pages = [
        resource("/account/keys").route(get().to(key_pages::show)),
        page("/account/keys/new", get().to(key_pages::show_new), post().to(key_pages::create)),
        page("/account/keys/{number}/revoke", get().to(key_pages::show_revoke), post().to(key_pages::revoke)),
        resource("/accounts/{name}/keys").route(get().to(key_pages::show_of_organization)),
    ];
    for page in pages {
        config.service(page.wrap(from_fn(signed_in)));
    }
}

/// Accounts as others see them, organizations and invitations.
fn organizations(config: &mut ServiceConfig) {
    let pages = [
        page("/account/organizations", get().to(organizations::show), post().to(organizations::create)),
        page("/account/invitations/{number}/accept", get().to(invitations::to_list), post().to(invitations::accept)),
        page("/account/invitations/{number}/decline", get().to(invitations::to_list), post().to(invitations::decline)),
        resource("/accounts/{name}").route(get().to(profile::show)),
        page("/accounts/{name}/members", get().to(members::show), post().to(members::invite)),
        page("/accounts/{name}/members/{user}/role", get().to(members::to_list), post().to(members::change_role)),
        page("/accounts/{name}/members/{user}/remove", get().to(members::show_remove), post().to(members::remove)),
        page("/accounts/{name}/invitations/{number}/withdraw", get().to(members::back), post().to(members::withdraw)),
        page("/accounts/{name}/leave", get().to(members::show_leave), post().to(members::leave)),
    ];
    for page in pages {
        config.service(page.wrap(from_fn(signed_in)));
    }
}

/// What the owners of package IDs decide: who owns them, and who must sign.
fn owners(config: &mut ServiceConfig) {
    let pages = [
        resource("/account/packages").route(get().to(my_packages::show)),
        resource("/account/packages/stages").route(get().to(my_packages::stages::show)),
        page("/account/packages/required-signer", get().to(my_packages::back), post().to(my_packages::choosing::send)),
        page("/packages/{id}/manage", get().to(manage::show), post().to(manage::owners::add)),
        page(
            "/packages/{id}/manage/required-signer",
            get().to(manage::required_signer::ask),
            post().to(manage::required_signer::choose),
        ),
        page(
            "/packages/{id}/manage/owners/{owner}/remove",
            get().to(manage::owners::show_remove),
            post().to(manage::owners::remove),
        ),
        page(
            "/packages/{id}/manage/invitations/{number}/withdraw",
            get().to(manage::owners::back),
            post().to(manage::owners::withdraw),
        ),
    ];
    for page in pages {
        config.service(page.wrap(from_fn(signed_in)));
    }
}

/// The certificates that accounts sign with.
fn certificates(config: &mut ServiceConfig) {
    let pages = [
        resource("/account/certificates").route(get().to(certificate_pages::mine)),
        page("/accounts/{name}/certificates", get().to(certificate_pages::show), post().to(certificate_pages::upload)),
        resource("/accounts/{name}/certificates/history").route(get().to(certificate_pages::history::show)),
        resource("/accounts/{name}/certificates/{fingerprint}").route(get().to(certificate_pages::details::show)),
        page(
            "/accounts/{name}/certificates/{fingerprint}/remove",
            get().to(certificate_pages::remove::show),
            post().to(certificate_pages::remove::remove),
        ),
        page(
            "/accounts/{name}/certificates/{fingerprint}/check",
            get().to(certificate_pages::limit::back),
            post().to(certificate_pages::check::check),
        ),
        page(
            "/accounts/{name}/certificates/{fingerprint}/patterns",
            get().to(certificate_pages::limit::back),
            post().to(certificate_pages::limit::change),
        ),
    ];
    for page in pages {
        config.service(page.wrap(from_fn(signed_in)));
    }
}

/// Packages, for whoever may read.
fn packages(config: &mut ServiceConfig) {
    let pages = [
        resource("/").route(get().to(packages::show)),
        resource("/packages/{id}").route(get().to(package::show)),
        resource("/packages/{id}/{version}").route(get().to(package::show_version)),
    ];
    for page in pages {
        config.service(page.wrap(from_fn(browsing)));
    }
}

/// Taking versions off the feed, and what was taken off.
fn withdrawals(config: &mut ServiceConfig) {
    let own = page(
        "/packages/{id}/{version}/withdraw",
        get().to(package::withdraw::show),
        post().to(package::withdraw::make),
    );
    config.service(own.wrap(from_fn(signed_in)));
    let list = page("/admin/withdrawn", get().to(admin::withdrawn::show), post().to(admin::withdrawn::undo));
    config.service(list.wrap(from_fn(administering)));
}

/// Verdicts, explained to those whom they concern.
fn verdict_pages(config: &mut ServiceConfig) {
    let pages = [
        resource("/account/verdicts").route(get().to(verdict_pages::list)),
        resource("/verdicts/{number}").route(get().to(verdict_pages::show)),
        page("/verdicts/{number}/register", get().to(verdict_pages::back), post().to(verdict_pages::register)),
    ];
    for page in pages {
        config.service(page.wrap(from_fn(signed_in)));
    }
}

/// What administrators run the server with: accounts, prefixes, policy, the audit log.
fn administration(config: &mut ServiceConfig) {
    let pages = [
        resource("/admin").route(get().to(admin::show)),
        resource("/admin/accounts").route(get().to(admin::accounts::show)),
        page("/admin/new-account", get().to(admin::new_account::show), post().to(admin::new_account::create)),
        resource("/admin/accounts/{name}").route(get().to(admin::account::show)),
        page("/admin/accounts/{name}/{change}", get().to(admin::account::ask), post().to(admin::account::make)),
        resource("/admin/policy").route(get().to(admin::policy::show)),
        page("/admin/policy/timestamping", get().to(admin::policy::back), post().to(admin::timestamping::set)),
        page(
            "/admin/policy/timestamping/remove",
            get().to(admin::policy::back),
            post().to(admin::timestamping::remove),
        ),
        page("/admin/policy/{key}", get().to(admin::policy::back), post().to(admin::policy::set)),
        resource("/admin/audit").route(get().to(admin::audit::show)),
        resource("/admin/audit.csv").route(get().to(admin::audit::export)),
        page("/admin/prefixes", get().to(prefixes::show), post().to(prefixes::reserve)),
        page("/admin/prefixes/release", get().to(prefixes::to_list), post().to(prefixes::release)),
    ];
    for page in pages {
        config.service(page.wrap(from_fn(administering)));
    }
}

/// Trust anchors and background jobs.
fn trust_and_jobs(config: &mut ServiceConfig) {
    let pages = [
        resource("/admin/trust").route(get().to(trust::show)),
        page("/admin/trust/add", get().to(trust::add::show), post().to(trust::add::add)),
        page(
            "/admin/trust/unknown/{for}/{fingerprint}",
            get().to(trust::unknown::show),
            post().to(trust::unknown::adopt),
        ),
        resource("/admin/trust/unknown/{for}/{fingerprint}/dismiss").route(post().to(trust::unknown::dismiss)),
        page(
            "/admin/trust/{for}/{fingerprint}/remove",
            get().to(trust::remove::show),
            post().to(trust::remove::remove),
        ),
        resource("/admin/jobs").route(get().to(jobs::show)),
        page("/admin/jobs/revocation", get().to(jobs::back), post().to(jobs::check)),
    ];
    for page in pages {
        config.service(page.wrap(from_fn(administering)));
    }
}

/// What issuers say about certificates, and the signatures that do not count any more.
fn revocation(config: &mut ServiceConfig) {
    use super::pages::admin::revocation::{self, import, mark, versions};
    use super::pages::manage::void_signatures;
    let pages = [
        resource("/admin/revocation").route(get().to(revocation::show)),
        page("/admin/revocation/check", get().to(revocation::back), post().to(revocation::check)),
        page("/admin/revocation/import", get().to(import::show), post().to(import::import)),
        page("/admin/revocation/mark", get().to(mark::show), post().to(mark::mark)),
        page("/admin/revocation/versions", get().to(versions::show), post().to(versions::choose)),
        resource("/admin/revocation/versions.csv").route(get().to(versions::export)),
        page("/admin/revocation/{fingerprint}/check", get().to(revocation::back), post().to(revocation::check_one)),
        page("/admin/revocation/{fingerprint}/unmark", get().to(mark::show_unmark), post().to(mark::unmark)),
    ];
    for page in pages {
        config.service(page.wrap(from_fn(administering)));
    }
    let owners = page(
        "/packages/{id}/manage/void-signatures",
        get().to(void_signatures::show),
        post().to(void_signatures::choose),
    );
    config.service(owners.wrap(from_fn(signed_in)));
}

/// A package that is uploaded on a page, and what becomes of it.
fn uploads(config: &mut ServiceConfig) {
    let pages = [
        page("/upload", get().to(upload::show), post().to(upload::receive)),
        resource("/upload/{token}").route(get().to(upload::look)),
        page("/upload/{token}/judge", get().to(upload::back), post().to(upload::judge)),
        page("/upload/{token}/publish", get().to(upload::back), post().to(upload::publish)),
        page("/upload/{token}/discard", get().to(upload::back), post().to(upload::discard)),
    ];
    for page in pages {
        config.service(page.wrap(from_fn(signed_in)));
    }
}

/// Who signed what, and what enforcement would refuse.
fn signers_and_stages(config: &mut ServiceConfig) {
    use super::pages::{admin::stages, signers};
    let pages = [
        resource("/admin/stages").route(get().to(stages::show)),
        resource("/admin/stages.csv").route(get().to(stages::export)),
        resource("/admin/signers.csv").route(get().to(signers::of_all)),
    ];
    for page in pages {
        config.service(page.wrap(from_fn(administering)));
    }
    let own = resource("/accounts/{name}/signed.csv").route(get().to(signers::of_account));
    config.service(own.wrap(from_fn(signed_in)));
}

/// A page with a form that is sent to its own address.
fn page(path: &str, shown: Route, sent: Route) -> Resource {
    resource(path).route(shown).route(sent)
}

/// A resource that is only read: GET, and HEAD with the same headers.
fn read_only<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    resource(path).route(get().to(handler.clone())).route(head().to(handler))
}
