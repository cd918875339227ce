//! The nine programs of the documents that winpages was made for: compiled as they are from
//! `WINPAGES_DOCUMENTS`, and used in terminals as a person would.

mod common;

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use common::{finish, winpages};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, OptionalActions, OutputModes, tcgetattr, tcsetattr};

const NARROW: &[&str] = &[];
const UNICODE: &[&str] = &["-DUNICODE", "-D_UNICODE"];
const PATIENCE: Duration = Duration::from_secs(30);

/// A desk to work at: compiled programs, a namespace and drives of its own.
struct Desk {
    documents: PathBuf,
    scratch: tempfile::TempDir,
    namespace: tempfile::TempDir,
}

impl Desk {
    /// None, with a word about it, where the documents are not at hand.
    fn new() -> Option<Self> {
        let Some(documents) = std::env::var_os("WINPAGES_DOCUMENTS") else {
            println!("skipped: WINPAGES_DOCUMENTS does not name the directory of the programs");
            return None;
        };
        Some(Self {
            documents: documents.into(),
            scratch: tempfile::tempdir().expect("a scratch directory"),
            namespace: tempfile::tempdir_in("/dev/shm").expect("a namespace directory"),
        })
    }

    /// A command that works in this desk's namespace, drives and directory.
    fn settle<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .current_dir(self.scratch.path())
            .env("WINPAGES_NAMESPACE", self.namespace.path())
            .env("WINPAGES_DRIVES", self.scratch.path().join("drives"))
            .env_remove("WINPAGES_DRIVE_E")
            // Cargo's names its target directory, where an older libkernel32 may lie.
            .env_remove("LD_LIBRARY_PATH")
    }

    fn compile(&self, document: &str, flags: &[&str]) -> PathBuf {
        let source = self.documents.join(document).with_extension("cpp");
        let width = if flags == NARROW { "narrow" } else { "unicode" };
        let program = self.scratch.path().join(format!("{document}-{width}"));
        let mut command = winpages();
        // The flags that these sources need with any compiler.
        command.args(["cc", "-fpermissive", "-w"]).args(flags);
        command.arg(source).arg("-o").arg(&program);
        let (code, output, messages) = finish(&mut command);
        assert_eq!(
            (code, output.as_str(), messages.as_str()),
            (0, "", ""),
            "{document}"
        );
        program
    }

    /// Starts a program in a terminal of its own.
    fn start(&self, program: &Path) -> Session {
        Session::start(self.settle(&mut Command::new(program)))
    }

    fn names_left(&self) -> String {
        let (code, output, messages) = finish(self.settle(winpages().args(["objects", "--json"])));
        assert!(code <= 1, "{messages}");
        let document: serde_json::Value = serde_json::from_str(&output).expect("JSON");
        document["objects"].to_string()
    }
}

/// A program at work in a terminal.
struct Session {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<Vec<u8>>>,
}

