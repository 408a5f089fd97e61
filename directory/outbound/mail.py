"""Mail goes out through one `Mailer`: an SMTP relay, or a folder where there is none."""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Protocol, Self
from urllib.parse import parse_qs, unquote, urlsplit

from directory.errors import DeliveryFailed, SettingsError
from directory.outbound.folder import FolderMailer
from directory.outbound.message import Mail
from directory.outbound.return_path import ReturnPath

TIMEOUT_SECONDS = 30.0
# Dot-atom and domain of RFC 5321, without quotes and literals.
_PLAIN = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")


class RelayAway(DeliveryFailed):
    """The relay itself cannot be used now: every other message would fail in the same way."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, permanent=False)


class Mailer(Protocol):
    """Sends messages one at a time; used as a context manager, it keeps its connection between them."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    @property
    def name(self) -> str:
        """What it sends by: of several workers, those that send by the same share its rate and know it is away."""

    def send(self, message: Mail | EmailMessage, to: str, *, after: Callable[[], object] | None = None) -> None:
        """Hand over one message to one recipient; returns only once it was accepted. Raises DeliveryFailed.

        Nothing is accepted before `after` has returned: it may be called when the relay is about to take the message.
        """


def mailer_for(smtp_url: str | None, folder: Path, return_path: ReturnPath | None = None) -> Mailer:
    """The relay of the settings or, where there is none, the folder that /mail shows."""
    return SmtpMailer(smtp_url, return_path=return_path) if smtp_url else FolderMailer(folder)


class SmtpMailer:
    """A relay by SMTP (RFC 5321): `smtp://user:password@host:25`, `smtps://host`, `?starttls=1`."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT_SECONDS, return_path: ReturnPath | None = None) -> None:
        """Raises SettingsError where the URL is not one of a relay; connects only when there is something to send."""
        parts = urlsplit(url)
        query = parse_qs(parts.query, keep_blank_values=True)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or query.keys() - {"starttls"}:
            raise SettingsError("SIGNPOST_SMTP_URL: give smtp://user:password@host:25, smtps://host or …?starttls=1")
        self._host, self._tls = parts.hostname, parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 25)
        self._starttls = query.get("starttls", ["0"])[-1] not in ("", "0")
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._timeout, self._return_path = timeout, return_path
        self._open: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up(politely=True)

    @property
    def name(self) -> str:
        """As `Mailer.name`."""
        return f"{self._host}:{self._port}"

    def send(self, message: Mail | EmailMessage, to: str, *, after: Callable[[], object] | None = None) -> None:
        """As `Mailer.send`. Refused recipients and texts are failures of this message; what is before, the relay's."""
        mail = message if isinstance(message, Mail) else Mail.of(message)
        sender = (self._return_path and self._return_path.of(mail.message_id)) or mail.sender
        try:
            recipient = to.encode("ascii").decode()
        except UnicodeEncodeError:
            raise DeliveryFailed(f"{to}: addresses outside ASCII are not supported", permanent=True) from None
        smtp = self._begin(sender)
        try:
            self._require(smtp, recipient, self._rcpt(smtp, recipient, after))
        except (smtplib.SMTPException, OSError) as failure:
            self._broke_off(failure)
        try:
            self._require(smtp, recipient, smtp.data(mail.data))
        except smtplib.SMTPDataError as refused:
            self._require(smtp, recipient, (refused.smtp_code, _bytes(refused.smtp_error)))
        except (smtplib.SMTPException, OSError) as failure:
            # Perhaps it was accepted and the answer lost: the repeat carries the same Message-ID.
            self._broke_off(failure)

    def _rcpt(self, smtp: smtplib.SMTP, recipient: str, after: Callable[[], object] | None) -> tuple[int, bytes]:
        """As `smtplib.SMTP.rcpt`; while the relay looks for the recipient, `after` does what it has to do."""
        smtp.putcmd("rcpt", f"TO:{_path(recipient)}")
        try:
            if after is not None:
                after()
        except BaseException:
            # Its answer is still to come, and nobody is there to read it.
            self._hang_up()
            raise
        return smtp.getreply()

    def _broke_off(self, failure: Exception) -> NoReturn:
        self._hang_up()
        raise DeliveryFailed(f"{self._host} broke off: {_words(failure)}", permanent=False) from failure

    def _begin(self, sender: str) -> smtplib.SMTP:
        """A connection on which the relay has taken our address: the one kept or, where it was dropped, a new one."""
        if self._open is not None:
            try:
                code, _ = self._open.docmd("mail", f"FROM:{_path(sender)}")
            except (smtplib.SMTPException, OSError):
                code = 421
            if code == 250:
                return self._open
            self._hang_up()
        try:
            self._open = self._connect()
            code, answer = self._open.docmd("mail", f"FROM:{_path(sender)}")
        except (smtplib.SMTPException, OSError) as failure:
            self._hang_up()
            raise RelayAway(f"{self._host}:{self._port} cannot be used: {_words(failure)}") from failure
        if code != 250:
            self._hang_up()
            # A relay that does not want our mail at all is a mistake in the settings: worth 72 hours of waiting.
            raise RelayAway(f"{self._host} refuses the sender {sender}: {code} {_text(answer)}")
        return self._open

    def _connect(self) -> smtplib.SMTP:
        # Where it is not needed it is not made: reading the authorities takes as long as twenty messages.
        context = ssl.create_default_context() if self._tls or self._starttls else None
        smtp: smtplib.SMTP
        if self._tls:
            smtp = smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=context)
        else:
            smtp = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        try:
            smtp.ehlo_or_helo_if_needed()
            if self._starttls:
                smtp.starttls(context=context)
                smtp.ehlo()
            if self._user:
                smtp.login(self._user, self._password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _require(self, smtp: smtplib.SMTP, recipient: str, answer: tuple[int, bytes]) -> None:
        code, text = answer
        if 200 <= code < 300:
            return
        if code == 421:
            self._hang_up()
        else:
            try:
                smtp.rset()
            except (smtplib.SMTPException, OSError):
                self._hang_up()
        raise DeliveryFailed(f"{recipient}: {code} {_text(text)}", permanent=code >= 500)

    def _hang_up(self, *, politely: bool = False) -> None:
        smtp, self._open = self._open, None
        if smtp is None:
            return
        try:
            if politely:
                smtp.quit()
        except (smtplib.SMTPException, OSError):
            # What was accepted is accepted, whatever becomes of the farewell.
            return
        finally:
            smtp.close()


def _path(address: str) -> str:
    """An address between angle brackets. A plain one is; the library, which takes it apart, is slow."""
    return f"<{address}>" if _PLAIN.fullmatch(address) else smtplib.quoteaddr(address)


def _words(failure: Exception) -> str:
    if isinstance(failure, smtplib.SMTPResponseException):
        return f"{failure.smtp_code} {_text(failure.smtp_error)}"
    return str(failure) or type(failure).__name__


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _text(answer: bytes | str) -> str:
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(words.split())[:300]
