"""Notices what happens in FreeScout: poll, sweep and webhooks become hints on the bus."""