impl Session {
    fn start(command: &mut Command) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&terminal).expect("it is ours");
        unlockpt(&terminal).expect("it is ours");
        let name = ptsname(&terminal, Vec::new()).expect("it has a name");
        let program_side: OwnedFd =
            rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty())
                .expect("the program's side opens");
        let mut modes = tcgetattr(&program_side).expect("it is a terminal");
        // The screen shows what the program writes, and only that.
        modes.local_modes.remove(LocalModes::ECHO);
        modes.output_modes.remove(OutputModes::OPOST);
        tcsetattr(&program_side, OptionalActions::Now, &modes).expect("it is a terminal");
        let duplicate = || program_side.try_clone().expect("descriptors are left");
        let child = command
            .stdin(duplicate())
            .stdout(duplicate())
            .stderr(duplicate())
            .spawn()
            .expect("the program starts");

        let keyboard = File::from(terminal);
        let mut output = keyboard.try_clone().expect("descriptors are left");
        let screen = Arc::new(Mutex::new(Vec::new()));
        let shown = Arc::clone(&screen);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // It fails when the program's side is closed.
            while let Ok(length @ 1..) = output.read(&mut buffer) {
                shown
                    .lock()
                    .expect("nobody panics")
                    .extend_from_slice(&buffer[..length]);
            }
        });
        Self {
            child,
            keyboard,
            screen,
        }
    }

    fn types(&mut self, line: &str) {
        self.keyboard
            .write_all(format!("{line}\n").as_bytes())
            .expect("the terminal takes it");
    }

    fn screen(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().expect("nobody panics")).into_owned()
    }

    /// Waits until `text` has been shown `times` times.
    fn shows(&mut self, text: &str, times: usize) -> String {
        wait_until(&format!("{text:?} is shown"), || {
            let screen = self.screen();
            let ended = self.child.try_wait().expect("it is our child");
            let shown = screen.matches(text).count() >= times;
            assert!(
                shown || ended.is_none(),
                "{ended:?} before {text:?}: {screen:?}"
            );
            shown.then_some(screen)
        })
    }

    fn ends_well(mut self) -> String {
        let status = wait_until("the program ends", || {
            self.child.try_wait().expect("it is our child")
        });
        assert_eq!(status.code(), Some(0), "{status}: {:?}", self.screen());
        self.screen()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait_until<T>(what: &str, mut happened: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = happened() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "{what}: not in {PATIENCE:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn named_section() {
    let Some(desk) = Desk::new() else { return };
    // The same name, narrow and wide: every width meets every other.
    let programs = [NARROW, UNICODE].map(|flags| {
        ["000_named_section_a", "000_named_section_b"].map(|name| desk.compile(name, flags))
    });
    for [program_a, _] in &programs {
        for [_, program_b] in &programs {
            let mut a = desk.start(program_a);
            a.types("");
            a.shows("写入内存为a\n", 1);
            let mut b = desk.start(program_b);
            b.types("");
            b.shows("读取内存为 a\n", 1);
            b.types("");
            assert_eq!(b.ends_well(), "读取内存为 a\n");
            a.types("");
            assert_eq!(a.ends_well(), "写入内存为a\n");
            assert_eq!(desk.names_left(), "[]");
        }
    }
}

#[test]
fn private_memory() {
    let Some(desk) = Desk::new() else { return };
    for flags in [NARROW, UNICODE] {
        let program = desk.compile("002_private_memory", flags);
        assert_eq!(desk.start(&program).ends_well(), "");
    }
}

#[test]
fn shared_memory() {
    let Some(desk) = Desk::new() else { return };
    let mut a = desk.start(&desk.compile("002_shared_memory_a", UNICODE));
    let screen = a.shows("写入的数据是:123456", 1);
    assert!(screen.starts_with("向内存地址"), "{screen}");
    let mut b = desk.start(&desk.compile("002_shared_memory_b", NARROW));
    let screen = b.shows("读取的数据是:123456", 1);
    assert!(screen.starts_with("在内存地址"), "{screen}");
    b.types("");
    b.ends_well();
    a.types("");
    a.ends_well();
    assert_eq!(desk.names_left(), "[]");
}

#[test]
fn mapped_file() {
    let Some(desk) = Desk::new() else { return };
    let drive = desk.scratch.path().join("drive");
    std::fs::create_dir(&drive).expect("the scratch directory can be written");
    let file = drive.join("test.txt");
    std::fs::write(&file, "12345678, and the rest stays\n").expect("can be written");
    let mut set = winpages();
    let (code, _, messages) = finish(desk.settle(set.args(["drives", "set", "E:"]).arg(&drive)));
    assert_eq!(code, 0, "{messages}");

    let mut a = desk.start(&desk.compile("002_mapped_file_a", NARROW));
    wait_until("A writes through its view", || {
        let text = std::fs::read_to_string(&file).expect("it is there");
        (text == "ABCDEFGH, and the rest stays\n").then_some(())
    });
    let mut b = desk.start(&desk.compile("002_mapped_file_b", NARROW));
    b.shows("写入的数据是:44434241", 1);
    b.types("");
    b.ends_well();
    a.types("");
    assert_eq!(a.ends_well(), "");
    let text = std::fs::read_to_string(&file).expect("it is there");
    assert_eq!(text, "ABCDEFGH, and the rest stays\n");
    assert_eq!(desk.names_left(), "[]");
}

#[test]
fn writer_and_reader() {
    let Some(desk) = Desk::new() else { return };
    let writer = desk.compile("003_writer", UNICODE);
    let reader = desk.compile("003_reader", UNICODE);

    let mut early = desk.start(&reader);
    early.shows("create shared memory faild", 1);
    early.types("any key");
    early.ends_well();

    let mut writer = desk.start(&writer);
    writer.shows("please enter data", 1);
    writer.types("first line");
    writer.shows("please enter data", 2);
    writer.types("共享的第二行");
    writer.shows("please enter data", 3);

    let mut reader_session = desk.start(&reader);
    reader_session.shows("enter \"yes\"", 1);
    reader_session.types("yes");
    let screen = reader_session.shows("enter \"yes\"", 2);
    assert!(screen.contains("\n共享的第二行\n"), "{screen}");
    assert!(!screen.contains("first line"), "{screen}");
    // It compares two addresses, so that "exit" is one more line to share.
    writer.types("exit");
    writer.shows("please enter data", 4);
    reader_session.types("yes");
    let screen = reader_session.shows("enter \"yes\"", 3);
    assert!(screen.contains("\nexit\n"), "{screen}");
    reader_session.types("exit");
    reader_session.ends_well();

    // The writer runs until it is stopped; its name goes with it.
    drop(writer);
    let mut late = desk.start(&reader);
    late.shows("create shared memory faild", 1);
    late.types("any key");
    late.ends_well();
}
