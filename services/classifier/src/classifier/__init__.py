"""Judges each customer message once: category, importance, language, reasons."""
