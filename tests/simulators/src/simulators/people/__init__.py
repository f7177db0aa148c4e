"""Where alerts arrive: Slack, a mail server, any JSON receiver, a heartbeat; with faults."""
