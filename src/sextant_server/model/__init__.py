"""Phase 3 on the server: runs of training from where they are tracked, requirements, options, the weekly check-in."""
