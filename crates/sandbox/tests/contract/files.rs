//! Files go in and come out, and never through something that tested code planted.

use assay_sandbox::{Exit, File, Limits, Obstacle, SandboxError, TreeEntry};

use crate::{output, python, shell, start};

#[test]
fn files_written_are_there_to_read_and_run() {
    let mut sandbox = start();
    sandbox
        .write(&[
            File::new("deep/er/file", "content"),
            File::new("/work/run", "#!/bin/sh\necho ran in $PWD").executable(),
            File::new("/tmp/other", "other"),
            File::new("deep/er/file", "replaced"),
        ])
        .unwrap();
    assert_eq!(sandbox.read("deep/er/file", 100).unwrap().unwrap(), b"replaced");
    assert_eq!(sandbox.read("/tmp/other", 5).unwrap().unwrap(), b"other");
    assert_eq!(sandbox.read("absent", 5).unwrap(), None);
    assert_eq!(sandbox.read("absent/er", 5).unwrap(), None);
    let too_large = sandbox.read("/tmp/other", 4);
    assert!(matches!(too_large, Err(SandboxError::TooLarge { bytes: 5, .. })), "{too_large:?}");
    let execution =
        sandbox.execute(&assay_sandbox::Command::new("../run").directory("deep")).unwrap();
    assert_eq!(execution.stdout.text(), "ran in /work/deep\n");
}

#[test]
fn paths_stay_in_the_writable_places() {
    let mut sandbox = start();
    for path in [
        "",
        "/",
        "..",
        "a/../../x",
        "/etc/passwd",
        "/workx",
        "/work/../etc/x",
        "a//b",
        "a\0b",
        "/proc/1/environ",
        "/dev/null",
    ] {
        let written = sandbox.write(&[File::new(path, "x")]);
        assert!(matches!(written, Err(SandboxError::InvalidPath { .. })), "{path:?}: {written:?}");
        let read = sandbox.read(path, 10);
        assert!(matches!(read, Err(SandboxError::InvalidPath { .. })), "{path:?}: {read:?}");
    }
}

#[test]
fn symlinks_are_followed_neither_to_write_nor_to_read() {
    let mut sandbox = start();
    let plant = "ln -s /etc/passwd file; ln -s /proc/1/environ environ; ln -s /tmp directory; mkdir real; ln -s real inner; echo x > real/x; ln -s loop loop";
    assert_eq!(sandbox.execute(&shell(plant)).unwrap().exit, Exit::Code(0));
    for path in ["file", "environ", "directory/x", "inner/x", "loop", "loop/x"] {
        let read = sandbox.read(path, 1 << 20);
        let expect =
            Err(SandboxError::Obstructed { path: path.to_owned(), obstacle: Obstacle::Symlink });
        assert_eq!(read, expect);
    }
    for path in ["directory/x", "inner/x", "loop/x"] {
        let written = sandbox.write(&[File::new(path, "x")]);
        assert!(
            matches!(written, Err(SandboxError::Obstructed { obstacle: Obstacle::Symlink, .. })),
            "{path}: {written:?}"
        );
    }
    // A link in the place of the file itself is replaced.
    sandbox.write(&[File::new("file", "ours")]).unwrap();
    assert_eq!(sandbox.read("file", 100).unwrap().unwrap(), b"ours");
    assert_eq!(output(&shell("cat /tmp/x || echo nothing")), "nothing\n");
}

#[test]
fn pipes_hard_links_and_directories_do_not_trap_the_host() {
    let mut sandbox = start();
    let plant = "mkfifo pipe; echo old > one; ln one two; mkdir directory; mkdir locked; chmod 0 locked; echo x > secret; chmod 0 secret";
    assert_eq!(sandbox.execute(&shell(plant)).unwrap().exit, Exit::Code(0));
    let obstacle = |result: Result<Option<Vec<u8>>, SandboxError>| match result {
        Err(SandboxError::Obstructed { obstacle, .. }) => obstacle,
        other => panic!("{other:?}"),
    };
    assert_eq!(obstacle(sandbox.read("pipe", 10)), Obstacle::Special);
    assert_eq!(obstacle(sandbox.read("directory", 10)), Obstacle::Directory);
    assert_eq!(obstacle(sandbox.read("secret", 10)), Obstacle::Unreadable);
    assert_eq!(obstacle(sandbox.read("one/x", 10)), Obstacle::File);
    sandbox.write(&[File::new("pipe", "ours"), File::new("one", "new")]).unwrap();
    assert_eq!(sandbox.read("pipe", 10).unwrap().unwrap(), b"ours");
    assert_eq!(sandbox.read("two", 10).unwrap().unwrap(), b"old\n");
    let written = sandbox.write(&[File::new("directory", "x")]);
    assert!(
        matches!(written, Err(SandboxError::Obstructed { obstacle: Obstacle::Directory, .. })),
        "{written:?}"
    );
    assert!(sandbox.write(&[File::new("locked/x", "x")]).unwrap_err().is_provocable());
}

#[test]
fn tree_tells_every_change() {
    let mut sandbox = start();
    sandbox
        .write(&[File::new("t/a", "a"), File::new("t/b/c", "c").executable(), File::new("t/d", "")])
        .unwrap();
    let before = sandbox.tree("t").unwrap();
    let names: Vec<&str> = before.keys().map(String::as_str).collect();
    assert_eq!(names, ["a", "b", "b/c", "d"]);
    assert_eq!(before["b"], TreeEntry::Directory);
    assert!(matches!(before["b/c"], TreeEntry::File { bytes: 1, executable: true, .. }));
    assert_eq!(sandbox.tree("t").unwrap(), before);
    for change in [
        "echo -n x > t/a",
        "rm t/d",
        "touch t/e",
        "chmod +x t/e",
        "ln -s a t/f",
        "ln -sf b t/f",
        "rm t/f; mkfifo t/f",
        "chmod 0 t/b",
        "mkdir t/g",
    ] {
        let before = sandbox.tree("t").unwrap();
        sandbox.execute(&shell(change)).unwrap();
        assert_ne!(sandbox.tree("t").unwrap(), before, "{change}");
    }
    assert!(sandbox.tree("absent").unwrap().is_empty());
    assert!(sandbox.tree("t/f").is_err());
}

#[test]
fn tree_is_bounded() {
    let check = |plant: &str| {
        let mut sandbox = start();
        let limits = Limits { written_bytes: 1 << 40, ..Limits::default() };
        let planted = sandbox.execute(&python(plant).limits(limits)).unwrap();
        assert!(planted.exit.is_success(), "{plant}: {planted:?}");
        let tree = sandbox.tree("/work");
        assert!(matches!(tree, Err(SandboxError::TreeTooLarge { .. })), "{plant}");
    };
    check("import os\nfor _ in range(300): os.mkdir('d'); os.chdir('d')");
    check("import os\nos.truncate(os.open('x', 66), 1 << 36)");
}

#[test]
fn program_that_is_not_there_is_an_error() {
    let mut sandbox = start();
    sandbox.write(&[File::new("text", "no program")]).unwrap();
    for program in ["/no/such/program", "no-such-program", "./text", "/usr"] {
        let error = sandbox.execute(&assay_sandbox::Command::new(program)).unwrap_err();
        assert!(matches!(error, SandboxError::Program { .. }), "{program}: {error}");
    }
    let error = sandbox.execute(&shell("true").directory("absent")).unwrap_err();
    assert!(matches!(error, SandboxError::Directory { .. }), "{error}");
    assert_eq!(sandbox.execute(&shell("exit 3")).unwrap().exit, Exit::Code(3));
}
