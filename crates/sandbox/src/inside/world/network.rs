//! The addresses of the sandbox's network: all of them are its loopback interface's.

use std::fs;
use std::net::{IpAddr, Ipv6Addr};

use nix::errno::Errno;

use crate::inside::{failed, syscall};
use crate::{SandboxError, World};

/// The loopback interface is the first of every network namespace.
const LOOPBACK: u32 = 1;

/// `IFA_F_NODAD`: nobody else can have the address, so it is good at once.
const NO_DUPLICATE_DETECTION: u8 = 2;

const SWITCH: &str = "/proc/sys/net/ipv6/conf/all/disable_ipv6";

/// Makes every address of the world the loopback interface's, which must be up. What is
/// not among them has no route, so contacting it fails at once.
pub(super) fn set_up(world: &World) -> Result<(), SandboxError> {
    if !world.ipv6 && fs::write(SWITCH, "1").is_err() {
        // Where /proc/sys is read-only, it is enough that there is no address left.
        let removed = change(libc::RTM_DELADDR, 0, Ipv6Addr::LOCALHOST.into());
        match removed {
            Ok(()) | Err(Errno::EADDRNOTAVAIL | Errno::EOPNOTSUPP | Errno::EAFNOSUPPORT) => {}
            Err(errno) => return Err(failed("switch IPv6 off")(errno)),
        }
    }
    let addresses = world.hosts.iter().flat_map(|host| &host.addresses);
    for address in addresses.filter(|address| !address.is_loopback()) {
        let flags = libc::NLM_F_CREATE | libc::NLM_F_REPLACE;
        change(libc::RTM_NEWADDR, flags, *address)
            .map_err(failed(format!("give the network the address {address}")))?;
    }
    Ok(())
}

/// Adds or removes an address of the loopback interface.
fn change(operation: u16, flags: libc::c_int, address: IpAddr) -> Result<(), Errno> {
    let (family, prefix, octets) = match address {
        IpAddr::V4(address) => (libc::AF_INET, 32, address.octets().to_vec()),
        IpAddr::V6(address) => (libc::AF_INET6, 128, address.octets().to_vec()),
    };
    let family = u8::try_from(family).map_err(|_| Errno::EAFNOSUPPORT)?;
    // rtnetlink(7): `ifaddrmsg`, then the attributes with their lengths.
    let mut body = vec![family, prefix, NO_DUPLICATE_DETECTION, libc::RT_SCOPE_UNIVERSE];
    body.extend(LOOPBACK.to_ne_bytes());
    for kind in [libc::IFA_LOCAL, libc::IFA_ADDRESS] {
        let length = u16::try_from(4 + octets.len()).map_err(|_| Errno::EINVAL)?;
        body.extend(length.to_ne_bytes());
        body.extend(kind.to_ne_bytes());
        body.extend(&octets);
    }
    syscall::route_request(operation, flags, &body)
}
