"""The benchmark's jobs, made once as the bytes Redis is sent, so that filling a lane takes about a second."""

import socket

from e2e.resp import encode

DOCUMENT_BYTES = 340
BULK_SIZE = 500
TOKEN = "bN3x7wQpTg2zKc5uYh8RmA:APA91b"
TOKEN_BYTES = 142
TITLE = "A note changed"


def token(number):
    return f"{TOKEN}{number:0{TOKEN_BYTES - len(TOKEN)}d}"


HEAD = f'"message":{{"title":"{TITLE}","body":"'


def recipient(number):
    # The producer's id stays out of the push: this long, a document of 340 bytes makes a push of 402.
    return f'{{"id":"user:{number:040d}","platform":"android","token":"{token(number)}"}}'


def single(number, with_id):
    """A document of DOCUMENT_BYTES; an id comes on top."""
    start = f'{{"id":"bench-{number:07d}",' if with_id else "{"
    return f'{start}{HEAD}{BODY}"}},"recipients":[{recipient(number)}]}}'


# The same text for all kinds, so that all their pushes have the same size.
BODY = ""
BODY = "x" * (DOCUMENT_BYTES - len(single(0, False)))


def of_tenant(number, tenants):
    return f'{{"tenant":"tenant-{number % tenants:04d}",' + single(number, False)[1:]


def bulk(number, size=BULK_SIZE):
    recipients = ",".join(recipient(number * size + i) for i in range(size))
    return f'{{{HEAD}{BODY}"}},"recipients":[{recipients}]}}'


def of_audience(name):
    return f'{{"id":"{name}",{HEAD}{BODY}"}},"audience":"{name}"}}'


class Fill:
    """Jobs of one kind in a file, ready to be sent to one lane. `audience`: a list's key and how many recipients it
    has."""

    def __init__(self, path, key, documents, jobs, audience=None):
        self.path, self.key, self.jobs = path, key, jobs
        with open(path, "wb") as file:
            # Redis answers nothing until the last command: nobody has to read 300,000 ids.
            file.write(encode(("CLIENT", "REPLY", "OFF")))
            for first in range(0, audience[1] if audience else 0, BULK_SIZE):
                file.write(encode(("RPUSH", audience[0], *(recipient(first + i) for i in range(BULK_SIZE)))))
            for number in range(jobs):
                file.write(encode(("XADD", key, "*", "job", documents(number))))
            file.write(encode(("CLIENT", "REPLY", "ON")))

    def pour(self, port):
        with socket.create_connection(("127.0.0.1", port), 60) as connection, open(self.path, "rb") as file:
            connection.sendfile(file)
            if connection.recv(64) != b"+OK\r\n":
                raise RuntimeError("Redis did not take the jobs")
