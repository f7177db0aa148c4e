"""Invented sample mail: the shipped mailbox, customers' answers to agents, mail for load tests."""

from simulators.samples.build import DEFAULT_BASE, Sample, build, sample_mails
from simulators.samples.exchange import (
    bounce_of,
    customer_address,
    customer_answer,
    customer_mail,
    forged_answer,
)
from simulators.samples.load import load_test_mail

__all__ = [
    "DEFAULT_BASE",
    "Sample",
    "bounce_of",
    "build",
    "customer_address",
    "customer_answer",
    "customer_mail",
    "forged_answer",
    "load_test_mail",
    "sample_mails",
]
