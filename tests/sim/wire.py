#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The simulator on the wire, met by curl and openssl: TAP."""
import atexit
import hashlib
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

SIM = sys.argv[1]
PID, PPS = "0000-037M", "NKLD-G5DC-RRNQ-E9YZ-ZIJL-7LFL-VJED-69XJ"
KEY = PPS.replace("-", "").encode().hex()
FOLDER = tempfile.mkdtemp(prefix="amtprov-sim-")
atexit.register(shutil.rmtree, FOLDER, True)
BASE = "127.%d.%d." % (64 + os.getpid() % 128, os.getpid() // 128 % 250)
GET = """<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header>
<a:Action>http://schemas.xmlsoap.org/ws/2004/09/transfer/Get</a:Action><a:To>/wsman</a:To>
<w:ResourceURI>http://intel.com/wbem/wscim/1/amt-schema/1/AMT_GeneralSettings</w:ResourceURI>
<a:MessageID>1</a:MessageID></s:Header><s:Body></s:Body></s:Envelope>"""
tests = []


def test(function):
    tests.append(function)
    return function


def path(name):
    return os.path.join(FOLDER, name)


def run(*command, data=None, seconds=20):
    done = subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=seconds)
    return done.returncode, done.stdout.decode("latin1")


def free_port():
    with socket.socket() as probe:
        probe.bind(("0.0.0.0", 0))
        return probe.getsockname()[1]


class Sim:
    """One simulator; each machine gets an address of its own."""

    def __init__(self, *machines, options=()):
        self.port, self.plain = free_port(), free_port()
        self.addresses = [BASE + str(i + 1) for i in range(len(machines))]
        command = [SIM, "--json", "--trace", *options]
        for address, keys in zip(self.addresses, machines):
            command += ["--device", f"{keys},address={address},port={self.port},"
                                    f"plain-port={self.plain}"]
        self.seen = []
        self.news = threading.Condition()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        self.wait_for(lambda events: len(events) >= len(machines))

    def read(self):
        for line in self.process.stdout:
            with self.news:
                self.seen.append(json.loads(line))
                self.news.notify_all()

    def events(self):
        with self.news:
            return list(self.seen)

    def wait_for(self, ready, seconds=15):
        with self.news:
            return self.news.wait_for(lambda: ready(self.seen), seconds)

    def refused(self, word):
        return self.wait_for(lambda events: any(
            e["event"] == "handshake-refused" and word in e.get("reason", "") for e in events))

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        self.code = self.process.wait(10)
        self.reader.join()
        self.process.stdout.close()


