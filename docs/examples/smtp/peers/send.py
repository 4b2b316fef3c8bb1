"""Sends a letter with smtplib, as any program in Python would.

usage: send.py PORT CA FROM TO... < letter    prints {"refused": ..., "tls": ...}
"""

import json
import smtplib
import ssl
import sys

port, authority, sender, *recipients = sys.argv[1:]
letter = sys.stdin.buffer.read()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(authority)

with smtplib.SMTP("localhost", int(port), timeout=30) as server:
    server.ehlo()
    before = sorted(server.esmtp_features)
    server.starttls(context=context)
    server.ehlo()
    after = sorted(server.esmtp_features)
    refused = server.sendmail(sender, recipients, letter, ["BODY=8BITMIME"])
    tls = server.sock.version()
print(json.dumps({"before": before, "after": after, "refused": refused, "tls": tls}))
