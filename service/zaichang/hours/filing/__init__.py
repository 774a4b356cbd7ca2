"""Filing with platforms: batches on the service's side, persons and documents on the institution's side."""
