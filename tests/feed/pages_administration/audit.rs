//! `/admin/audit` and `assay audit`: the log, its filter and its export.

use super::*;

#[test]
fn the_audit_log_is_filtered_paged_and_exported() {
    let feed = house();
    let (mut ann, _) = administrator(&feed);
    ann.submit("admin/policy/session_hours", &[("value", "500")]);
    execute(
        &feed,
        "INSERT INTO audit (at, actor, action, subject, detail) VALUES (0, '=2+2', 'key.create', 'a\"b', '@x')",
    );
    let all = ann.get("admin/audit");
    says(&all, "Changed the policy policy.set");
    says(&all, "from 336 to 500");
    says(&all, "command line");
    let one = ann.get("admin/audit?actor=ANN&action=policy.*&subject=session_hours&from=2020-01-01");
    says(&one, "from 336 to 500");
    assert_eq!(one.inside("tr").len(), 2, "{}", one.text());
    says(&ann.get("admin/audit?address=192.0.2.*"), "Nothing is on record that fits.");
    assert_eq!(ann.get("admin/audit?to=1970-01-01").inside("tr").len(), 2);
    let exported = ann.get("admin/audit.csv?to=1970-01-01");
    assert_eq!(exported.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert!(exported.header("content-disposition").unwrap().starts_with("attachment; filename=\"audit-"));
    let lines: Vec<&str> = exported.html.split("\r\n").collect();
    assert_eq!(lines[0], "\"number\",\"at\",\"actor\",\"address\",\"action\",\"subject\",\"detail\"");
    assert!(lines[1].ends_with(",\"'=2+2\",\"\",\"key.create\",\"a\"\"b\",\"'@x\""), "{}", lines[1]);
    assert_eq!(lines.len(), 3);
    for number in 0..101 {
        let sql = "INSERT INTO audit (at, actor, action, subject) VALUES (0, 'zed', 'key.create'";
        execute(&feed, &format!("{sql}, 'number {number}')"));
    }
    let first = ann.get("admin/audit?actor=zed");
    assert_eq!(first.inside("tr").len(), 101);
    let older = first.targets().into_iter().find(|target| target.contains("before=")).expect("a link to older ones");
    let second = ann.get(&older);
    says(&second, "number 0");
    assert_eq!(second.inside("tr").len(), 2);
    let newer = second.targets().into_iter().find(|target| target.contains("after=")).expect("a link to newer ones");
    assert_eq!(ann.get(&newer).inside("tr").len(), 101);
}

#[test]
fn the_command_line_shows_the_log_too() {
    let feed = house();
    let shown = |more: &[&str]| {
        let mut arguments = vec!["audit"];
        arguments.extend(more);
        feed.assay(&arguments).succeeded()
    };
    assert!(shown(&["--action", "account.*"]).contains("account.make-administrator"));
    assert!(!shown(&["--action", "account.*"]).contains("key.create"));
    assert_eq!(shown(&["--actor", "nobody"]), "nothing is on record that fits");
    assert_eq!(shown(&["--until", "2000-01-01"]), "nothing is on record that fits");
    assert_eq!(shown(&["--lines", "1"]).lines().count(), 2);
    let json: serde_json::Value = serde_json::from_str(&shown(&["--subject", "ANN", "--json"])).unwrap();
    assert_eq!(json[0]["action"], "account.make-administrator");
    let csv = shown(&["--csv", "--action", "account.create", "--since", "2000-01-01"]);
    assert!(csv.starts_with("\"number\",") && csv.lines().count() == 3, "{csv}");
    let wrong = feed.assay(&["audit", "--since", "yesterday"]);
    assert_eq!(wrong.code, 2);
}
