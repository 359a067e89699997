"""Kit for screens and routes: auth, problem details, templates, vendored files."""
