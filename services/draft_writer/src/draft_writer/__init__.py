"""Tags, notes and drafts in FreeScout that never touch a person's words."""
