"""FreeScout with its API module, as seen from the wire, in memory and with faults."""
