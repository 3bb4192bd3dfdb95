package com.example.catalog;

import java.io.InputStream;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/** Reads the catalogues that suppliers upload, as a stream. */
public final class CatalogReader {
    private static final int ITEM = 2;
    private static final int FIELD = 3;

    private CatalogReader() {}

    public static List<CatalogItem> read(InputStream document) throws CatalogException {
        XMLInputFactory factory = XMLInputFactory.newFactory();
        // Declarations are passed over, so that there is no entity to resolve.
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        try {
            return items(factory.createXMLStreamReader(document));
        } catch (XMLStreamException | NumberFormatException error) {
            throw new CatalogException("the catalog cannot be read", error);
        }
    }

    private static List<CatalogItem> items(XMLStreamReader reader)
            throws XMLStreamException, CatalogException {
        List<CatalogItem> items = new ArrayList<>();
        Map<String, StringBuilder> fields = new HashMap<>();
        StringBuilder text = null;
        String sku = null;
        int depth = 0;
        while (reader.hasNext()) {
            switch (reader.next()) {
                case XMLStreamConstants.START_ELEMENT -> {
                    depth++;
                    String name = reader.getLocalName();
                    if (depth == 1 && !name.equals("catalog")) {
                        throw new CatalogException("not a catalog: " + name, null);
                    }
                    if (depth == ITEM) {
                        sku = reader.getAttributeValue(null, "sku");
                        fields.clear();
                    }
                    if (depth == FIELD) {
                        text = fields.computeIfAbsent(name, key -> new StringBuilder());
                    }
                }
                case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA -> {
                    if (text != null) {
                        text.append(reader.getText());
                    }
                }
                case XMLStreamConstants.ENTITY_REFERENCE ->
                    throw new CatalogException("unknown entity " + reader.getLocalName(), null);
                case XMLStreamConstants.END_ELEMENT -> {
                    if (depth == FIELD) {
                        text = null;
                    }
                    if (depth == ITEM && reader.getLocalName().equals("item")) {
                        items.add(item(sku, fields));
                    }
                    depth--;
                }
                default -> { }
            }
        }
        return items;
    }

    private static CatalogItem item(String sku, Map<String, StringBuilder> fields)
            throws CatalogException {
        if (sku == null || sku.isBlank()) {
            throw new CatalogException("an item has no sku", null);
        }
        BigDecimal price = new BigDecimal(field(fields, "price"));
        int stock = Integer.parseInt(field(fields, "stock"));
        if (price.signum() < 0 || stock < 0) {
            throw new CatalogException("a number is negative in item " + sku, null);
        }
        return new CatalogItem(sku.trim(), field(fields, "name"), price, stock);
    }

    private static String field(Map<String, StringBuilder> fields, String name)
            throws CatalogException {
        String text = fields.getOrDefault(name, new StringBuilder()).toString().trim();
        if (text.isEmpty()) {
            throw new CatalogException("an item has no " + name, null);
        }
        return text;
    }
}
