//! What must work in spite of all that is forbidden: compilers, sanitizers, runtimes.

use std::path::Path;

use assay_sandbox::{Command, Exit, File, Limits, Mount, Sandbox, Spec};

use crate::{limits, python, spec};

fn large() -> Limits {
    Limits { memory_bytes: 2 << 30, ..limits(60) }
}

fn compile(sandbox: &mut Sandbox, source: &str, arguments: &[&str]) {
    sandbox.write(&[File::new("main.c", source)]).unwrap();
    let gcc =
        Command::new("gcc").args(["-g", "main.c", "-o", "main"]).args(arguments.iter().copied());
    let execution = sandbox.execute(&gcc.env("PATH", "/usr/bin:/bin").limits(large())).unwrap();
    assert!(execution.exit.is_success(), "{}", execution.stderr.text());
}

#[test]
fn gcc_and_address_sanitizer_work() {
    let spec = Spec { allow_ptrace: true, ..spec() };
    let mut sandbox = Sandbox::start(&spec).unwrap();
    let check = |sandbox: &mut Sandbox, source: &str, expect: &str| {
        compile(sandbox, source, &["-fsanitize=address,undefined"]);
        let execution = sandbox.execute(&Command::new("./main").limits(large())).unwrap();
        let said = execution.stderr.text();
        assert!(said.contains(expect), "{expect}: {said}");
        execution.exit
    };
    let overflow =
        "#include <stdlib.h>\nint main(int c, char **v) { char *p = malloc(4); return p[c + 4]; }";
    assert_eq!(check(&mut sandbox, overflow, "heap-buffer-overflow"), Exit::Code(1));
    let leak = "#include <stdlib.h>\nvoid *p; int main(void) { p = malloc(7); p = 0; return 0; }";
    assert_eq!(check(&mut sandbox, leak, "7 byte(s) leaked"), Exit::Code(1));
    let fine = "int main(void) { return 0; }";
    assert_eq!(check(&mut sandbox, fine, ""), Exit::Code(0));
}

#[test]
fn crash_is_a_signal() {
    let mut sandbox = Sandbox::start(&spec()).unwrap();
    compile(&mut sandbox, "int main(void) { *(volatile int *)0 = 1; }", &[]);
    let execution = sandbox.execute(&Command::new("./main")).unwrap();
    assert_eq!(execution.exit, Exit::Signal(libc::SIGSEGV));
    assert_eq!(sandbox.tree(".").unwrap().len(), 2, "a core dump?");
}

#[test]
fn python_runs_processes_threads_and_pools() {
    let program = "
import concurrent.futures, multiprocessing, sqlite3, ssl, subprocess, tempfile
print(subprocess.check_output(['echo', 'a']).decode().strip())
with concurrent.futures.ThreadPoolExecutor(4) as pool: print(sum(pool.map(abs, range(5))))
with multiprocessing.Pool(2) as pool: print(sum(pool.map(abs, range(5))))
tempfile.TemporaryFile().write(b'x')";
    let execution = crate::run(&python(program));
    assert_eq!(execution.stdout.text(), "a\n10\n10\n", "{}", execution.stderr.text());
}

#[test]
fn java_node_and_go_work_where_the_host_has_them() {
    let mut spec = spec();
    for place in ["/etc/java-17-openjdk", "/opt"] {
        if Path::new(place).exists() {
            spec.mounts.push(Mount::new(place, place));
        }
    }
    let mut sandbox = Sandbox::start(&spec).unwrap();
    sandbox
        .write(&[
            File::new("Main.java", "class Main { public static void main(String[] a) throws Exception { var t = new Thread(() -> System.out.println(\"hello\")); t.start(); t.join(); new ProcessBuilder(\"true\").start().waitFor(); } }"),
            File::new("main.js", "require('child_process').execFileSync('true'); require('fs').promises.readFile('main.js').then(() => console.log('hello'))"),
            File::new("main.go", "package main\nimport (\"fmt\"; \"os/exec\")\nfunc main() { c := make(chan int); go func() { c <- 1 }(); <-c; if err := exec.Command(\"true\").Run(); err != nil { panic(err) }; fmt.Println(\"hello\") }"),
        ])
        .unwrap();
    let mut check = |program: &str, arguments: &[&str]| {
        if !Path::new(program).exists() {
            return;
        }
        let command = Command::new(program)
            .args(arguments.iter().copied())
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", "/tmp")
            .env("GOFLAGS", "-mod=mod")
            .limits(Limits { written_bytes: 1 << 30, processes: 512, ..large() });
        let execution = sandbox.execute(&command).unwrap();
        assert_eq!(
            execution.stdout.text(),
            "hello\n",
            "{program}: {} {}",
            execution.exit,
            execution.stderr.text()
        );
    };
    check("/usr/bin/java", &["Main.java"]);
    check("/usr/bin/node", &["main.js"]);
    check("/usr/local/bin/node", &["main.js"]);
    check("/usr/local/go/bin/go", &["run", "main.go"]);
}
