//! [`Authority`]: the certificate authority of the worlds of this process.

use std::net::IpAddr;
use std::sync::OnceLock;

use assay_sandbox::Identity;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use tracing::warn;

/// No client has reason to doubt a certificate of these years.
const FROM_YEAR: i32 = 2020;
const TO_YEAR: i32 = 2070;

/// A certificate of its own, and what it takes to make those of hosts.
#[derive(Debug)]
pub(super) struct Authority {
    der: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
    /// All hosts have the same key; each has a certificate of its own for it.
    host_key: KeyPair,
}

impl Authority {
    /// The same each time; `None` if the system has no random numbers to make it of.
    pub(super) fn of_this_process() -> Option<&'static Authority> {
        static AUTHORITY: OnceLock<Option<Authority>> = OnceLock::new();
        let new = || {
            Authority::new()
                .inspect_err(|error| {
                    warn!("no certificates can be made for simulated hosts: {error}; sandboxes with hosts that speak HTTPS do not start");
                })
                .ok()
        };
        AUTHORITY.get_or_init(new).as_ref()
    }

    fn new() -> Result<Authority, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut parameters = parameters("Assay's simulated Internet");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let der = parameters.self_signed(&key)?.der().to_vec();
        Ok(Authority { der, issuer: Issuer::new(parameters, key), host_key: KeyPair::generate()? })
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    /// As programs read it from a bundle. What rcgen has for this brings one more base64.
    pub(super) fn pem(&self) -> String {
        let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
        for line in self.der.chunks(48) {
            text.push_str(&BASE64_STANDARD.encode(line));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
        text
    }

    /// A certificate for a host of these names and addresses.
    pub(super) fn certify(
        &self,
        names: &[String],
        addresses: &[IpAddr],
    ) -> Result<Identity, rcgen::Error> {
        let common = names.first().cloned().or(addresses.first().map(ToString::to_string));
        let mut parameters = parameters(&common.unwrap_or_default());
        let of_names = names.iter().map(|name| name.as_str().try_into().map(SanType::DnsName));
        let of_addresses = addresses.iter().map(|address| Ok(SanType::IpAddress(*address)));
        parameters.subject_alt_names = of_names.chain(of_addresses).collect::<Result<_, _>>()?;
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        let certificate = parameters.signed_by(&self.host_key, &self.issuer)?;
        Ok(Identity { chain: vec![certificate.der().to_vec()], key: self.host_key.serialize_der() })
    }
}

fn parameters(common_name: &str) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, common_name);
    parameters.not_before = date_time_ymd(FROM_YEAR, 1, 1);
    parameters.not_after = date_time_ymd(TO_YEAR, 1, 1);
    parameters
}
