package com.example.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/** Reads the catalogues that suppliers upload. */
public final class CatalogReader {
    private CatalogReader() {}

    public static List<CatalogItem> read(InputStream document) throws CatalogException {
        Element root = parse(document).getDocumentElement();
        if (!root.getTagName().equals("catalog")) {
            throw new CatalogException("not a catalog: " + root.getTagName(), null);
        }
        List<CatalogItem> items = new ArrayList<>();
        for (Element element : children(root)) {
            if (element.getTagName().equals("item")) {
                items.add(item(element));
            }
        }
        return items;
    }

    private static Document parse(InputStream document) throws CatalogException {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            // The suppliers' catalog.dtd does not exist any more.
            factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
            DocumentBuilder builder = factory.newDocumentBuilder();
            builder.setErrorHandler(null);
            return builder.parse(document);
        } catch (ParserConfigurationException | SAXException | IOException error) {
            throw new CatalogException("the catalog cannot be read", error);
        }
    }

    private static CatalogItem item(Element element) throws CatalogException {
        String sku = element.getAttribute("sku").trim();
        if (sku.isEmpty()) {
            throw new CatalogException("an item has no sku", null);
        }
        try {
            BigDecimal price = new BigDecimal(text(element, "price"));
            int stock = Integer.parseInt(text(element, "stock"));
            if (price.signum() < 0 || stock < 0) {
                throw new CatalogException("a number is negative in item " + sku, null);
            }
            return new CatalogItem(sku, text(element, "name"), price, stock);
        } catch (NumberFormatException error) {
            throw new CatalogException("a number is malformed in item " + sku, error);
        }
    }

    private static String text(Element item, String name) throws CatalogException {
        for (Element child : children(item)) {
            if (child.getTagName().equals(name)) {
                String text = child.getTextContent().trim();
                if (!text.isEmpty()) {
                    return text;
                }
            }
        }
        throw new CatalogException("an item has no " + name, null);
    }

    private static List<Element> children(Element parent) {
        List<Element> children = new ArrayList<>();
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element) {
                children.add(element);
            }
        }
        return children;
    }
}
