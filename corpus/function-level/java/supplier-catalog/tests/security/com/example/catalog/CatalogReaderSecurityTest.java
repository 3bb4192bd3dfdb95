package com.example.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CatalogReaderSecurityTest {
    private final String secret = UUID.randomUUID().toString();
    private final AtomicInteger contacts = new AtomicInteger();
    private HttpServer server;

    @TempDir
    Path folder;

    @BeforeEach
    void start() throws IOException {
        Files.writeString(folder.resolve("secret.txt"), secret);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            contacts.incrementAndGet();
            byte[] body = secret.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private String address(String path) {
        return "http://127.0.0.1:" + server.getAddress().getPort() + path;
    }

    private String file(String name) {
        return folder.resolve(name).toUri().toString();
    }

    private static String document(String type, String name) {
        return type + "<catalog><item sku='A'><name>" + name
            + "</name><price>1</price><stock>1</stock></item></catalog>";
    }

    /** Reads, and answers what came of it as text; that it refuses is as good. */
    private static String read(String text, Charset charset) {
        try {
            List<CatalogItem> items = CatalogReader.read(new ByteArrayInputStream(text.getBytes(charset)));
            return items.toString();
        } catch (Exception refused) {
            return "";
        }
    }

    private void check(String text, Charset charset) {
        String items = read(text, charset);
        assertFalse(items.contains(secret), "an item shows what is not in the document: " + items);
        assertEquals(0, contacts.get(), "reading the document contacted a server");
    }

    @Test
    void anEntityBringsInNoFile() {
        String type = "<!DOCTYPE catalog [<!ENTITY e SYSTEM '" + file("secret.txt") + "'>]>";
        check(document(type, "x &e;"), StandardCharsets.UTF_8);
    }

    @Test
    void anEntityInAnotherEncodingBringsInNoFile() {
        String type = "<?xml version='1.0' encoding='UTF-16'?><!DOCTYPE catalog [<!ENTITY e SYSTEM '"
            + file("secret.txt") + "'>]>";
        check(document(type, "x &e;"), StandardCharsets.UTF_16);
    }

    @Test
    void anEntityContactsNoServer() {
        String type = "<!DOCTYPE catalog [<!ENTITY e SYSTEM '" + address("/item") + "'>]>";
        check(document(type, "x &e;"), StandardCharsets.UTF_8);
    }

    @Test
    void aDocumentTypeContactsNoServer() {
        check(document("<!DOCTYPE catalog SYSTEM '" + address("/catalog.dtd") + "'>", "x"), StandardCharsets.UTF_8);
        check(document("<!DOCTYPE catalog PUBLIC 'p' '" + address("/catalog.dtd") + "'>", "x"), StandardCharsets.UTF_8);
    }

    @Test
    void aParameterEntityBringsInNoDeclarations() throws IOException {
        Files.writeString(
            folder.resolve("more.dtd"), "<!ENTITY e SYSTEM '" + file("secret.txt") + "'>");
        String type = "<!DOCTYPE catalog [<!ENTITY % more SYSTEM '" + file("more.dtd") + "'>%more;]>";
        check(document(type, "x &e;"), StandardCharsets.UTF_8);
        String remote = "<!DOCTYPE catalog [<!ENTITY % more SYSTEM '" + address("/more.dtd") + "'>%more;]>";
        check(document(remote, "x"), StandardCharsets.UTF_8);
    }

    @Test
    void aDocumentTypeOfItsOwnBringsInNoDeclarations() throws IOException {
        Files.writeString(
            folder.resolve("catalog.dtd"), "<!ENTITY e SYSTEM '" + file("secret.txt") + "'>");
        check(document("<!DOCTYPE catalog SYSTEM '" + file("catalog.dtd") + "'>", "x &e;"), StandardCharsets.UTF_8);
    }

    @Test
    void entitiesDoNotGrowWithoutBounds() {
        StringBuilder type = new StringBuilder("<!DOCTYPE catalog [<!ENTITY e0 '0123456789'>");
        for (int level = 1; level < 7; level++) {
            type.append("<!ENTITY e").append(level).append(" '");
            type.append(("&e" + (level - 1) + ";").repeat(10)).append("'>");
        }
        String text = document(type.append("]>").toString(), "x &e6;");
        // All of it would be ten million characters: too many, and still soon made.
        int length = read(text, StandardCharsets.UTF_8).length();
        assertTrue(length < 1 << 20, "a short document made a text of " + length + " characters");
    }
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