def s_client(sim, *options, machine=0):
    body = GET.encode()
    request = (b"POST /wsman HTTP/1.1\r\nHost: amt\r\nConnection: close\r\n"
               b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    return run("openssl", "s_client", "-connect", f"{sim.addresses[machine]}:{sim.port}",
               "-legacy_server_connect", "-quiet", *options, data=request)[1]


def make_chain(name, common_name="prov.corp.example.com", digest="sha256", bits=2048,
               purposes="serverAuth,2.16.840.1.113741.1.2.3", days="30", unit=None):
    root, leaf = path(f"{name}-root"), path(f"{name}-leaf")
    subject = f"/CN={common_name}" + (f"/OU={unit}" if unit else "")
    with open(leaf + ".ext", "w") as ext:
        ext.write(f"extendedKeyUsage={purposes}\n")
    for command in (
            ["req", "-x509", "-newkey", f"rsa:{bits}", "-nodes", "-keyout", root + ".key", "-out",
             root + ".pem", "-subj", f"/CN=Root {name}", "-days", "60", "-" + digest],
            ["req", "-newkey", f"rsa:{bits}", "-nodes", "-keyout", leaf + ".key", "-out",
             leaf + ".csr", "-subj", subject],
            ["x509", "-req", "-in", leaf + ".csr", "-CA", root + ".pem", "-CAkey", root + ".key",
             "-CAcreateserial", "-extfile", leaf + ".ext", "-out", leaf + ".pem", "-days", days,
             "-" + digest]):
        code, text = run("openssl", *command)
        assert code == 0, text
    with open(path(f"{name}-chain.pem"), "w") as chain:
        for part in (leaf, root):
            with open(part + ".pem") as certificate:
                chain.write(certificate.read())
    return name


def root_hash(name, digest="sha256"):
    run("openssl", "x509", "-in", path(f"{name}-root.pem"), "-outform", "der", "-out",
        path("root.der"))
    return run("openssl", "dgst", "-" + digest, path("root.der"))[1].split("= ")[1].strip()


def show(name, with_root=True):
    options = ["-cert", path(f"{name}-leaf.pem"), "-key", path(f"{name}-leaf.key"), "-cipher",
               "DEFAULT:@SECLEVEL=0"]
    return options + (["-cert_chain", path(f"{name}-root.pem")] if with_root else [])


def pki(amt, name, suffix="corp.example.com", digest="sha256", more=""):
    return f"amt={amt},mode=pki,root={root_hash(name, digest)},suffix={suffix}{more}"


@test
def curl_digest_right_and_wrong():
    with Sim("amt=11.8,mode=operational,password=P@ssw0rd,host=pc1") as sim:
        url = f"http://{sim.addresses[0]}:{sim.plain}/wsman"
        _, good = run("curl", "-si", "--digest", "-u", "admin:P@ssw0rd", "-d", GET, url)
        assert "<g:HostName>pc1</g:HostName>" in good, good
        assert "Transfer-Encoding: chunked" in good and 'realm="Digest:' in good, good
        assert "application/soap+xml" in good and "Server: AMT" in good, good
        _, bad = run("curl", "-si", "--digest", "-u", "admin:wrong", "-d", GET, url)
        assert bad.count("401 Unauthorized") == 2 and "Envelope" not in bad, bad
        assert "Connection: close" in bad and "text/html" in bad, bad
        assert sim.wait_for(lambda e: any(x["event"] == "login-failed" for x in e))
        _, front = run("curl", "-si", f"http://{sim.addresses[0]}:{sim.plain}/")
        assert "303" in front and "Location: /logon.htm" in front, front
    assert sim.code == 0, sim.code


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def log_in(challenge, password):
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    secret = md5(f"admin:{fields['realm']}:{password}")
    response = md5(f"{secret}:{fields['nonce']}:00000001:1:auth:{md5('POST:/wsman')}")
    return (f'Digest username="admin", realm="{fields["realm"]}", nonce="{fields["nonce"]}", '
            f'uri="/wsman", qop=auth, nc=00000001, cnonce="1", response="{response}"')


@test
def log_in_holds_for_a_tls_connection_from_6_0():
    chain = make_chain("hold", digest="sha1")
    machines = [pki(amt, chain, digest="sha1", more=",digest=required") for amt in ("5.2", "9.5")]
    with Sim(*machines) as sim:
        seen = []
        for address in sim.addresses:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
            tls.minimum_version = ssl.TLSVersion.TLSv1
            tls.options |= 4  # SSL_OP_LEGACY_SERVER_CONNECT
            tls.set_ciphers("DEFAULT:@SECLEVEL=0")
            tls.load_cert_chain(path("hold-chain.pem"), path("hold-leaf.key"))
            line = http.client.HTTPSConnection(address, sim.port, context=tls, timeout=20)
            line.request("POST", "/wsman", GET)
            answer = line.getresponse()
            answer.read()
            header = {"Authorization": log_in(answer.headers["WWW-Authenticate"], "admin")}
            seen.append([answer.status])
            for headers in (header, {}):
                line.request("POST", "/wsman", GET, headers)
                answer = line.getresponse()
                answer.read()
                seen[-1].append(answer.status)
            line.close()
        assert seen == [[401, 200, 401], [401, 200, 200]], seen


@test
def old_realm_and_server_header():
    with Sim("amt=2.6,mode=operational,password=P@ssw0rd") as sim:
        base = f"http://{sim.addresses[0]}:{sim.plain}"
        _, page = run("curl", "-si", base + "/index.htm")
        assert 'realm="Intel(R) AMT (ID:' in page, page
        assert "Server: Intel(R) Active Management Technology 2.6" in page, page
        _, answer = run("curl", "-si", "-d", GET, base + "/wsman")
        assert "404" in answer, answer


@test
def closed_ports_refuse():
    with Sim("amt=9.5,mode=factory", f"amt=9.5,mode=psk,pid={PID},pps={PPS},window=1",
             options=("--speed", "1800")) as sim:
        assert run("curl", "-s", f"http://{sim.addresses[0]}:{sim.plain}/")[0] in (7, 56)
        assert run("curl", "-sk", f"https://{sim.addresses[0]}:{sim.port}/")[0] in (7, 35, 56)
        assert run("curl", "-s", f"http://{BASE}99:{sim.plain}/")[0] in (7, 56)
        assert sim.wait_for(lambda e: any(x["event"] == "window-closed" and
                                          x["state"] == "closed" for x in e))
        assert run("curl", "-sk", f"https://{sim.addresses[1]}:{sim.port}/")[0] in (7, 35, 56)


@test
def psk_right_and_wrong():
    cipher = ["-cipher", "PSK:@SECLEVEL=0"]
    with Sim(f"amt=9.5,mode=psk,digest=none,pid={PID},pps={PPS}") as sim:
        good = s_client(sim, "-tls1", "-psk_identity", "0000037M", "-psk", KEY, *cipher)
        assert "AMT_GeneralSettings" in good, good
        bad = s_client(sim, "-tls1", "-psk_identity", "0000037M", "-psk", "00" * 32, *cipher)
        assert "AMT_GeneralSettings" not in bad, bad
        assert sim.refused("PPS")
        bad = s_client(sim, "-tls1", "-psk_identity", "OKRSGI18", "-psk", KEY, *cipher)
        assert "unknown psk identity" in bad, bad
        assert sim.refused("PID")
        bad = s_client(sim, "-tls1_2", "-psk_identity", "0000037M", "-psk", KEY, *cipher)
        assert "AMT_GeneralSettings" not in bad, bad


@test
def psk_asks_for_the_password():
    with Sim(f"amt=9.5,mode=psk,pid={PID},pps={PPS}") as sim:
        answer = s_client(sim, "-tls1", "-psk_identity", "0000037M", "-psk", KEY, "-cipher",
                          "PSK:@SECLEVEL=0")
        assert "401 Unauthorized" in answer, answer


@test
def chain_right():
    make_chain("good")
    make_chain("unit", purposes="serverAuth", unit="Intel(R) Client Setup Certificate")
    with Sim(pki("11.8", "good"), pki("16.1", "unit", "example.com")) as sim:
        answer = s_client(sim, "-tls1_1", *show("good"))
        assert "AMT_GeneralSettings" in answer, answer
        answer = s_client(sim, "-tls1_2", *show("unit"), machine=1)
        assert "AMT_GeneralSettings" in answer, answer


def refused_chain(machine, name, word, *options, **show_options):
    with Sim(machine) as sim:
        answer = s_client(sim, *options, *show(name, **show_options))
        assert "AMT_GeneralSettings" not in answer, answer
        assert "alert number 46" in answer, answer
        assert sim.refused(word), sim.events()


@test
def chain_wrong():
    make_chain("plain", purposes="serverAuth")
    make_chain("client", purposes="clientAuth,2.16.840.1.113741.1.2.3")
    make_chain("other")
    refused_chain(pki("11.8", "good", "example.org"), "good", "suffix", "-tls1_1")
    refused_chain(pki("11.8", "good"), "other", "hash of the root", "-tls1_1")
    refused_chain(pki("11.8", "good"), "good", "at least", "-tls1_1", with_root=False)
    refused_chain(pki("11.8", "plain"), "plain", "neither", "-tls1_1")
    refused_chain(pki("11.8", "client"), "client", "serverAuth", "-tls1_1")


@test
def chain_strength_by_release():
    make_chain("old", digest="sha1")
    make_chain("small", bits=1024)
    with Sim(pki("9.5", "old", digest="sha1"), pki("11.8", "small")) as sim:
        assert "AMT_GeneralSettings" in s_client(sim, "-tls1", *show("old"))
        assert "AMT_GeneralSettings" in s_client(sim, "-tls1_1", *show("small"), machine=1)
    refused_chain(pki("16.1", "old"), "old", "SHA-1", "-tls1_2")
    refused_chain(pki("16.1", "small"), "small", "1024 bits", "-tls1_2")


@test
def expiry_only_with_a_clock():
    make_chain("expired", days="-1")
    with Sim(pki("11.8", "expired")) as sim:
        assert "AMT_GeneralSettings" in s_client(sim, "-tls1_1", *show("expired"))
    refused_chain(pki("11.8", "expired", more=",clock=set"), "expired", "expired", "-tls1_1")


@test
def no_certificate_no_entry():
    with Sim(pki("11.8", "good")) as sim:
        answer = s_client(sim, "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0")
        assert "AMT_GeneralSettings" not in answer, answer
        assert sim.refused("no certificate")


@test
def tls_versions_by_release():
    flags = {"1.0": "-tls1", "1.1": "-tls1_1", "1.2": "-tls1_2"}
    rows = {"3.2": "1.0", "6.2": "1.0", "9.5": "1.0 1.1", "11.8": "1.0 1.1", "12.0": "1.1 1.2",
            "16.1": "1.2"}
    make_chain("sha1", digest="sha1")
    for release, allowed in rows.items():
        old = release in ("3.2", "6.2")
        name = "sha1" if old else "good"
        with Sim(pki(release, name, digest="sha1" if old else "sha256")) as sim:
            for version, flag in flags.items():
                answer = s_client(sim, flag, *show(name))
                assert ("AMT_GeneralSettings" in answer) == (version in allowed), \
                    f"{release} over {version}: {answer}"


@test
def legacy_connect_is_needed():
    with Sim(pki("16.1", "good"), pki("16.1", "good", more=",reneg=on")) as sim:
        for machine, works in ((0, False), (1, True)):
            text = run("openssl", "s_client", "-connect",
                       f"{sim.addresses[machine]}:{sim.port}", *show("good"), "-tls1_2",
                       data=b"")[1]
            assert ("unsafe legacy renegotiation" not in text) == works, text


@test
def faults_on_purpose():
    machine = "amt=11.8,mode=operational,password=P@ssw0rd,fault="
    with Sim(machine + "garbage@1+close@2+huge@3+fault@AMT_GeneralSettings",
             machine + "hang@1") as sim:
        def ask(which, *options):
            return run("curl", "-s", *options, "--digest", "-u", "admin:P@ssw0rd", "-d", GET,
                       f"http://{sim.addresses[which]}:{sim.plain}/wsman")
        assert "garbage" in ask(0)[1]
        assert ask(0)[0] in (52, 56)
        assert len(ask(0)[1]) == 100 * 1024 * 1024
        assert "DestinationUnreachable" in ask(0)[1]
        assert "AMT_GeneralSettings" in ask(0)[1]
        assert ask(1, "--max-time", "2")[0] == 28
        assert "AMT_GeneralSettings" in ask(1)[1]
    assert sim.code == 0, sim.code


@test
def hello_arrives_in_pieces():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(10)
        to = "127.0.0.1:%d" % server.getsockname()[1]
        with Sim(pki("11.8", "good", more=",split=100"), options=("--server", to)) as sim:
            peer, address = server.accept()
            hello = b""
            while True:
                piece = peer.recv(4096)
                if not piece:
                    break
                hello += piece
            peer.close()
            assert address[0] == sim.addresses[0], address
            assert hello[2] == 3 and bytes.fromhex(root_hash("good")) == hello[27:59], hello.hex()
            assert len(hello) == 25 + 34 * hello[24], len(hello)


@test
def usage_errors():
    assert run(SIM)[0] == 2
    assert run(SIM, "--device", "amt=11.8,mode=psk,pid=x,pps=y")[0] == 1
    assert run(SIM, "--device", "amt=9.5,colour=red")[0] == 1
    code, text = run(SIM, "--device", f"amt=9.5,mode=factory,address={BASE}7,port={free_port()},"
                     f"plain-port={free_port()}", "--until", "operational", "--timeout", "1")
    assert code == 1, text


def main():
    for tool in ("curl", "openssl"):
        if shutil.which(tool) is None:
            print(f"1..0 # SKIP {tool} is not installed")
            return
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, function in enumerate(tests, 1):
        try:
            function()
            print(f"ok {number} {function.__name__}", flush=True)
        except (AssertionError, subprocess.TimeoutExpired, OSError) as error:
            failed += 1
            for line in repr(error).split("\\n")[:20]:
                print("# " + line[:400])
            print(f"not ok {number} {function.__name__}", flush=True)
    sys.exit(1 if failed else 0)


main()
