"""Who owns a service where lastcall.yaml does not say: people's answers, a Backstage catalog, a CODEOWNERS file."""
