"""Verdicts and maps for people: tables, the HTML page, figures; `published` holds the generated ones."""
