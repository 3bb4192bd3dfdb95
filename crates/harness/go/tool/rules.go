package main

import (
	"regexp"
	"strings"
)

// packages by which a program gets at bare memory or brings machine code, which nothing
// else can be held against once it is in the process.
var packageRules = map[string]string{
	"plugin":                       "loads code into its process",
	"modernc.org/libc":             "works on bare memory",
	"modernc.org/memory":           "works on bare memory",
	"github.com/ebitengine/purego": "loads code into its process",
}

// packageRule is the rule for a package.
func packageRule(path string) string {
	if strings.HasPrefix(path, "modernc.org/libc/") {
		path = "modernc.org/libc"
	}
	return packageRules[path]
}

// objectRules are for single functions, methods, variables and fields.
var objectRules = map[string]string{
	"testing.Main":      "runs a suite of its own in the place of its tests",
	"testing.MainStart": "runs a suite of its own in the place of its tests",
	"testing.RunTests":  "runs a suite of its own in the place of its tests",

	"reflect.NewAt":            "works on bare memory",
	"reflect.SliceAt":          "works on bare memory",
	"reflect.Value.SetPointer": "works on bare memory",

	"github.com/mattn/go-sqlite3.SQLiteConn.LoadExtension": "loads code into its process",
	"github.com/mattn/go-sqlite3.SQLiteDriver.Extensions":  "loads code into its process",
}

// hiddenMethods are methods with a rule, by which an interface of the artifact's own
// would name them without their package.
var hiddenMethods = map[string]string{"LoadExtension": "loads code into its process"}

// harmlessLinks are hidden functions that libraries are known to use: clocks, counters
// and hashes.
var harmlessLinks = map[string]bool{
	"runtime.nanotime": true, "runtime.nanotime1": true, "runtime.walltime": true, "time.now": true,
	"runtime.cputicks": true, "runtime.fastrand": true, "runtime.fastrandn": true, "runtime.fastrand64": true,
	"runtime.cheaprand": true, "runtime.cheaprandn": true, "runtime.rand": true,
	"runtime.memhash": true, "runtime.strhash": true, "runtime.procPin": true, "runtime.procUnpin": true,
	"runtime.procyield": true, "runtime.osyield": true, "runtime.doSpin": true, "runtime.canSpin": true,
}

// systemCalls are functions of syscall and golang.org/x/sys/unix that write where they
// are told to, or look into other processes.
var systemCalls = map[string]string{
	"MmapPtr": "works on bare memory", "MunmapPtr": "works on bare memory",
	"MremapPtr":      "works on bare memory",
	"ProcessVMReadv": "works on bare memory", "ProcessVMWritev": "works on bare memory",
	"PidfdGetfd": "takes over descriptors of other processes",
}

// bareCalls take the number of a system call and its arguments, as they are.
var bareCalls = map[string]bool{
	"Syscall": true, "Syscall6": true, "RawSyscall": true, "RawSyscall6": true,
	"SyscallNoError": true, "RawSyscallNoError": true,
	"AllThreadsSyscall": true, "AllThreadsSyscall6": true,
}

// plainCalls are system calls that never write into memory. Code that opens files below
// a folder safely may have to make them itself: openat2 has no function in the standard
// library.
var plainCalls = map[string]bool{
	"SYS_OPENAT": true, "SYS_OPENAT2": true, "SYS_MKDIRAT": true, "SYS_UNLINKAT": true,
	"SYS_RENAMEAT": true, "SYS_RENAMEAT2": true, "SYS_LINKAT": true, "SYS_SYMLINKAT": true,
	"SYS_FCHMODAT": true, "SYS_FACCESSAT": true, "SYS_FACCESSAT2": true,
	"SYS_GETPID": true, "SYS_GETPPID": true, "SYS_GETTID": true, "SYS_GETUID": true,
	"SYS_GETEUID": true, "SYS_GETGID": true, "SYS_GETEGID": true, "SYS_KILL": true,
	"SYS_TGKILL": true, "SYS_CLOSE": true, "SYS_FSYNC": true, "SYS_FDATASYNC": true,
	"SYS_SYNC": true, "SYS_FLOCK": true, "SYS_DUP": true, "SYS_DUP3": true,
	"SYS_SCHED_YIELD": true, "SYS_SETSID": true, "SYS_SETPGID": true, "SYS_UMASK": true,
	"SYS_FTRUNCATE": true, "SYS_FALLOCATE": true, "SYS_LSEEK": true, "SYS_EXIT": true,
	"SYS_EXIT_GROUP": true, "SYS_SOCKET": true, "SYS_LISTEN": true, "SYS_SHUTDOWN": true,
	"SYS_EVENTFD2": true, "SYS_EPOLL_CREATE1": true, "SYS_INOTIFY_INIT1": true,
	"SYS_INOTIFY_ADD_WATCH": true, "SYS_MEMFD_CREATE": true,
}

// writingCalls write, or read, where an argument points to. They are harmless where
// that is a variable that is named on the spot.
var writingCalls = map[string]bool{
	"SYS_IOCTL": true, "SYS_FCNTL": true, "SYS_FSTAT": true, "SYS_STATX": true,
	"SYS_NEWFSTATAT": true, "SYS_FSTATFS": true, "SYS_GETRANDOM": true, "SYS_UNAME": true,
	"SYS_SYSINFO": true, "SYS_GETRUSAGE": true, "SYS_PRLIMIT64": true, "SYS_GETRLIMIT": true,
	"SYS_CLOCK_GETTIME": true, "SYS_TIMES": true, "SYS_GETSOCKOPT": true, "SYS_SETSOCKOPT": true,
	"SYS_SCHED_GETAFFINITY": true, "SYS_READ": true, "SYS_WRITE": true, "SYS_UTIMENSAT": true,
	"SYS_NANOSLEEP": true, "SYS_READLINKAT": true, "SYS_GETCWD": true, "SYS_CAPGET": true,
}

// openat2 by its number, the same on every architecture.
const openat2 = "437"

// ownProcess are places in /proc that show the process that reads them.
var ownProcess = regexp.MustCompile(`^/proc/(self|thread-self|[0-9]+|%[dvs])/(mem|maps|exe|map_files|cmdline|environ|auxv)`)

// settingsOfTests are flags and files that a program of tests has.
var settingsOfTests = regexp.MustCompile(`(^|-)test\.(v|run|timeout|paniconexit0|short|skip|failfast|count|parallel|list|testlogfile|coverprofile)\b|_test\.go\b|^/Test$`)

// pathReaders are packages whose functions take paths of files and programs.
var pathReaders = map[string]bool{"os": true, "os/exec": true, "io/ioutil": true, "syscall": true, "golang.org/x/sys/unix": true}

// settable are variables of the standard library that programs set at their start.
var settable = map[string]bool{
	"flag.Usage": true, "flag.CommandLine": true, "time.Local": true,
	"os.Stdin": true, "os.Stdout": true, "os.Stderr": true, "os.Args": true,
	"net.DefaultResolver": true, "net/http.DefaultServeMux": true,
	"net/http.DefaultClient": true, "net/http.DefaultTransport": true,
}
