import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.StandardLocation;
import javax.tools.ToolProvider;

/**
 * Compiles Java again and again in one process, so that the compiler stays warm. It
 * reads requests from the socket that is its standard input and answers on it.
 *
 * Sources may be hostile. A request has a compiler task, sources and classes of its
 * own, all in memory, and runs no code but the compiler's; only indexes of the jars,
 * which nobody can change, and the compiler's view of the platform outlive it.
 */
final class AssayCompiler {
    /** The stack of the compiler's own program. */
    private static final long STACK_BYTES = 1 << 20;

    /** So many requests are a life: what leaks in the compiler does not add up. */
    private static final int REQUESTS = 2000;

    private static final int DIAGNOSTICS_CHARACTERS = 256 * 1024;

    private static final int SUCCEEDED = 0;
    private static final int FAILED = 1;

    private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    private final StandardJavaFileManager platform =
        compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8);
    private final Map<String, Library> libraries = new HashMap<>();
    private final com.sun.management.OperatingSystemMXBean system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    public static void main(String[] arguments) throws Exception {
        var compiler = new AssayCompiler();
        var in = new DataInputStream(new FileInputStream(FileDescriptor.in));
        var out = new DataOutputStream(
            new BufferedOutputStream(new FileOutputStream(FileDescriptor.in), 1 << 16));
        for (int number = 1; ; number++) {
            byte[] frame;
            try {
                frame = in.readNBytes(in.readInt());
            } catch (EOFException end) {
                return;
            }
            byte[] answer = compiler.answer(frame, number == REQUESTS);
            out.writeInt(answer.length);
            out.write(answer);
            out.flush();
        }
    }

    private byte[] answer(byte[] frame, boolean last) throws Exception {
        long before = system.getProcessCpuTime();
        var task = new Task(Request.read(frame));
        var thread = new Thread(null, task, "compile", STACK_BYTES);
        thread.start();
        thread.join();
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.writeByte(task.succeeded ? SUCCEEDED : FAILED);
        // A compiler that failed where it should not have is not used again.
        out.writeBoolean(last || task.failure != null);
        out.writeLong(system.getProcessCpuTime() - before);
        var runtime = Runtime.getRuntime();
        out.writeLong(runtime.totalMemory());
        writeBytes(out, task.diagnostics().getBytes(StandardCharsets.UTF_8));
        var files = task.succeeded ? task.output : Map.<String, Output>of();
        out.writeInt(files.size());
        for (var file : files.entrySet()) {
            writeBytes(out, file.getKey().getBytes(StandardCharsets.UTF_8));
            writeBytes(out, file.getValue().bytes.toByteArray());
        }
        return bytes.toByteArray();
    }

    private static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private Library library(String path) {
        return libraries.computeIfAbsent(path, key -> {
            try {
                var file = new File(key);
                return file.isDirectory() ? new Folder(file.toPath()) : new Jar(file);
            } catch (IOException error) {
                throw new UncheckedIOException("cannot read " + key, error);
            }
        });
    }

    /** What is to be compiled, and with what. */
    private static final class Request {
        final List<String> options = new ArrayList<>();
        final List<String> classPath = new ArrayList<>();
        final List<JavaFileObject> sources = new ArrayList<>();
        final Map<String, byte[]> classes = new LinkedHashMap<>();
        boolean processors;

        static Request read(byte[] frame) throws IOException {
            var in = new DataInputStream(new ByteArrayInputStream(frame));
            var request = new Request();
            request.processors = in.readBoolean();
            for (int left = in.readInt(); left > 0; left--) {
                request.options.add(text(in));
            }
            for (int left = in.readInt(); left > 0; left--) {
                request.classPath.add(text(in));
            }
            for (int left = in.readInt(); left > 0; left--) {
                request.sources.add(new Source(text(in), text(in)));
            }
            for (int left = in.readInt(); left > 0; left--) {
                request.classes.put(text(in), bytes(in));
            }
            return request;
        }

        private static byte[] bytes(DataInputStream in) throws IOException {
            return in.readNBytes(in.readInt());
        }

        private static String text(DataInputStream in) throws IOException {
            return new String(bytes(in), StandardCharsets.UTF_8);
        }
    }

    /** One request as it is compiled. */
    private final class Task implements Runnable {
        private final Request request;
        private final StringWriter text = new StringWriter();
        final Map<String, Output> output = new LinkedHashMap<>();
        boolean succeeded;
        Throwable failure;

        Task(Request request) {
            this.request = request;
        }

        @Override
        public void run() {
            try (var manager = new Memory(request, output)) {
                var options = new ArrayList<>(request.options);
                options.add("-implicit:none");
                if (!request.processors) {
                    options.add("-proc:none");
                }
                var task = compiler.getTask(
                    new Bounded(text), manager, null, options, null, request.sources);
                succeeded = task.call();
            } catch (Throwable error) {
                failure = error;
                succeeded = false;
            }
        }

        String diagnostics() {
            return failure == null ? text.toString() : text + "the compiler failed: " + failure + "\n";
        }
    }

    /** Diagnostics without end are cut. */
    private static final class Bounded extends Writer {
        private final StringWriter text;

        Bounded(StringWriter text) {
            this.text = text;
        }

        @Override
        public void write(char[] characters, int start, int length) {
            int room = DIAGNOSTICS_CHARACTERS - text.getBuffer().length();
            text.write(characters, start, Math.max(0, Math.min(length, room)));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }

    /** The files of one request. */
    private final class Memory extends ForwardingJavaFileManager<JavaFileManager> {
        private final Request request;
        private final Map<String, Output> output;
        private final List<Library> classPath = new ArrayList<>();
        private URLClassLoader processors;

        Memory(Request request, Map<String, Output> output) {
            super(platform);
            this.request = request;
            this.output = output;
            classPath.add(new Given(request.classes));
            for (String path : request.classPath) {
                classPath.add(library(path));
            }
        }

        /** Whether the platform's own manager, which all requests share, is to answer. */
        private boolean isPlatform(Location location) {
            return location == StandardLocation.PLATFORM_CLASS_PATH
                || location == StandardLocation.SYSTEM_MODULES
                || !(location instanceof StandardLocation);
        }

        @Override
        public boolean hasLocation(Location location) {
            return isPlatform(location)
                ? super.hasLocation(location)
                // An own place for sources keeps those in jars from being compiled.
                : location == StandardLocation.CLASS_PATH
                    || location == StandardLocation.SOURCE_PATH
                    || location == StandardLocation.CLASS_OUTPUT;
        }

        @Override
        public Iterable<JavaFileObject> list(
                Location location, String name, Set<JavaFileObject.Kind> kinds, boolean recurse)
                throws IOException {
            if (isPlatform(location)) {
                return super.list(location, name, kinds, recurse);
            }
            boolean wanted = kinds.contains(JavaFileObject.Kind.CLASS);
            if (location != StandardLocation.CLASS_PATH || !wanted) {
                return List.of();
            }
            var found = new ArrayList<JavaFileObject>();
            var names = new HashSet<String>();
            for (Library library : classPath) {
                for (LibraryClass file : library.list(name.replace('.', '/'), recurse)) {
                    if (names.add(file.binaryName)) {
                        found.add(file);
                    }
                }
            }
            return found;
        }

        @Override
        public String inferBinaryName(Location location, JavaFileObject file) {
            return file instanceof LibraryClass
                ? ((LibraryClass) file).binaryName
                : super.inferBinaryName(location, file);
        }

        @Override
        public boolean isSameFile(FileObject one, FileObject other) {
            return one == other || one.toUri().equals(other.toUri());
        }

        @Override
        public JavaFileObject getJavaFileForInput(
                Location location, String name, JavaFileObject.Kind kind) throws IOException {
            if (isPlatform(location)) {
                return super.getJavaFileForInput(location, name, kind);
            }
            int end = name.lastIndexOf('.');
            String folder = end < 0 ? "" : name.substring(0, end);
            for (JavaFileObject file : list(location, folder, Set.of(kind), false)) {
                if (((LibraryClass) file).binaryName.equals(name)) {
                    return file;
                }
            }
            return null;
        }

        @Override
        public FileObject getFileForInput(Location location, String folder, String name)
                throws IOException {
            return isPlatform(location) ? super.getFileForInput(location, folder, name) : null;
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
            var path = name.replace('.', '/') + kind.extension;
            var file = new Output(path, kind);
            if (kind == JavaFileObject.Kind.CLASS) {
                output.put(path, file);
            }
            return file;
        }

        @Override
        public FileObject getFileForOutput(
                Location location, String folder, String name, FileObject sibling) {
            var path = folder.isEmpty() ? name : folder.replace('.', '/') + "/" + name;
            var file = new Output(path, JavaFileObject.Kind.OTHER);
            if (location == StandardLocation.CLASS_OUTPUT) {
                output.put(path, file);
            }
            return file;
        }

        /** Annotation processors come from the jars alone, never from what is compiled. */
        @Override
        public ClassLoader getClassLoader(Location location) {
            if (!request.processors) {
                return null;
            }
            if (processors == null) {
                URL[] urls = request.classPath.stream().map(Memory::url).toArray(URL[]::new);
                processors = new URLClassLoader(urls, compiler.getClass().getClassLoader());
            }
            return processors;
        }

        private static URL url(String path) {
            try {
                return new File(path).toURI().toURL();
            } catch (MalformedURLException error) {
                throw new IllegalArgumentException(error);
            }
        }

        @Override
        public Location getLocationForModule(Location location, String module) throws IOException {
            return isPlatform(location) ? super.getLocationForModule(location, module) : null;
        }

        @Override
        public Location getLocationForModule(Location location, JavaFileObject file)
                throws IOException {
            return isPlatform(location) ? super.getLocationForModule(location, file) : null;
        }

        @Override
        public Iterable<Set<Location>> listLocationsForModules(Location location)
                throws IOException {
            return isPlatform(location) ? super.listLocationsForModules(location) : List.of();
        }

        @Override
        public boolean contains(Location location, FileObject file) throws IOException {
            return isPlatform(location) && super.contains(location, file);
        }

        /** No request may set what the shared manager does. */
        @Override
        public int isSupportedOption(String option) {
            return -1;
        }

        @Override
        public boolean handleOption(String option, java.util.Iterator<String> rest) {
            return false;
        }

        @Override
        public void flush() {}

        @Override
        public void close() throws IOException {
            if (processors != null) {
                processors.close();
            }
        }
    }

    /** An element of a class path: its classes by package, and what is in them. */
    private abstract static class Library {
        /** Names of entries, by folder. */
        private final Map<String, List<String>> folders = new HashMap<>();

        final void add(String name) {
            if (name.endsWith(".class") && !name.startsWith("META-INF/")) {
                int end = Math.max(0, name.lastIndexOf('/'));
                folders.computeIfAbsent(name.substring(0, end), key -> new ArrayList<>()).add(name);
            }
        }

        final List<LibraryClass> list(String folder, boolean recurse) {
            var names = new ArrayList<>(folders.getOrDefault(folder, List.of()));
            if (recurse) {
                String below = folder.isEmpty() ? "" : folder + "/";
                folders.forEach((other, more) -> {
                    if (other.startsWith(below) && !other.equals(folder)) {
                        names.addAll(more);
                    }
                });
            }
            var classes = new ArrayList<LibraryClass>(names.size());
            for (String name : names) {
                classes.add(new LibraryClass(this, name));
            }
            return classes;
        }

        abstract InputStream open(String name) throws IOException;
    }

    private static final class Jar extends Library {
        private final ZipFile file;

        Jar(File path) throws IOException {
            file = new ZipFile(path);
            for (ZipEntry entry : Collections.list(file.entries())) {
                add(entry.getName());
            }
        }

        @Override
        InputStream open(String name) throws IOException {
            return file.getInputStream(file.getEntry(name));
        }
    }

    private static final class Folder extends Library {
        private final Path root;

        Folder(Path root) throws IOException {
            this.root = root;
            Files.walkFileTree(root, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    add(root.relativize(file).toString());
                    return FileVisitResult.CONTINUE;
                }
            });
        }

        @Override
        InputStream open(String name) throws IOException {
            return Files.newInputStream(root.resolve(name));
        }
    }

    /** Classes that came with the request. */
    private static final class Given extends Library {
        private final Map<String, byte[]> classes;

        Given(Map<String, byte[]> classes) {
            this.classes = classes;
            classes.keySet().forEach(this::add);
        }

        @Override
        InputStream open(String name) {
            return new ByteArrayInputStream(classes.get(name));
        }
    }

    private static final class LibraryClass extends SimpleJavaFileObject {
        private final Library library;
        private final String name;
        final String binaryName;

        LibraryClass(Library library, String name) {
            super(uri("class", name), Kind.CLASS);
            this.library = library;
            this.name = name;
            this.binaryName = name.substring(0, name.length() - ".class".length()).replace('/', '.');
        }

        @Override
        public String getName() {
            return name;
        }

        @Override
        public InputStream openInputStream() throws IOException {
            return library.open(name);
        }
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String path;
        private final String text;

        Source(String path, String text) {
            super(uri("source", path), Kind.SOURCE);
            this.path = path;
            this.text = text;
        }

        /** So diagnostics name it. */
        @Override
        public String getName() {
            return path;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    /** A file that the compiler, or an annotation processor, writes. */
    private static final class Output extends SimpleJavaFileObject {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Output(String path, Kind kind) {
            super(uri("output", path), kind);
        }

        @Override
        public OutputStream openOutputStream() {
            bytes.reset();
            return bytes;
        }

        @Override
        public InputStream openInputStream() {
            return new ByteArrayInputStream(bytes.toByteArray());
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }

    private static URI uri(String scheme, String path) {
        try {
            return new URI(scheme, null, "/" + path, null);
        } catch (URISyntaxException error) {
            throw new IllegalArgumentException(error);
        }
    }
}
