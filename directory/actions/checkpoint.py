"""A checkpoint: the ends of both chains at one moment, signed (Ed25519), to be kept away from the machine.

Whoever may write to the database and the files could make both chains anew from some record on, and everything would
fit. They cannot make them end as a checkpoint says that they did.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from directory.content.records import NO_RECORD
from directory.errors import RecordDamaged
from directory.store import audit_chain
from directory.store import changes as change_store
from directory.store.database import Database

FORMAT = "signpost-checkpoint-1"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The ends of the chain of changes and of the audit trail (number and SHA-256) at an instant (RFC 3339)."""

    made_at: str
    changes: int
    changes_sha256: str
    audit: int
    audit_sha256: str


def make(database: Database, *, at: datetime) -> Checkpoint:
    """The ends of both chains now, in one snapshot."""
    with database.read() as connection:
        head, trail = change_store.read_head(connection), audit_chain.end(connection)
    return Checkpoint(at.isoformat(), head.number, head.sha256, trail.number, trail.sha256)


def signed(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """A checkpoint as a file of JSON, with its signature and the public key (base64) that it can be told by."""
    plain: dict[str, Any] = {"format": FORMAT, **asdict(checkpoint), "public_key": public_text(key.public_key())}
    plain["signature"] = base64.b64encode(key.sign(_bytes(plain))).decode("ascii")
    return json.dumps(plain, indent=2) + "\n"


def read_signed(text: str, public: Ed25519PublicKey) -> Checkpoint:
    """The checkpoint of a file, if this key signed it; raises RecordDamaged where not. What the file calls its key is
    never trusted.
    """
    try:
        plain = json.loads(text)
        signature = base64.b64decode(plain.pop("signature"), validate=True)
        public.verify(signature, _bytes(plain))
        if plain["format"] != FORMAT:
            raise RecordDamaged("this checkpoint is of another version of Signpost")
        return Checkpoint(**{name: plain[name] for name in Checkpoint.__dataclass_fields__})
    except InvalidSignature:
        raise RecordDamaged("the checkpoint was edited, or signed with another key") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordDamaged(f"this is no checkpoint: {error}") from None


def differences(database: Database, kept: Checkpoint) -> tuple[str, ...]:
    """In what the chains are not those of a checkpoint, one sentence each; to go with verifying the chains."""
    found = []
    with database.read() as connection:
        head = change_store.read_head(connection)
        here = NO_RECORD if kept.changes == 0 else change_store.sha256_of(connection, kept.changes)
        if head.number < kept.changes or here is None:
            found.append(f"there were {kept.changes} changes on {kept.made_at}, and now there are {head.number}")
        elif here != kept.changes_sha256:
            found.append(f"change {kept.changes}, or one before it, is not what it was on {kept.made_at}")
        entry = audit_chain.hash_at(connection, kept.audit)
        if entry is None:
            found.append(f"the audit trail had {kept.audit} entries on {kept.made_at}, and was cut off")
        elif entry != kept.audit_sha256:
            found.append(f"entry {kept.audit} of the audit trail, or one before it, is not what it was")
    return tuple(found)


def _bytes(plain: dict[str, Any]) -> bytes:
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def public_text(key: Ed25519PublicKey) -> str:
    """A public key as people hand it on: its 32 bytes in base64."""
    return base64.b64encode(key.public_bytes_raw()).decode("ascii")


def public_of(text: str) -> Ed25519PublicKey:
    """A public key that somebody noted; raises RecordDamaged where it is none."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text.strip(), validate=True))
    except (ValueError, binascii.Error):
        raise RecordDamaged("this is no public key: give the 44 characters that `content checkpoint` shows") from None


def key_of(pem: str) -> Ed25519PrivateKey:
    """The private key of the settings (PEM, PKCS 8); raises RecordDamaged where it is none."""
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise RecordDamaged("SIGNPOST_CHECKPOINT_KEY is no Ed25519 key; `openssl genpkey -algorithm ed25519` makes one")
    return key


def kept_key(path: Path) -> Ed25519PrivateKey:
    """The key in a file, made there at first and readable by its owner only."""
    if not path.exists():
        made = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        # Written aside and linked: of several processes that start at once, one wins and none reads half a key.
        with tempfile.NamedTemporaryFile(dir=path.parent) as file:
            file.write(made)
            file.flush()
            os.fsync(file.fileno())
            with suppress(FileExistsError):
                path.hardlink_to(file.name)
    return key_of(path.read_text(encoding="ascii"))
