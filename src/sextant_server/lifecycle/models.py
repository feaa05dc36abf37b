"""Nothing of its own: gates are judged from what `records` keeps."""
