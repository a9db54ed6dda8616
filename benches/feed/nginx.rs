//! The yardstick: nginx with what a feed has answered, as files.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::http::Endpoint;
use crate::support::{Feed, Request, environment};

/// An nginx that runs until this is dropped.
pub struct Nginx {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Nginx {
    /// Asks `feed` for each path once and serves the answers; it runs on the processor that the feed is put on too.
    pub fn serving(feed: &Feed, paths: &[&str]) -> Self {
        pin(feed.pid());
        let folder = TempDir::with_prefix("an").expect("a folder");
        let root = folder.path().join("root");
        for path in paths {
            let answer = feed.ask(&Request::get(path));
            if answer.status == 200 {
                let file = root.join(file(path));
                std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
                std::fs::write(file, &answer.body).expect("a file");
            }
        }
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        std::fs::write(folder.path().join("nginx.conf"), config(folder.path(), &root, port)).expect("a configuration");
        let mut command = Command::new("taskset");
        command.args(["-c", "0", "nginx", "-p"]).arg(folder.path()).arg("-c").arg(folder.path().join("nginx.conf"));
        let child = command.stderr(Stdio::null()).spawn().expect("nginx");
        let nginx = Self { child, port, _folder: folder };
        let began = Instant::now();
        let endpoint = Endpoint::plain(([127, 0, 0, 1], port).into());
        while endpoint.ask(&Request::get("/")).is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "nginx does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        nginx
    }

    /// Its process ID: taskset becomes nginx, which has no second process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where a path of the feed lies here.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{}", self.port, file(path))
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        environment::output(Command::new("kill").arg(self.child.id().to_string()));
        _ = self.child.wait();
    }
}

/// The name of a path as a file: without its query.
fn file(path: &str) -> String {
    path.trim_start_matches('/').replace(['?', '='], "-")
}

/// All threads of a process on processor 0.
pub fn pin(pid: u32) {
    environment::output(Command::new("taskset").args(["-a", "-c", "-p", "0", &pid.to_string()]));
}

fn config(folder: &Path, root: &Path, port: u16) -> String {
    let (folder, root) = (folder.display(), root.display());
    format!(
        "worker_processes 1; daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 10000000; etag on; types {{}}\n\
         default_type application/json; open_file_cache max=100;\n\
         client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n\
         server {{ listen 127.0.0.1:{port}; root {root}; }} }}\n"
    )
}
