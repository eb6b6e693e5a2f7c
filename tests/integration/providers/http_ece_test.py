"""What the engine encrypts, the library that browsers' push services are tested with decrypts, byte for byte.

usage: http_ece_test.py SEAL_MESSAGES FOLDER. The library is not in Debian 12: it is installed from PyPI into FOLDER,
by version and digest, when it is not there yet. Where that cannot be done, the test is skipped (exit code 77).
"""

import base64
import importlib
import pathlib
import random
import subprocess
import sys

SKIPPED = 77
MAX_PLAINTEXT = 3993
HERE = pathlib.Path(__file__).resolve().parent


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def library(folder):
    sys.path.insert(0, str(folder))
    if not (folder / "http_ece").is_dir():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes",
                   "--target", str(folder), "-r", str(HERE / "http_ece.txt")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            print(f"skipped: http_ece cannot be had\n{done.stderr}")
            sys.exit(SKIPPED)
    return importlib.import_module("http_ece")


def main(program, folder):
    http_ece = library(folder)
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    rng = random.Random(8291)
    sizes = [0, 1, 15, 16, 17, 4096 - 86 - 17 - 1, MAX_PLAINTEXT] + [rng.randrange(MAX_PLAINTEXT + 1) for _ in range(500)]
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(20)]
    wanted = [(rng.choice(keys), rng.randbytes(16), rng.randbytes(size)) for size in sizes]
    lines = []
    for key, auth, text in wanted:
        point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        lines.append(f"{encode(point)} {encode(auth)} {encode(text)}.")
    made = subprocess.run([program], input="\n".join(lines), capture_output=True, text=True, check=True)
    sealed = [decode(line) for line in made.stdout.split()]
    assert len(sealed) == len(wanted), f"{len(sealed)} of {len(wanted)} messages were sealed"
    for (key, auth, text), body in zip(wanted, sealed):
        opened = http_ece.decrypt(body, private_key=key, auth_secret=auth, version="aes128gcm")
        assert opened == text, f"a message of {len(text)} bytes came out otherwise"
    print(f"{len(sealed)} messages decrypted by http_ece")


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]))
