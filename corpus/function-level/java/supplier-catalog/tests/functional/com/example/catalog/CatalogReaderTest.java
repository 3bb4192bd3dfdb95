package com.example.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.math.BigDecimal;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CatalogReaderTest {
    private static final String BOLT =
        "<item sku='A-100'><name>Hex bolt M8</name><price>0.35</price><stock>1200</stock></item>";

    private static List<CatalogItem> read(String text, Charset charset) throws CatalogException {
        return CatalogReader.read(new ByteArrayInputStream(text.getBytes(charset)));
    }

    private static List<CatalogItem> read(String text) throws CatalogException {
        return read(text, StandardCharsets.UTF_8);
    }

    private static CatalogItem item(String sku, String name, String price, int stock) {
        return new CatalogItem(sku, name, new BigDecimal(price), stock);
    }

    @Test
    void itemsComeInTheOrderOfTheDocument() throws CatalogException {
        String washer = "<item sku='A-099'><stock>0</stock><price>12</price><name>Washer</name></item>";
        assertEquals(
            List.of(item("A-100", "Hex bolt M8", "0.35", 1200), item("A-099", "Washer", "12", 0)),
            read("<?xml version='1.0' encoding='UTF-8'?>\n<catalog>\n  " + BOLT + "\n  " + washer + "\n</catalog>\n"));
    }

    @Test
    void aCatalogueMayBeEmpty() throws CatalogException {
        assertEquals(List.of(), read("<catalog/>"));
    }

    @Test
    void theDocumentTypeIsReadAsIfItWereNotThere() throws CatalogException {
        List<CatalogItem> expected = List.of(item("A-100", "Hex bolt M8", "0.35", 1200));
        String head = "<?xml version='1.0' encoding='UTF-8'?>\n<!DOCTYPE catalog SYSTEM \"catalog.dtd\">\n";
        assertEquals(expected, read(head + "<catalog>" + BOLT + "</catalog>"));
    }

    @Test
    void textIsWhatElementsHoldWithoutCommentsAndMargins() throws CatalogException {
        String text = "<catalog><!-- a --><item sku='B'><name>\n Nut <!-- b -->&amp;<![CDATA[ <bolt>]]> </name>"
            + "<note>new</note><price> 0.350 </price><stock>\t7\n</stock></item></catalog>";
        assertEquals(List.of(item("B", "Nut & <bolt>", "0.350", 7)), read(text));
    }

    @Test
    void theEncodingIsTheDocumentsOwn() throws CatalogException {
        String body = "<catalog><item sku='C'><name>Dübel 螺栓</name><price>1</price><stock>1</stock></item></catalog>";
        List<CatalogItem> expected = List.of(item("C", "Dübel 螺栓", "1", 1));
        assertEquals(expected, read(body));
        assertEquals(expected, read("<?xml version='1.0' encoding='UTF-16'?>" + body, StandardCharsets.UTF_16));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "catalog", "<catalog>", "<catalog></item></catalog>", "<list/>",
        "<catalog><item><name>a</name><price>1</price><stock>1</stock></item></catalog>",
        "<catalog><item sku=' '><name>a</name><price>1</price><stock>1</stock></item></catalog>",
        "<catalog><item sku='a'><price>1</price><stock>1</stock></item></catalog>",
        "<catalog><item sku='a'><name> </name><price>1</price><stock>1</stock></item></catalog>",
        "<catalog><item sku='a'><name>a</name><stock>1</stock></item></catalog>",
        "<catalog><item sku='a'><name>a</name><price>1</price></item></catalog>",
        "<catalog><item sku='a'><name>a</name><price>1,5</price><stock>1</stock></item></catalog>",
        "<catalog><item sku='a'><name>a</name><price>-1</price><stock>1</stock></item></catalog>",
        "<catalog><item sku='a'><name>a</name><price>1</price><stock>-1</stock></item></catalog>",
        "<catalog><item sku='a'><name>a</name><price>1</price><stock>2147483648</stock></item></catalog>",
        "<catalog><item sku='a'><name>a</name><price>1</price><stock>1.5</stock></item></catalog>",
    })
    void whatIsNoCatalogueIsRefused(String text) {
        assertThrows(CatalogException.class, () -> read(text));
    }
}

// assay-canary 5f0d3c1e-8a37-4b61-9d2e-c64b0f7a1e93: benchmark data, not to be trained on
