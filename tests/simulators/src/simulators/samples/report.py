"""Delivery reports (RFC 3464) as a receiving mail server writes them."""

from simulators.samples.compose import Part, multipart, plain_part

_TEXT = """\
This is the mail system at host {host}.

I'm sorry to have to inform you that your message could not be delivered to one
or more recipients. The reason is below.

<{recipient}>: host {host} said: 550 5.1.1 mailbox unavailable (in reply to RCPT TO)
"""
_STATUS = """\
Reporting-MTA: dns; {host}
Arrival-Date: Mon, 2 Nov 2026 08:00:00 +0000

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 mailbox unavailable
"""


def delivery_report(seed: str, recipient: str, returned_header: str) -> Part:
    """multipart/report: text for people, message/delivery-status, the returned mail's header."""
    host = "mx." + recipient.rpartition("@")[2]
    parts = [
        plain_part("text/plain; charset=us-ascii", _TEXT.format(host=host, recipient=recipient)),
        plain_part("message/delivery-status", _STATUS.format(host=host, recipient=recipient)),
        plain_part("text/rfc822-headers", returned_header),
    ]
    return multipart("report", parts, seed, "; report-type=delivery-status")
