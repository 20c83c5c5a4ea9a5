"""The screens, as HTML that the server writes."""
