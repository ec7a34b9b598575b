"""How the built-in models were made; each command goes from the data to the file, and a model card says what ran.

reader/       `reader.run` is the way through: rows (`data`, `contracts`, `labels`, `files`), recurring spans,
              teachers (`teacher`), student (`student`, `fit`), file (`export`); then `check` and `calibrate`
asker/        a network that asks: questions about passages of the training side, to practise reading on
findings/     findings of papers turned into questions
chinese/      Chinese rows for the reader (`prepare`), and the Chinese embedder (`embed`, `export`)
retriever/    the English embedder (`run`) and the reranker, with their pairs and negatives
for all       `splits` holds the documents that nothing is trained on; `checksums` seals what is shipped.
"""
