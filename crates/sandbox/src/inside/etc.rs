//! Files of `/etc` that programs expect on every system and that say nothing of the
//! host: a call such as `getservbyname("http", "tcp")` must not fail for want of them.

/// Paths relative to the root, and contents. Numbers are those that IANA assigned.
pub(super) const FILES: [(&str, &str); 5] = [
    ("etc/services", SERVICES),
    ("etc/protocols", PROTOCOLS),
    ("etc/shells", "/bin/sh\n/usr/bin/sh\n/bin/bash\n/usr/bin/bash\n"),
    ("etc/timezone", "Etc/UTC\n"),
    ("etc/networks", "default\t0.0.0.0\nloopback\t127.0.0.0\n"),
];

const SERVICES: &str = "\
echo\t7/tcp
echo\t7/udp
discard\t9/tcp
discard\t9/udp
daytime\t13/tcp
ftp-data\t20/tcp
ftp\t21/tcp
ssh\t22/tcp
telnet\t23/tcp
smtp\t25/tcp\tmail
time\t37/tcp
whois\t43/tcp\tnicname
domain\t53/tcp
domain\t53/udp
bootps\t67/udp
bootpc\t68/udp
tftp\t69/udp
gopher\t70/tcp
finger\t79/tcp
http\t80/tcp\twww
kerberos\t88/tcp
kerberos\t88/udp
pop3\t110/tcp\tpop-3
sunrpc\t111/tcp\tportmapper
sunrpc\t111/udp\tportmapper
nntp\t119/tcp
ntp\t123/udp
imap2\t143/tcp\timap
snmp\t161/udp
snmp-trap\t162/udp
bgp\t179/tcp
ldap\t389/tcp
ldap\t389/udp
https\t443/tcp
https\t443/udp
microsoft-ds\t445/tcp
submissions\t465/tcp\tsmtps
shell\t514/tcp
syslog\t514/udp
printer\t515/tcp
submission\t587/tcp
ipp\t631/tcp
ldaps\t636/tcp
rsync\t873/tcp
ftps\t990/tcp
imaps\t993/tcp
pop3s\t995/tcp
socks\t1080/tcp
openvpn\t1194/udp
ms-sql-s\t1433/tcp
mqtt\t1883/tcp
nfs\t2049/tcp
mysql\t3306/tcp
rdp\t3389/tcp
svn\t3690/tcp
sip\t5060/tcp
sip\t5060/udp
xmpp-client\t5222/tcp
mdns\t5353/udp
postgresql\t5432/tcp
amqp\t5672/tcp
x11\t6000/tcp
redis\t6379/tcp
http-alt\t8080/tcp
git\t9418/tcp
";

const PROTOCOLS: &str = "\
ip\t0\tIP
icmp\t1\tICMP
igmp\t2\tIGMP
tcp\t6\tTCP
egp\t8\tEGP
udp\t17\tUDP
dccp\t33\tDCCP
ipv6\t41\tIPv6
ipv6-route\t43\tIPv6-Route
ipv6-frag\t44\tIPv6-Frag
gre\t47\tGRE
esp\t50\tIPSEC-ESP
ah\t51\tIPSEC-AH
ipv6-icmp\t58\tIPv6-ICMP
ipv6-nonxt\t59\tIPv6-NoNxt
ipv6-opts\t60\tIPv6-Opts
ospf\t89\tOSPFIGP
pim\t103\tPIM
vrrp\t112\tVRRP
l2tp\t115\tL2TP
sctp\t132\tSCTP
udplite\t136\tUDPLite
";
