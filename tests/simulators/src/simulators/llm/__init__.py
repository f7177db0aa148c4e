"""A simulator of OpenAI-compatible model servers: chat completions, models, faults on order."""
