"""Questions made from one's own documents, with the places that answer them."""
