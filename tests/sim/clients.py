#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Third-party clients from npm against the simulator: TAP. Skipped where npm reaches nothing."""
import os
import shutil
import socket
import subprocess
import sys
import tempfile

SIM, SCRIPTS, CACHE = sys.argv[1:4]
PASSWORD = "P@ssw0rd"
BASE = "127.%d.%d." % (64 + os.getpid() % 128, os.getpid() // 128 % 250)


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)


def skip(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def install():
    if shutil.which("node") is None or shutil.which("npm") is None:
        skip("node and npm are not installed")
    os.makedirs(CACHE, exist_ok=True)
    if os.path.exists(os.path.join(CACHE, "done")):
        return
    shutil.copy(os.path.join(SCRIPTS, "package.json"), CACHE)
    try:
        done = run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts",
                   "--omit=optional", "--no-package-lock", cwd=CACHE, timeout=240)
    except subprocess.TimeoutExpired:
        skip("npm did not answer in time")
    if done.returncode != 0:
        skip("npm cannot reach its registry")
    open(os.path.join(CACHE, "done"), "w").close()


def make_chain(folder):
    def openssl(*command):
        done = run("openssl", *command, cwd=folder)
        assert done.returncode == 0, done.stdout
    with open(os.path.join(folder, "ext"), "w") as ext:
        ext.write("extendedKeyUsage=serverAuth,2.16.840.1.113741.1.2.3\n")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "good-root.key", "-out",
            "good-root.pem", "-subj", "/CN=Root good", "-days", "30")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "good-leaf.key", "-out", "csr",
            "-subj", "/CN=prov.corp.example.com")
    openssl("x509", "-req", "-in", "csr", "-CA", "good-root.pem", "-CAkey", "good-root.key",
            "-CAcreateserial", "-extfile", "ext", "-out", "good-leaf.pem", "-days", "30")
    openssl("x509", "-in", "good-root.pem", "-outform", "der", "-out", "root.der")
    return run("openssl", "dgst", "-sha256", os.path.join(folder, "root.der")) \
        .stdout.decode().split("= ")[1].strip()


def free_port():
    with socket.socket() as probe:
        probe.bind(("0.0.0.0", 0))
        return probe.getsockname()[1]


def script(name, keys, *arguments):
    port, plain, address = free_port(), free_port(), BASE + "1"
    sim = subprocess.Popen(
        [SIM, "--json", "--trace", "--device",
         f"{keys},address={address},port={port},plain-port={plain}"], stdout=subprocess.PIPE)
    try:
        sim.stdout.readline()
        here = shutil.copy(os.path.join(SCRIPTS, name), CACHE)
        use = plain if name == "messages.js" else port
        done = run("node", here, address, str(use), *arguments, timeout=150)
        print(done.stdout.decode("latin1"), end="")
        return done.returncode == 0
    finally:
        sim.terminate()
        events = sim.communicate(timeout=10)[0].decode().splitlines()
        for line in events[-8:]:
            print("# " + line)


def main():
    install()
    with tempfile.TemporaryDirectory() as folder:
        root = make_chain(folder)
        print("1..2")
        good = script("messages.js", f"amt=16.0,mode=operational,password={PASSWORD}", PASSWORD)
        print("ok" if good else "not ok", "1 wsman-messages")
        done = script("activate.js", f"amt=12.0,mode=pki,root={root},suffix=corp.example.com,"
                      "lenient=acl-hex+no-hostname", folder, PASSWORD)
        print("ok" if done else "not ok", "2 meshcentral")
        sys.exit(0 if good and done else 1)


main()
