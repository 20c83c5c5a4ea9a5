"""What people see: text for a terminal, tables, JSON, pages, charts and pictures."""
