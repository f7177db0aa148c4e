"""`csm eval`: how well mails are judged and drafts written, on cases with known answers."""
