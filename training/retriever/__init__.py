"""The English embedder and the reranker, with their pairs and negatives."""
