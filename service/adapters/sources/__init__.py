"""Sources of the catalog: APIs of providers, packages, public feeds, pages, and files of the operator."""
