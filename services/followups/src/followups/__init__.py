"""The clock of CSM: stale conversations, alerts, the daily summary."""
