//! A JVM's trust store with one certificate: PKCS #12 (RFC 7292) without encryption and
//! without a password, for it holds no secret. Crates that write such stores encrypt them and
//! lack the attribute by which a JVM trusts; of DER, it takes one function.

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const BMP_STRING: u8 = 0x1e;
const EXPLICIT_0: u8 = 0xa0;

/// 1.2.840.113549.1.7.1
const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
/// 1.2.840.113549.1.12.10.1.3
const CERTIFICATE_BAG: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x03];
/// 1.2.840.113549.1.9.22.1
const X509_CERTIFICATE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x16, 0x01];
/// 1.2.840.113549.1.9.20
const FRIENDLY_NAME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x14];
/// 2.16.840.1.113894.746875.1.1, Oracle's: without it, the JVM does not take a certificate
/// for one that it should trust.
const TRUSTED_KEY_USAGE: &[u8] =
    &[0x60, 0x86, 0x48, 0x01, 0x86, 0xf9, 0x66, 0xad, 0xca, 0x7b, 0x01, 0x01];
/// 2.5.29.37.0
const ANY_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25, 0x00];

/// The store that holds a certificate, given in DER.
pub(super) fn holding(certificate: &[u8]) -> Vec<u8> {
    let identifier = |bytes: &[u8]| element(OBJECT_IDENTIFIER, &[bytes]);
    let data = |content: &[u8]| {
        let content = element(EXPLICIT_0, &[&element(OCTET_STRING, &[content])]);
        element(SEQUENCE, &[&identifier(DATA), &content])
    };
    let attribute = |name: &[u8], value: &[u8]| {
        element(SEQUENCE, &[&identifier(name), &element(SET, &[value])])
    };
    let name: Vec<u8> = "world".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let attributes = [
        attribute(FRIENDLY_NAME, &element(BMP_STRING, &[&name])),
        attribute(TRUSTED_KEY_USAGE, &identifier(ANY_KEY_USAGE)),
    ];
    let certificate = element(EXPLICIT_0, &[&element(OCTET_STRING, &[certificate])]);
    let bag = element(SEQUENCE, &[&identifier(X509_CERTIFICATE), &certificate]);
    let bag = element(
        SEQUENCE,
        &[
            &identifier(CERTIFICATE_BAG),
            &element(EXPLICIT_0, &[&bag]),
            &element(SET, &[&attributes[0], &attributes[1]]),
        ],
    );
    let safe = element(SEQUENCE, &[&data(&element(SEQUENCE, &[&bag]))]);
    element(SEQUENCE, &[&element(INTEGER, &[&[3]]), &data(&safe)])
}

/// An element of DER (X.690): its tag, its length, its content.
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut bytes = vec![tag];
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    match significant {
        [] => bytes.push(0),
        [short] if *short < 0x80 => bytes.push(*short),
        long => {
            bytes.push(0x80 | u8::try_from(long.len()).unwrap_or(8));
            bytes.extend(long);
        }
    }
    bytes.extend(content);
    bytes
}
