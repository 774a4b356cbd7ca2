"""Model catalogue, runtime sessions, detector, mesh, embedder, PAD, pipeline, worker pool."""
