"""What content says: transcoding, understanding, embeddings."""
