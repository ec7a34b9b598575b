"""Thin adapters for people who hold LangChain's own classes (extra `langchain`)."""
