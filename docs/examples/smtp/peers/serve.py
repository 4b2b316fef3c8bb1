"""A mail server of sockets and ssl, which shares no line with ours.

usage: serve.py CERT KEY FOLDER [MODE]        prints the port, then a line of JSON for each letter

MODE  pipelining   says so, and reads commands that come together
      plain        has no STARTTLS
      injected     says one reply too many, in plaintext, behind the go-ahead for TLS
"""

import json
import os
import socket
import ssl
import sys

certificate, key, folder, *rest = sys.argv[1:]
mode = rest[0] if rest else ""
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


class Client:
    def __init__(self, connection):
        self.connection = connection
        self.held = b""
        self.together = 0

    def line(self):
        """The next line, which ends with CRLF and with nothing else."""
        while b"\r\n" not in self.held:
            more = self.connection.recv(65536)
            if not more:
                raise EOFError
            self.held += more
        line, self.held = self.held.split(b"\r\n", 1)
        return line

    def command(self):
        line = self.line()
        if self.held:
            self.together += 1
        return line.decode()

    def say(self, *lines):
        self.connection.sendall(b"".join(line.encode() + b"\r\n" for line in lines))

    def start_tls(self):
        if self.held:
            raise ValueError("plaintext behind STARTTLS: %r" % self.held)
        self.connection = context.wrap_socket(self.connection, server_side=True)

    def letter(self):
        lines = []
        while True:
            line = self.line()
            if line == b".":
                return b"".join(line + b"\r\n" for line in lines)
            lines.append(line[1:] if line.startswith(b".") else line)


def converse(client, number):
    client.say("220 python ESMTP")
    secure, sender, recipients = False, None, []
    while True:
        command = client.command()
        verb = command.upper().split(" ")[0]
        if verb == "EHLO":
            can = ["python", "8BITMIME"]
            can += ["PIPELINING"] if mode == "pipelining" else []
            can += ["STARTTLS"] if not secure and mode != "plain" else []
            client.say(*["250-" + line for line in can[:-1]], "250 " + can[-1])
        elif verb == "STARTTLS":
            if mode == "injected":
                client.say("220 go ahead", "250 SIZE 1")
            else:
                client.say("220 go ahead")
            client.start_tls()
            secure = True
        elif not secure and verb != "QUIT":
            client.say("530 STARTTLS first")
        elif verb == "MAIL":
            sender, recipients = command[10:].split(">")[0].lstrip("<"), []
            client.say("250 fine")
        elif verb == "RCPT":
            recipient = command[8:].split(">")[0].lstrip("<")
            if recipient.startswith("nobody@"):
                client.say("550 there is no such person")
            else:
                recipients.append(recipient)
                client.say("250 fine")
        elif verb == "DATA":
            client.say("354 go ahead")
            letter = client.letter()
            file = os.path.join(folder, "python-%d.eml" % number)
            with open(file, "wb") as output:
                output.write(letter)
            client.say("250 taken")
            print(
                json.dumps({
                    "file": file,
                    "from": sender,
                    "to": recipients,
                    "tls": client.connection.version(),
                    "together": client.together,
                }),
                flush=True,
            )
        elif verb == "RSET":
            sender, recipients = None, []
            client.say("250 fine")
        elif verb == "QUIT":
            client.say("221 bye")
            return
        else:
            client.say("500 what?")


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
number = 0
while True:
    connection, _ = listener.accept()
    connection.settimeout(30)
    number += 1
    client = Client(connection)
    try:
        converse(client, number)
        if isinstance(client.connection, ssl.SSLSocket):
            client.connection.unwrap()
    except (OSError, EOFError, ValueError) as error:
        print(json.dumps({"error": type(error).__name__}), flush=True)
    client.connection.close()
